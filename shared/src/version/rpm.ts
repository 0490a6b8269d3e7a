import { plainRange } from "./plain-range.ts";
import type { VersionScheme } from "./scheme.ts";

const EVR = /^(?:(\d+):)?([A-Za-z0-9._+~^]+)(?:-([A-Za-z0-9._+~^]+))?$/;
const SEGMENT = /\d+|[A-Za-z]+|[~^]/g;

/**
 * rpmvercmp: segments of digits and of letters in turn, separators without weight; "~" sorts before the end of the
 * version, "^" after it and before anything else that follows.
 */
function compareSegments(a: string, b: string): number {
  if (a === b) return 0;
  const left = a.match(SEGMENT) ?? [];
  const right = b.match(SEGMENT) ?? [];
  for (let i = 0; i < left.length || i < right.length; i++) {
    const l = left[i];
    const r = right[i];
    if (l === "~" || r === "~") {
      if (l !== "~") return 1;
      if (r !== "~") return -1;
      continue;
    }
    if (l === "^" || r === "^") {
      if (l === undefined) return -1;
      if (r === undefined) return 1;
      if (l !== "^") return 1;
      if (r !== "^") return -1;
      continue;
    }
    if (l === undefined) return -1;
    if (r === undefined) return 1;
    const order = compareSegment(l, r);
    if (order !== 0) return order;
  }
  return 0;
}

function compareSegment(l: string, r: string): number {
  const leftIsNumber = l.charCodeAt(0) <= 57;
  const rightIsNumber = r.charCodeAt(0) <= 57;
  if (leftIsNumber !== rightIsNumber) return leftIsNumber ? 1 : -1;
  if (!leftIsNumber) return l < r ? -1 : l > r ? 1 : 0;
  const x = l.replace(/^0+/, "");
  const y = r.replace(/^0+/, "");
  return x.length - y.length || (x < y ? -1 : x > y ? 1 : 0);
}

function compare(a: string, b: string): number | undefined {
  const left = EVR.exec(a);
  const right = EVR.exec(b);
  if (!left || !right) return undefined;
  const epochs = Number(left[1] ?? 0) - Number(right[1] ?? 0);
  if (epochs !== 0) return epochs;
  const versions = compareSegments(left[2] ?? "", right[2] ?? "");
  if (versions !== 0) return versions;
  if (left[3] === undefined || right[3] === undefined) return Number(left[3] !== undefined) - Number(right[3] !== undefined);
  return compareSegments(left[3], right[3]);
}

/** RPM versions, `[epoch:]version[-release]`. */
export const rpm: VersionScheme = {
  id: "rpm",
  displayName: "RPM packages",
  urls: ["https://rpm.org/docs/latest/man/rpm-version.7"],
  compare,
  inRange: plainRange(compare),
};
