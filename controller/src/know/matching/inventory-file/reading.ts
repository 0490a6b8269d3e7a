import type { MatchPackage } from "../source.ts";

/** What of an inventory file is no package that can be matched, and why. */
export interface LeftOut {
  readonly record: string;
  readonly reason: string;
}

/** The packages of an inventory file, and what was left out of them. */
export interface InventoryReading {
  readonly packages: readonly MatchPackage[];
  readonly leftOut: readonly LeftOut[];
}

/** The longest name and version that are taken for one: what is longer is no package's, and is never repeated in full. */
const MAX_NAME = 512;
const CONTROL = /\p{Cc}/u;

/** Why a name or version cannot be a package's; undefined when it can. */
export function unusable(name: string, version: string): string | undefined {
  if (name === "" || version === "") return "it has no name or no version";
  if (name.length > MAX_NAME || version.length > MAX_NAME) return `its name or version has more than ${MAX_NAME} characters`;
  if (CONTROL.test(name) || CONTROL.test(version)) return "its name or version holds control characters";
  return undefined;
}

/** Sorts candidates into packages and what is left out. */
export function collect(candidates: Iterable<MatchPackage | LeftOut>): InventoryReading {
  const packages: MatchPackage[] = [];
  const leftOut: LeftOut[] = [];
  for (const candidate of candidates) {
    if ("reason" in candidate) {
      leftOut.push(candidate);
      continue;
    }
    const reason = unusable(candidate.name, candidate.version);
    if (reason) leftOut.push({ record: `${candidate.name} ${candidate.version}`.slice(0, 100), reason });
    else packages.push(candidate);
  }
  return { packages, leftOut };
}
