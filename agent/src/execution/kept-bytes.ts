import { rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { sha256File } from "../packages/bytes.ts";
import { type PackageFile, type PackageManager, packageKey } from "../packages/package-manager.ts";

export interface Mended {
  /** What was found and what became of it, one sentence each; for people. */
  readonly notes: string[];
  /** Why there is no way back by these files; empty when every one is what was kept. */
  readonly lost: string;
}

/**
 * Looks whether kept packages still are what was kept: a disk may give back other bytes than it was given. One that is not is set
 * aside and looked for again in the caches and the repositories, and counts only where it is the very same.
 * @param files Each with the SHA-256 that the journal has of it.
 * @param caches Directories that may hold the same bytes.
 */
export async function mendKept(manager: PackageManager, files: readonly PackageFile[], caches: readonly string[]): Promise<Mended> {
  const notes: string[] = [];
  const lost: string[] = [];
  for (const f of files) {
    if ((await hashOf(f.file)) === f.sha256) continue;
    await rename(f.file, `${f.file}.damaged`).catch(() => undefined);
    const { name, architecture, version } = f;
    const package_ = { name, architecture, version, status: "installed", held: false, reinstallRequired: false };
    const again = await manager.keep([package_], dirname(f.file), caches).catch(() => []);
    const found = again.find((k) => packageKey(k) === packageKey(f) && k.sha256 === f.sha256);
    if (found && found.file !== f.file) await rename(found.file, f.file);
    if (found) notes.push(`The kept bytes of ${name} ${version} had changed on the disk and were fetched again, the same as before.`);
    else {
      // What has the same name and version, and other bytes, is not what ran here.
      await rm(f.file, { force: true });
      lost.push(`the kept bytes of ${name} ${version} changed on the disk, and the same cannot be had again`);
    }
  }
  return { notes, lost: lost.join("; ") };
}

const hashOf = (file: string): Promise<string> => sha256File(file).catch(() => "");
