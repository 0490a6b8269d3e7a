import { plainRange } from "./plain-range.ts";
import type { VersionScheme } from "./scheme.ts";
import { byNumber } from "./semver-order.ts";

const VERSION = /^v?\d+(?:[.\-_+][0-9A-Za-z]+)*$/;
const isNumber = (part: string) => part.charCodeAt(0) <= 57;

/** Part by part: numbers by value, words before numbers, and a longer version after the one that it goes on from. */
function compare(a: string, b: string): number | undefined {
  if (!VERSION.test(a) || !VERSION.test(b)) return undefined;
  const left = a.replace(/^v/, "").split(/[.\-_+]/);
  const right = b.replace(/^v/, "").split(/[.\-_+]/);
  for (let i = 0; i < left.length && i < right.length; i++) {
    const l = left[i] ?? "";
    const r = right[i] ?? "";
    if (isNumber(l) !== isNumber(r)) return isNumber(l) ? 1 : -1;
    const order = /^\d+$/.test(l) && /^\d+$/.test(r) ? byNumber(l, r) : l < r ? -1 : l > r ? 1 : 0;
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/** Numbers in a row: Haskell's policy, R's package_version, Homebrew's and Bitnami's revisions, Julia's build numbers. */
export const dotted: VersionScheme = {
  id: "dotted",
  displayName: "Hackage, CRAN, Homebrew, Bitnami, Julia",
  urls: ["https://pvp.haskell.org", "https://stat.ethz.ch/R-manual/R-devel/library/base/html/numeric_version.html"],
  compare,
  inRange: plainRange(compare),
};
