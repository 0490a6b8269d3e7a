import { type OwnerSource, ownerSources } from "./owner-sources.ts";

/** Which package a file came with. */
export interface PackageOwners {
  /** Owners of those paths that have one. */
  of(paths: Iterable<string>): Promise<ReadonlyMap<string, string>>;
}

/**
 * Lists of files were written before /usr was merged: "/lib/x" and "/usr/lib/x" are one file, listed under either name.
 */
const otherName = (path: string): string => (/^\/usr\/(bin|sbin|lib|lib32|lib64|libx32)\//.test(path) ? path.slice(4) : `/usr${path}`);

/**
 * Looks owners up by reading through the package managers' lists for the paths in question and remembering the answers: an index of all
 * files of a usual server would cost some 30 MB of memory for a few hundred questions.
 */
export function packageOwners(sources: readonly OwnerSource[] = ownerSources()): PackageOwners {
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
      for (const source of wanted.size > 0 ? sources : [])
        await source((file, owner) => {
          const path = wanted.get(file);
          if (path !== undefined) known.set(path, owner);
        });
      const owners = new Map<string, string>();
      for (const path of paths) {
        const owner = known.get(path);
        if (owner !== undefined) owners.set(path, owner);
      }
      return owners;
    },
  };
}
