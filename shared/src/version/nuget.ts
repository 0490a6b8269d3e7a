import { areAscending, inInterval, parseIntervals } from "./interval.ts";
import type { VersionScheme } from "./scheme.ts";
import { compareSemVer, type SemVerParts } from "./semver-order.ts";

const VERSION = /^\s*(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:\.(\d+))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?\s*$/;

/** NuGet's numbers are 32-bit integers. */
const MAX_NUMBER = 2_147_483_647;

/** NuGet ignores the case of labels. */
function parse(version: string): SemVerParts | undefined {
  const match = VERSION.exec(version);
  const preRelease = match?.[5]?.toLowerCase().split(".") ?? [];
  if (!match || preRelease.includes("")) return undefined;
  const numbers = [1, 2, 3, 4].map((i) => match[i] ?? "0");
  return numbers.some((number) => Number(number) > MAX_NUMBER) ? undefined : { numbers, preRelease };
}

function compare(a: string, b: string): number | undefined {
  const left = parse(a);
  const right = parse(b);
  return left && right ? compareSemVer(left, right) : undefined;
}

function inRange(version: string, range: string): boolean | undefined {
  if (!/[[(]/.test(range)) {
    const order = compare(version, range);
    return order === undefined ? undefined : order >= 0;
  }
  const intervals = parseIntervals(range);
  const interval = intervals?.length === 1 ? intervals[0] : undefined;
  if (!interval || (interval.low === undefined && interval.high === undefined)) return undefined;
  return parse(version) && areAscending(compare, [interval]) ? inInterval(compare, version, interval) : undefined;
}

/** NuGet packages: one to four numbers, labels without regard to case. A bare version as a range is a minimum. */
export const nuget: VersionScheme = {
  id: "nuget",
  displayName: "NuGet packages",
  urls: ["https://learn.microsoft.com/en-us/nuget/concepts/package-versioning"],
  compare,
  inRange,
};
