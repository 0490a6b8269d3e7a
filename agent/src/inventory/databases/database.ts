import type { Result } from "@breakwater/shared/core";
import type { WirePackage } from "@breakwater/shared/wire";

/** A package of the operating system, every field set. */
export type SystemPackage = Required<WirePackage>;

/** One package manager's record of what is installed. Adding one is a file here and a line in the index. */
export interface PackageDatabase {
  /** Also the collector's name where it could not be read: then its packages are unknown, not gone. */
  readonly id: "dpkg" | "rpm" | "apk";
  /** A file that changes with every change of packages; undefined: this machine has no such database. */
  file(): string | undefined;
  packages(): Promise<Result<SystemPackage[]>>;
}

/** In a fixed order, so that the same packages always are the same list. */
export const inOrder = (packages: SystemPackage[]): SystemPackage[] =>
  packages.sort((a, b) => compare(a.name, b.name) || compare(a.architecture, b.architecture) || compare(a.version, b.version));

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
