import SemVer from "semver";
import type { VersionScheme } from "./scheme.ts";
import { compareSemVer, parseSemVer } from "./semver-order.ts";

const parse = (version: string) => parseSemVer(version.trim().replace(/^v/, ""));

function compare(a: string, b: string): number | undefined {
  const left = parse(a);
  const right = parse(b);
  return left && right ? compareSemVer(left, right) : undefined;
}

/** SemVer 2.0.0. A leading "v" is allowed; build metadata has no weight. Ranges as npm writes them. */
export const semver: VersionScheme = {
  id: "semver",
  displayName: "Semantic Versioning (npm and others)",
  urls: ["https://semver.org/spec/v2.0.0.html", "https://github.com/npm/node-semver#ranges"],
  compare,
  inRange: (version, range) => (SemVer.valid(version) && SemVer.validRange(range) !== null ? SemVer.satisfies(version, range) : undefined),
};
