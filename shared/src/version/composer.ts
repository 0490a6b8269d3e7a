import { plainRange } from "./plain-range.ts";
import type { VersionScheme } from "./scheme.ts";

/**
 * As Composer's VersionParser normalises: one to four numbers, then a stability, then "-dev". Dates as versions and
 * branches ("dev-main") have an order of their own and are no numbered version. Two runs of digits need a separator
 * between them, or the expression tries every way to cut a long one.
 */
const VERSION =
  /^v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?[._-]?(?:(stable|beta|b|rc|alpha|a|patch|pl|p)(\d*(?:[.-]\d+)*))?([.-]?dev)?(?:\+\S*)?$/i;

/** php's version_compare: dev < alpha < beta < RC < release < patch. */
const STABILITY: Readonly<Record<string, number>> = {
  alpha: 1,
  a: 1,
  beta: 2,
  b: 2,
  rc: 3,
  stable: 4,
  "": 4,
  patch: 5,
  pl: 5,
  p: 5,
};

function parse(version: string): number[] | undefined {
  const match = VERSION.exec(version.trim());
  if (!match) return undefined;
  const numbers = [1, 2, 3, 4].map((i) => Number(match[i] ?? 0));
  const stability = STABILITY[(match[5] ?? "").toLowerCase()] ?? 4;
  const development = match[7] ? 0 : 1;
  const [first = -1, second = -1, third = -1] = (match[6] ?? "").match(/\d+/g)?.map(Number) ?? [];
  // "1.0-dev" precedes every other 1.0; "1.0-beta2-dev" precedes 1.0-beta2 only.
  return match[5] ? [...numbers, stability, first, second, third, development] : [...numbers, development ? stability : 0, -1, -1, -1, 1];
}

function compare(a: string, b: string): number | undefined {
  const left = parse(a);
  const right = parse(b);
  if (!left || !right) return undefined;
  for (const [i, number] of left.entries()) {
    const order = number - (right[i] ?? 0);
    if (order !== 0) return order;
  }
  return 0;
}

/** PHP packages: Composer's normalised versions. */
export const composer: VersionScheme = {
  id: "composer",
  displayName: "PHP packages (Composer)",
  urls: ["https://getcomposer.org/doc/articles/versions.md", "https://www.php.net/manual/en/function.version-compare.php"],
  compare,
  inRange: plainRange(compare),
};
