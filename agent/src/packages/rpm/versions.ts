import { comparePackageVersions } from "@breakwater/shared/package-version";
import type { SpaceNeed } from "../package-manager.ts";

/** Sign of a - b in rpm's order (rpm-version(7)). @throws when one of them is no rpm version */
export function compareRpmVersions(a: string, b: string): number {
  const order = comparePackageVersions("rpm", a, b);
  if (order === "?") throw new Error(`${a} or ${b} is no rpm version`);
  return order === "<" ? -1 : order === ">" ? 1 : 0;
}

/** Unpacking writes the new files beside the old ones before it renames them. */
const UNPACK_FACTOR = 1.5;
/** Left over for rpm's database, logs and what scripts write. */
const RESERVE_BYTES = 300 * 1024 * 1024;

/** @param download Bytes of the packages to fetch. @param growth Bytes by which what is installed grows. */
export const rpmSpaceNeeds = (download: number, growth: number): SpaceNeed[] => [
  { path: "/usr", bytes: Math.ceil(growth * UNPACK_FACTOR) + RESERVE_BYTES },
  { path: "/var/lib", bytes: download * 2 + RESERVE_BYTES },
];
