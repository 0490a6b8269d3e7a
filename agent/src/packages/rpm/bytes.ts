import { existsSync } from "node:fs";
import { copyFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { sha256File, syncPath } from "../bytes.ts";
import type { InstalledPackage, KeptFile, PackageFile } from "../package-manager.ts";
import type { Run } from "../run.ts";
import { archiveName, nevra, RPM, RPM_ENVIRONMENT } from "./environment.ts";

const LOOK_TIMEOUT_MS = 60_000;

/** Makes fetched files outlive a power cut, and notes what they are. */
export async function settled(files: readonly Omit<PackageFile, "sha256">[], directory: string): Promise<PackageFile[]> {
  const done: PackageFile[] = [];
  for (const f of files) {
    await syncPath(f.file);
    done.push({ ...f, sha256: await sha256File(f.file) });
  }
  await syncPath(directory);
  return done;
}

/** The digest of a header: two builds of one name and version differ in it. */
async function headerOf(run: Run, argv: readonly string[]): Promise<string | undefined> {
  const ran = await run([RPM, "-q", "--qf", "%{SHA1HEADER}", ...argv], { env: RPM_ENVIRONMENT, timeoutMs: LOOK_TIMEOUT_MS });
  return ran.exitCode === 0 && /^[0-9a-f]{40}$/.test(ran.stdout.trim()) ? ran.stdout.trim() : undefined;
}

/** Has the tool above rpm lay versions into the directory, under their archive names; those that it can. @returns false when it failed */
export type FetchOld = (some: readonly { readonly name: string; readonly architecture: string; readonly to: string }[]) => Promise<boolean>;

/**
 * Bytes of the installed versions: what an earlier execution brought, else the repositories, while they still offer that version.
 * rpm cannot pack again what is installed, so the rest cannot be had and is left out.
 */
export async function keepInstalled(
  run: Run,
  packages: readonly InstalledPackage[],
  directory: string,
  caches: readonly string[],
  fetchOld: FetchOld,
): Promise<KeptFile[]> {
  const kept: KeptFile[] = [];
  const missing = new Map<InstalledPackage, string>();
  const targetOf = (pkg: InstalledPackage) => join(directory, archiveName(pkg));
  const same = async (file: string, header: string) => (await headerOf(run, ["-p", file])) === header;
  const keep = async (pkg: InstalledPackage, source: KeptFile["source"]) => {
    const { name, architecture, version } = pkg;
    for (const file of await settled([{ name, architecture, version, file: targetOf(pkg) }], directory)) kept.push({ ...file, source });
    missing.delete(pkg);
  };
  const fetch = (some: readonly InstalledPackage[]) =>
    fetchOld(some.map((p) => ({ name: p.name, architecture: p.architecture, to: p.version })));
  const takeFetched = async () => {
    for (const [pkg, header] of [...missing])
      if (existsSync(targetOf(pkg)) && (await same(targetOf(pkg), header))) await keep(pkg, "repository");
  };

  for (const pkg of packages) {
    const header = await headerOf(run, [nevra(pkg)]);
    // Without it no bytes could be known for those that are installed.
    if (header === undefined) continue;
    missing.set(pkg, header);
    const at = [directory, ...caches].map((c) => join(c, archiveName(pkg)));
    const cached = await firstOf(at, (file) => same(file, header));
    if (!cached) continue;
    if (cached !== targetOf(pkg)) {
      await copyFile(cached, `${targetOf(pkg)}.part`);
      await rename(`${targetOf(pkg)}.part`, targetOf(pkg));
    }
    await keep(pkg, "archive");
  }
  // All in one run, which takes seconds to start; one that cannot be fetched or believed must not cost the others.
  if (missing.size > 0) {
    const all = [...missing.keys()];
    const fetched = await fetch(all);
    if (!fetched && all.length > 1) for (const pkg of all) await fetch([pkg]);
    await takeFetched();
  }
  return kept;
}

async function firstOf(files: readonly string[], fits: (file: string) => Promise<boolean>): Promise<string | undefined> {
  for (const file of files) if (existsSync(file) && (await fits(file))) return file;
  return undefined;
}
