/** A version as SemVer 2.0.0 splits it. Numbers stay text: the standard sets no limit to them. */
export interface SemVerParts {
  readonly numbers: readonly string[];
  readonly preRelease: readonly string[];
}

const NUMBER = "(0|[1-9]\\d*)";
const LABEL = "(?:0|[1-9]\\d*|\\d*[A-Za-z-][0-9A-Za-z-]*)";
const VERSION = new RegExp(`^${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-(${LABEL}(?:\\.${LABEL})*))?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$`);

/** Strict SemVer without a prefix; undefined when it is none. */
export function parseSemVer(version: string): SemVerParts | undefined {
  const match = VERSION.exec(version);
  return match ? { numbers: [match[1] ?? "", match[2] ?? "", match[3] ?? ""], preRelease: match[4]?.split(".") ?? [] } : undefined;
}

const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
const significant = (digits: string) => digits.replace(/^0+(?=\d)/, "");

/** Numbers of any length, by value. */
export function byNumber(a: string, b: string): number {
  const x = significant(a);
  const y = significant(b);
  return x.length - y.length || byText(x, y);
}

/** Item 11 of the standard. */
export function compareSemVer(a: SemVerParts, b: SemVerParts): number {
  for (const [i, number] of a.numbers.entries()) {
    const order = byNumber(number, b.numbers[i] ?? "0");
    if (order !== 0) return order;
  }
  return comparePreRelease(a.preRelease, b.preRelease);
}

/** No labels (a release) come after any; then label by label; fewer before more. */
export function comparePreRelease(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return b.length - a.length;
  for (let i = 0; i < a.length && i < b.length; i++) {
    const order = compareLabel(a[i] ?? "", b[i] ?? "");
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareLabel(a: string, b: string): number {
  const aIsNumber = /^\d+$/.test(a);
  const bIsNumber = /^\d+$/.test(b);
  if (aIsNumber && bIsNumber) return byNumber(a, b);
  if (aIsNumber !== bIsNumber) return aIsNumber ? -1 : 1;
  return byText(a, b);
}
