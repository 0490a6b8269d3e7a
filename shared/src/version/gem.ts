import type { VersionScheme } from "./scheme.ts";

const VERSION = /^\s*(?:[0-9]+(?:\.[0-9a-zA-Z]+)*(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?)?\s*$/;
type Segment = bigint | string;

function segments(version: string): Segment[] | undefined {
  if (!VERSION.test(version)) return undefined;
  const text = version.trim().replaceAll("-", ".pre.") || "0";
  return (text.match(/[0-9]+|[a-z]+/gi) ?? []).map((part) => (/^\d/.test(part) ? BigInt(part) : part));
}

const isText = (segment: Segment): segment is string => typeof segment === "string";

/** Without the zeros at the end of the number part and of the whole: 1.0.a equals 1.a. */
function canonical(all: readonly Segment[]): Segment[] {
  const text = all.findIndex(isText);
  const split = text < 0 ? all.length : text;
  return [...withoutZeros(all.slice(0, split)), ...withoutZeros(all.slice(split))];
}

function withoutZeros(part: Segment[]): Segment[] {
  let end = part.length;
  while (end > 0 && part[end - 1] === 0n) end--;
  return part.slice(0, end);
}

function compareSegments(a: readonly Segment[], b: readonly Segment[]): number {
  const left = canonical(a);
  const right = canonical(b);
  for (let i = 0; i < left.length || i < right.length; i++) {
    const l = left[i] ?? 0n;
    const r = right[i] ?? 0n;
    if (l === r) continue;
    if (isText(l) !== isText(r)) return isText(l) ? -1 : 1;
    return l < r ? -1 : 1;
  }
  return 0;
}

function compare(a: string, b: string): number | undefined {
  const left = segments(a);
  const right = segments(b);
  return left && right ? compareSegments(left, right) : undefined;
}

/** What "~>" must stay below: the last number part dropped, the one before raised (~> 1.2.3 stays below 1.3). */
function bump(all: readonly Segment[]): Segment[] {
  const numbers = release(all);
  if (numbers.length > 1) numbers.pop();
  const last = numbers.pop() ?? 0n;
  return [...numbers, isText(last) ? last : last + 1n];
}

const release = (all: readonly Segment[]): Segment[] => {
  const text = all.findIndex(isText);
  return text < 0 ? [...all] : all.slice(0, text);
};

function holds(version: readonly Segment[], operator: string, wanted: readonly Segment[]): boolean {
  const order = compareSegments(version, wanted);
  switch (operator) {
    case "!=":
      return order !== 0;
    case ">":
      return order > 0;
    case "<":
      return order < 0;
    case ">=":
      return order >= 0;
    case "<=":
      return order <= 0;
    case "~>":
      return order >= 0 && compareSegments(release(version), bump(wanted)) < 0;
    default:
      return order === 0;
  }
}

function inRange(version: string, range: string): boolean | undefined {
  const parsed = segments(version);
  if (!parsed) return undefined;
  let result = true;
  for (const requirement of range.split(",")) {
    const match = /^\s*(=|!=|>=|<=|~>|>|<)?\s*(\S+)\s*$/.exec(requirement);
    const wanted = match?.[2] === undefined ? undefined : segments(match[2]);
    if (!match || !wanted) return undefined;
    result &&= holds(parsed, match[1] ?? "=", wanted);
  }
  return result;
}

/** Ruby gems: `Gem::Version` and `Gem::Requirement` (comma means "and"). */
export const gem: VersionScheme = {
  id: "gem",
  displayName: "Ruby gems",
  urls: ["https://docs.ruby-lang.org/en/master/Gem/Version.html", "https://docs.ruby-lang.org/en/master/Gem/Requirement.html"],
  compare,
  inRange,
};
