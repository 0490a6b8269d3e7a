import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { copyFile, open, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { InstalledPackage, KeptFile, PackageFile } from "../package-manager.ts";
import type { Run } from "../run.ts";
import { APT_ENVIRONMENT, APT_GET, archiveName, DPKG_DEB, DPKG_REPACK } from "./environment.ts";

const DOWNLOAD_TIMEOUT_MS = 30 * 60_000;

export async function sha256File(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

/** Makes a file's bytes survive a power cut; apt and dpkg-repack do not. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What a .deb says it is; undefined when it is none or is torn. */
export async function describeDeb(run: Run, file: string): Promise<Omit<PackageFile, "sha256"> | undefined> {
  const format = "${Package}\t${Architecture}\t${Version}";
  const ran = await run([DPKG_DEB, "-W", `--showformat=${format}`, file], { env: APT_ENVIRONMENT, timeoutMs: 60_000 });
  const [name, architecture, version] = ran.stdout.trim().split("\t");
  if (ran.exitCode !== 0 || !name || !architecture || !version) return undefined;
  return { name, architecture, version, file };
}

/** Every .deb of a directory, synced to disk and hashed. */
export async function listDebs(run: Run, directory: string): Promise<PackageFile[]> {
  const files: PackageFile[] = [];
  for (const entry of (await readdir(directory)).filter((f) => f.endsWith(".deb")).sort()) {
    const file = join(directory, entry);
    const described = await describeDeb(run, file);
    if (!described) continue;
    await syncPath(file);
    files.push({ ...described, sha256: await sha256File(file) });
  }
  await syncPath(directory);
  return files;
}

/**
 * Bytes of the installed version, best source first: a cache (the very bytes that were installed), the repository (the same,
 * while it still offers the version), a package rebuilt from the disk.
 */
export async function keepInstalled(
  run: Run,
  pkg: InstalledPackage,
  directory: string,
  caches: readonly string[],
): Promise<KeptFile | undefined> {
  const target = join(directory, archiveName(pkg));
  const is = (d: Omit<PackageFile, "sha256"> | undefined): boolean =>
    d?.name === pkg.name && d.architecture === pkg.architecture && d.version === pkg.version;
  const kept = async (source: KeptFile["source"]): Promise<KeptFile> => {
    await syncPath(target);
    await syncPath(directory);
    return { name: pkg.name, architecture: pkg.architecture, version: pkg.version, file: target, sha256: await sha256File(target), source };
  };
  for (const cache of [directory, ...caches]) {
    const candidate = join(cache, archiveName(pkg));
    if (!is(await describeDeb(run, candidate))) continue;
    if (candidate !== target) {
      await copyFile(candidate, `${target}.part`);
      await rename(`${target}.part`, target);
    }
    return kept("archive");
  }
  const name = pkg.architecture === "all" ? pkg.name : `${pkg.name}:${pkg.architecture}`;
  await run([APT_GET, "download", "-q", "-o", "Acquire::Retries=2", "-o", "Acquire::http::Timeout=30", `${name}=${pkg.version}`], {
    env: APT_ENVIRONMENT,
    timeoutMs: DOWNLOAD_TIMEOUT_MS,
    cwd: directory,
  });
  if (is(await describeDeb(run, target))) return kept("repository");
  await run([DPKG_REPACK, name], { env: APT_ENVIRONMENT, timeoutMs: DOWNLOAD_TIMEOUT_MS, cwd: directory }).catch(() => undefined);
  for (const entry of (await readdir(directory)).filter((f) => f.startsWith(`${pkg.name}_`) && f.endsWith(".deb"))) {
    if (!is(await describeDeb(run, join(directory, entry)))) continue;
    if (join(directory, entry) !== target) await rename(join(directory, entry), target);
    return kept("repack");
  }
  return undefined;
}

/**
 * dpkg's status file as it will read after the change: the stanzas of the changed packages replaced by those of the new
 * .debs. Lets apt compute, before anything is touched, what going back will do.
 */
export function statusAfter(status: string, stanzas: ReadonlyMap<string, string>): string {
  const field = (stanza: string, name: string) => new RegExp(`^${name}: (.+)$`, "m").exec(stanza)?.[1] ?? "";
  return status
    .split(/\n\n+/)
    .filter((s) => s.trim() !== "")
    .map((stanza) => {
      const replacement = stanzas.get(`${field(stanza, "Package")}:${field(stanza, "Architecture")}`);
      if (!replacement) return stanza;
      return replacement.trimEnd().replace(/^(Package: .+)$/m, "$1\nStatus: install ok installed");
    })
    .map((s) => `${s}\n`)
    .join("\n");
}

export async function writeStatusAfter(run: Run, files: readonly PackageFile[], target: string): Promise<void> {
  const stanzas = new Map<string, string>();
  for (const f of files) {
    const ran = await run([DPKG_DEB, "-f", f.file], { env: APT_ENVIRONMENT, timeoutMs: 60_000 });
    if (ran.exitCode === 0) stanzas.set(`${f.name}:${f.architecture}`, ran.stdout);
  }
  await writeFile(target, statusAfter(await readFile("/var/lib/dpkg/status", "utf8"), stanzas));
}
