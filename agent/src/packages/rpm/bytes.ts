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

/** Has the tool above rpm lay one version into a directory, under its archive name. @returns whether it did */
export type FetchOne = (version: { readonly name: string; readonly architecture: string; readonly to: string }) => Promise<boolean>;

/**
 * Bytes of the installed versions: what an earlier execution brought, else the repositories, while they still offer that version.
 * rpm cannot pack again what is installed, so the rest cannot be had and is left out.
 */
export async function keepInstalled(
  run: Run,
  packages: readonly InstalledPackage[],
  directory: string,
  caches: readonly string[],
  fetchOne: FetchOne,
): Promise<KeptFile[]> {
  const kept: KeptFile[] = [];
  for (const pkg of packages) {
    const header = await headerOf(run, [nevra(pkg)]);
    const target = join(directory, archiveName(pkg));
    const same = async (file: string) => header !== undefined && (await headerOf(run, ["-p", file])) === header;
    const keep = async (source: KeptFile["source"]) => {
      const { name, architecture, version } = pkg;
      for (const file of await settled([{ name, architecture, version, file: target }], directory)) kept.push({ ...file, source });
    };
    const cached = await firstOf(
      [directory, ...caches].map((c) => join(c, archiveName(pkg))),
      same,
    );
    if (cached) {
      if (cached !== target) {
        await copyFile(cached, `${target}.part`);
        await rename(`${target}.part`, target);
      }
      await keep("archive");
      continue;
    }
    const fetched = await fetchOne({ name: pkg.name, architecture: pkg.architecture, to: pkg.version });
    if (fetched && (await same(target))) await keep("repository");
  }
  return kept;
}

async function firstOf(files: readonly string[], fits: (file: string) => Promise<boolean>): Promise<string | undefined> {
  for (const file of files) if (existsSync(file) && (await fits(file))) return file;
  return undefined;
}
