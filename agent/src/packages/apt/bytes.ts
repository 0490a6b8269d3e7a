import { existsSync } from "node:fs";
import { copyFile, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256File, syncPath } from "../bytes.ts";
import type { InstalledPackage, KeptFile, PackageFile } from "../package-manager.ts";
import type { Run } from "../run.ts";
import { APT_ENVIRONMENT, APT_GET, archiveName, DPKG_DEB, DPKG_REPACK } from "./environment.ts";

const DOWNLOAD_TIMEOUT_MS = 30 * 60_000;

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

const nameOf = (pkg: InstalledPackage): string => (pkg.architecture === "all" ? pkg.name : `${pkg.name}:${pkg.architecture}`);

/**
 * Bytes of the installed versions, for each the best source first: a cache (the very bytes that were installed), the repository
 * (the same, while it still offers the version), a package rebuilt from the disk. Those that are nowhere are left out.
 */
export async function keepInstalled(
  run: Run,
  packages: readonly InstalledPackage[],
  directory: string,
  caches: readonly string[],
): Promise<KeptFile[]> {
  const kept: KeptFile[] = [];
  const missing = new Set<InstalledPackage>();
  const isHere = async (pkg: InstalledPackage, file: string): Promise<boolean> => {
    const d = await describeDeb(run, file);
    return d?.name === pkg.name && d.architecture === pkg.architecture && d.version === pkg.version;
  };
  const keep = async (pkg: InstalledPackage, source: KeptFile["source"]): Promise<void> => {
    const file = join(directory, archiveName(pkg));
    await syncPath(file);
    const { name, architecture, version } = pkg;
    kept.push({ name, architecture, version, file, sha256: await sha256File(file), source });
    missing.delete(pkg);
  };
  const download = (some: readonly InstalledPackage[]) =>
    run(
      [
        ...([APT_GET, "download", "-q", "-o", "Acquire::Retries=2", "-o", "Acquire::http::Timeout=30"] as const),
        ...some.map((p) => `${nameOf(p)}=${p.version}`),
      ],
      { env: APT_ENVIRONMENT, timeoutMs: DOWNLOAD_TIMEOUT_MS, cwd: directory },
    );
  const takeDownloaded = async (): Promise<void> => {
    for (const pkg of [...missing]) if (await isHere(pkg, join(directory, archiveName(pkg)))) await keep(pkg, "repository");
  };

  for (const pkg of packages) {
    missing.add(pkg);
    const target = join(directory, archiveName(pkg));
    for (const cache of [directory, ...caches]) {
      const candidate = join(cache, archiveName(pkg));
      if (!existsSync(candidate) || !(await isHere(pkg, candidate))) continue;
      if (candidate !== target) {
        await copyFile(candidate, `${target}.part`);
        await rename(`${target}.part`, target);
      }
      await keep(pkg, "archive");
      break;
    }
  }
  // All in one call: each start of apt reads its whole cache, a second of work on a small machine. One version that the
  // repository has dropped fails the whole call, so what is missing then is asked for one by one.
  if (missing.size > 0) {
    await download([...missing]);
    await takeDownloaded();
    if (missing.size > 1) for (const pkg of [...missing]) await download([pkg]);
    await takeDownloaded();
  }
  for (const pkg of [...missing]) {
    await run([DPKG_REPACK, nameOf(pkg)], { env: APT_ENVIRONMENT, timeoutMs: DOWNLOAD_TIMEOUT_MS, cwd: directory }).catch(() => undefined);
    for (const entry of (await readdir(directory)).filter((f) => f.startsWith(`${pkg.name}_`) && f.endsWith(".deb"))) {
      if (!(await isHere(pkg, join(directory, entry)))) continue;
      const target = join(directory, archiveName(pkg));
      if (join(directory, entry) !== target) await rename(join(directory, entry), target);
      await keep(pkg, "repack");
      break;
    }
  }
  await syncPath(directory);
  return kept;
}

/**
 * dpkg's status file as it will read after the change: the stanzas of the changed packages replaced by those of the new
 * .debs, and those of packages that were not there added. Lets apt compute, before anything is touched, what going back will do.
 */
export function statusAfter(status: string, stanzas: ReadonlyMap<string, string>): string {
  const field = (stanza: string, name: string) => new RegExp(`^${name}: (.+)$`, "m").exec(stanza)?.[1] ?? "";
  const installed = (stanza: string) => stanza.trimEnd().replace(/^(Package: .+)$/m, "$1\nStatus: install ok installed");
  const added = new Map(stanzas);
  const then = status
    .split(/\n\n+/)
    .filter((s) => s.trim() !== "")
    .map((stanza) => {
      const key = `${field(stanza, "Package")}:${field(stanza, "Architecture")}`;
      const replacement = stanzas.get(key);
      added.delete(key);
      return replacement ? installed(replacement) : stanza;
    });
  return [...then, ...[...added.values()].map(installed)].map((s) => `${s}\n`).join("\n");
}

export async function writeStatusAfter(run: Run, files: readonly PackageFile[], target: string): Promise<void> {
  const stanzas = new Map<string, string>();
  for (const f of files) {
    const ran = await run([DPKG_DEB, "-f", f.file], { env: APT_ENVIRONMENT, timeoutMs: 60_000 });
    if (ran.exitCode === 0) stanzas.set(`${f.name}:${f.architecture}`, ran.stdout);
  }
  await writeFile(target, statusAfter(await readFile("/var/lib/dpkg/status", "utf8"), stanzas));
}
