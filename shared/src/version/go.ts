import { plainRange } from "./plain-range.ts";
import type { VersionScheme } from "./scheme.ts";
import { compareSemVer, parseSemVer } from "./semver-order.ts";

const SHORT = /^v(0|[1-9]\d*)(?:\.(0|[1-9]\d*))?$/;

/** `vMAJOR` and `vMAJOR.MINOR` are short for `.0`; short forms carry no pre-release and no metadata. */
function parse(version: string) {
  const short = SHORT.exec(version);
  if (short) return parseSemVer(`${short[1]}.${short[2] ?? "0"}.0`);
  return version.startsWith("v") ? parseSemVer(version.slice(1)) : undefined;
}

function compare(a: string, b: string): number | undefined {
  const left = parse(a);
  const right = parse(b);
  return left && right ? compareSemVer(left, right) : undefined;
}

/** Go modules: semantic versions with the prefix "v". */
export const go: VersionScheme = {
  id: "go",
  displayName: "Go modules",
  urls: ["https://pkg.go.dev/golang.org/x/mod/semver"],
  compare,
  inRange: plainRange(compare),
};
