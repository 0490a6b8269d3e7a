import { type InstalledPackage, type PackageFile, packageKey } from "../package-manager.ts";

/**
 * Pure: bytes of every version that a cut-off transaction left beside its predecessor. Installed again, the elder entry goes and the
 * scripts that were cut off run; taking the elder one away alone would leave them undone.
 * @returns undefined when those of one are not at hand: the others alone would leave it torn
 */
export function bytesOfTorn(packages: readonly InstalledPackage[], files: readonly PackageFile[]): PackageFile[] | undefined {
  const torn = packages.filter((p) => p.status === "duplicated");
  const bytes = torn.flatMap((p) => files.find((f) => packageKey(f) === packageKey(p) && f.version === p.version) ?? []);
  return bytes.length === torn.length ? bytes : undefined;
}
