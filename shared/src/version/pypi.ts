import { compare, valid } from "@renovatebot/pep440";
import { satisfiesSpecifier } from "./pypi-specifier.ts";
import type { VersionScheme } from "./scheme.ts";

/** Python packages: PEP 440. Local versions count; ranges admit pre-releases, since an installed one is a fact. */
export const pypi: VersionScheme = {
  id: "pypi",
  displayName: "Python packages",
  urls: ["https://packaging.python.org/en/latest/specifications/version-specifiers/"],
  compare: (a, b) => (valid(a) !== null && valid(b) !== null ? compare(a, b) : undefined),
  inRange: satisfiesSpecifier,
};
