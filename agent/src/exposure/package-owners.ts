import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";

const INFO_DIR = "/var/lib/dpkg/info";

/** Which package a file came with. */
export interface PackageOwners {
  /** Owners of those paths that have one. */
  of(paths: Iterable<string>): Promise<ReadonlyMap<string, string>>;
}

/**
 * dpkg's lists were written before /usr was merged: "/lib/x" and "/usr/lib/x" are one file, listed under either name.
 */
const otherName = (path: string): string => (/^\/usr\/(bin|sbin|lib|lib32|lib64|libx32)\//.test(path) ? path.slice(4) : `/usr${path}`);

/**
 * Looks owners up by reading through dpkg's lists for the paths in question and remembering the answers: an index of all
 * files of a usual server would cost some 30 MB of memory for a few hundred questions.
 */
export function packageOwners(infoDir = INFO_DIR): PackageOwners {
  const known = new Map<string, string | undefined>();
  return {
    async of(paths) {
      const wanted = new Map<string, string>();
      for (const path of paths) {
        if (known.has(path)) continue;
        known.set(path, undefined);
        wanted.set(path, path);
        wanted.set(otherName(path), path);
      }
      if (wanted.size > 0) await search(infoDir, wanted, known);
      const owners = new Map<string, string>();
      for (const path of paths) {
        const owner = known.get(path);
        if (owner !== undefined) owners.set(path, owner);
      }
      return owners;
    },
  };
}

async function search(infoDir: string, wanted: ReadonlyMap<string, string>, known: Map<string, string | undefined>): Promise<void> {
  const lists = (await readdir(infoDir)).filter((n) => n.endsWith(".list"));
  for (const list of lists) {
    const owner = list.slice(0, -".list".length).split(":")[0] ?? "";
    for await (const line of createInterface({ input: createReadStream(join(infoDir, list), "utf8") })) {
      const path = wanted.get(line);
      if (path !== undefined) known.set(path, owner);
    }
  }
}
