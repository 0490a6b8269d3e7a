import { plainRange } from "./plain-range.ts";
import type { VersionScheme } from "./scheme.ts";

/** Largest epoch that dpkg takes (INT_MAX). */
const MAX_EPOCH = 2_147_483_647;
const TILDE = 126;
const COLON = 58;
const DASH = 45;

/**
 * Weight of a character outside a run of digits: tilde before the end, the end (and digits) before letters, letters
 * before everything else (deb-version(7)).
 */
const WEIGHT = new Int16Array(128);
/** 1 where the upstream version may carry the character (colons apart, which need an epoch before them). */
const ALLOWED = new Uint8Array(128);
for (let c = 0; c < 128; c++) {
  const digit = c >= 48 && c <= 57;
  const letter = (c >= 65 && c <= 90) || (c >= 97 && c <= 122);
  WEIGHT[c] = digit ? 0 : letter ? c : c === TILDE ? -1 : c + 256;
  ALLOWED[c] = digit || letter || c === TILDE || c === DASH || c === COLON || c === 43 || c === 46 ? 1 : 0;
}

const isDigit = (c: number) => c >= 48 && c <= 57;

/** Where the upstream version begins: behind the epoch's colon, or 0. */
const upstreamStart = (text: string) => text.indexOf(":") + 1;

function isValid(text: string): boolean {
  const start = upstreamStart(text);
  if (start === 1) return false;
  for (let i = 0; i < start - 1; i++) if (!isDigit(text.charCodeAt(i))) return false;
  if (start > 0 && Number(text.slice(0, start - 1)) > MAX_EPOCH) return false;
  const dash = text.lastIndexOf("-");
  const end = dash < start ? text.length : dash;
  if (end <= start || !isDigit(text.charCodeAt(start))) return false;
  if (dash >= start && dash === text.length - 1) return false;
  for (let i = start; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c > 127 || ALLOWED[c] === 0 || (c === COLON && i > end)) return false;
  }
  return true;
}

/** dpkg's verrevcmp over a[i..aEnd) and b[j..bEnd): runs of non-digits by weight and runs of digits by number, in turn. */
function comparePart(a: string, i: number, aEnd: number, b: string, j: number, bEnd: number): number {
  while (i < aEnd || j < bEnd) {
    while ((i < aEnd && !isDigit(a.charCodeAt(i))) || (j < bEnd && !isDigit(b.charCodeAt(j)))) {
      const left = i < aEnd ? (WEIGHT[a.charCodeAt(i)] ?? 0) : 0;
      const right = j < bEnd ? (WEIGHT[b.charCodeAt(j)] ?? 0) : 0;
      if (left !== right) return left - right;
      i++;
      j++;
    }
    while (i < aEnd && a.charCodeAt(i) === 48) i++;
    while (j < bEnd && b.charCodeAt(j) === 48) j++;
    let firstDifference = 0;
    while (i < aEnd && j < bEnd && isDigit(a.charCodeAt(i)) && isDigit(b.charCodeAt(j))) {
      if (firstDifference === 0) firstDifference = a.charCodeAt(i) - b.charCodeAt(j);
      i++;
      j++;
    }
    if (i < aEnd && isDigit(a.charCodeAt(i))) return 1;
    if (j < bEnd && isDigit(b.charCodeAt(j))) return -1;
    if (firstDifference !== 0) return firstDifference;
  }
  return 0;
}

/** dpkg ignores white space around a version. */
function compare(a: string, b: string): number | undefined {
  const left = a.trim();
  const right = b.trim();
  return isValid(left) && isValid(right) ? compareValid(left, right) : undefined;
}

function compareValid(a: string, b: string): number {
  const aStart = upstreamStart(a);
  const bStart = upstreamStart(b);
  if (aStart > 0 || bStart > 0) {
    const epochs = (aStart ? Number(a.slice(0, aStart - 1)) : 0) - (bStart ? Number(b.slice(0, bStart - 1)) : 0);
    if (epochs !== 0) return epochs;
  }
  const aDash = a.lastIndexOf("-");
  const bDash = b.lastIndexOf("-");
  const aEnd = aDash < 0 ? a.length : aDash;
  const bEnd = bDash < 0 ? b.length : bDash;
  return comparePart(a, aStart, aEnd, b, bStart, bEnd) || comparePart(a, aEnd + 1, a.length, b, bEnd + 1, b.length);
}

/** Debian package versions, `[epoch:]upstream[-revision]`: the order that dpkg itself uses. */
export const deb: VersionScheme = {
  id: "deb",
  displayName: "Debian and Ubuntu packages",
  urls: ["https://www.debian.org/doc/debian-policy/ch-controlfields.html#version", "https://manpages.debian.org/deb-version"],
  compare,
  inRange: plainRange(compare),
};
