import { apk } from "../version/apk.ts";
import { deb } from "../version/deb.ts";
import { rpm } from "../version/rpm.ts";
import type { Order, VersionScheme } from "../version/scheme.ts";

/**
 * The orders of systems' package managers alone, which are all that an endpoint compares: those of programming languages bring
 * libraries that each of its processes would carry.
 */
export const packageVersionSchemes = { deb, rpm, apk } as const satisfies Readonly<Record<string, VersionScheme>>;

/** What stands between two versions; "?" where one of them is no version there. */
export function comparePackageVersions(manager: keyof typeof packageVersionSchemes, a: string, b: string): Order {
  const order = packageVersionSchemes[manager].compare(a, b);
  return order === undefined ? "?" : order < 0 ? "<" : order > 0 ? ">" : "=";
}
