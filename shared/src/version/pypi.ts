import { comparePep440, parsePep440 } from "./pep440.ts";
import { satisfiesSpecifier } from "./pypi-specifier.ts";
import type { VersionScheme } from "./scheme.ts";

function compare(a: string, b: string): number | undefined {
  const left = parsePep440(a);
  const right = parsePep440(b);
  return left && right ? comparePep440(left, right) : undefined;
}

/** Python packages: PEP 440. Local versions count; ranges admit pre-releases, since an installed one is a fact. */
export const pypi: VersionScheme = {
  id: "pypi",
  displayName: "Python packages",
  urls: ["https://packaging.python.org/en/latest/specifications/version-specifiers/"],
  compare,
  inRange: satisfiesSpecifier,
};
