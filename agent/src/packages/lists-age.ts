import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { ManagerId } from "./package-manager.ts";

/** apt touches this directory with every update. */
const APT_MARK = "/var/lib/apt/lists/partial";
/** dnf and zypper keep each repository's metadata in a directory here, and touch it when nothing in it is new. */
const RPM_CACHES = { dnf: "/var/cache/dnf", zypper: "/var/cache/zypp/raw" };

const changedAt = async (path: string): Promise<number> => (await stat(path).catch(() => undefined))?.mtimeMs ?? 0;

/**
 * When the manager's package lists were fetched last, in ms since 1970; 0 when never. Of rpm's repositories the newest counts:
 * one that is dead for good must not have the others fetched each hour.
 */
export async function listsFetchedAt(manager: ManagerId, caches = RPM_CACHES): Promise<number> {
  if (manager === "apt") return changedAt(APT_MARK);
  const cache = caches[manager];
  const repositories = await readdir(cache).catch(() => [] as string[]);
  const files = await Promise.all(
    repositories.map(async (id) => {
      const directory = join(cache, id, "repodata");
      return (await readdir(directory).catch(() => [] as string[])).map((name) => changedAt(join(directory, name)));
    }),
  );
  return Math.max(0, ...(await Promise.all(files.flat())));
}
