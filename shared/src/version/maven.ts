import { areAscending, inInterval, parseIntervals } from "./interval.ts";
import type { VersionScheme } from "./scheme.ts";

/** Known qualifiers, oldest first; "" is the release itself. Unknown ones come after all of them, in order of letters. */
const QUALIFIERS = ["alpha", "beta", "milestone", "rc", "snapshot", "", "sp"];
const RELEASE = QUALIFIERS.indexOf("");
const RELEASE_NAMES = new Set(["ga", "final", "release"]);
const SHORT: Readonly<Record<string, string>> = { a: "alpha", b: "beta", m: "milestone" };

type Item =
  | { readonly kind: "number"; readonly value: bigint }
  | { readonly kind: "text"; readonly value: string }
  /** A qualifier with its number, "rc1", "rc-1". */
  | { readonly kind: "combination"; readonly text: string; readonly number: bigint }
  | { readonly kind: "list"; readonly items: Item[] };

const qualifier = (text: string, followedByDigit: boolean) => (followedByDigit && SHORT[text]) || (text === "cr" ? "rc" : text);

function item(combination: boolean, digits: boolean, text: string): Item {
  if (combination) {
    const joined = text.replaceAll("-", "");
    const digit = Math.max(0, joined.search(/\d/));
    return { kind: "combination", text: qualifier(joined.slice(0, digit), true), number: BigInt(joined.slice(digit)) };
  }
  return digits ? { kind: "number", value: BigInt(text) } : { kind: "text", value: qualifier(text, false) };
}

/** ComparableVersion's reading: dots separate items, dashes and changes between digits and letters open a list. */
function parse(version: string): Item[] {
  const text = version.toLowerCase();
  const root: Item[] = [];
  const lists = [root];
  let list = root;
  const open = () => {
    const items: Item[] = [];
    list.push({ kind: "list", items });
    list = items;
    lists.push(items);
  };
  let digits = false;
  let combination = false;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i] ?? "";
    if (c === "." || c === "-") {
      if (i === start) list.push({ kind: "number", value: 0n });
      else if (c === "-" && !digits && /\d/.test(text[i + 1] ?? "")) {
        combination = true;
        continue;
      } else list.push(item(combination, digits, text.slice(start, i)));
      combination = false;
      start = i + 1;
      if (c === "-") open();
    } else if (c >= "0" && c <= "9") {
      if (!digits && i > start) {
        combination = true;
        if (list.length) open();
      }
      digits = true;
    } else {
      if (digits && i > start) {
        list.push(item(combination, true, text.slice(start, i)));
        start = i;
        open();
        combination = false;
      }
      digits = false;
    }
  }
  if (start < text.length) {
    if (!digits && list.length) open();
    list.push(item(combination, digits, text.slice(start)));
  }
  for (const l of lists.reverse()) normalize(l);
  return root;
}

const isNull = (i: Item) =>
  i.kind === "number" ? i.value === 0n : i.kind === "text" ? i.value === "" : i.kind === "list" && i.items.length === 0;

/** Drops zeros that say nothing: at the end, and before a qualifier. */
function normalize(list: Item[]): void {
  for (let i = list.length - 1; i >= 0; i--) {
    const current = list[i];
    if (!current || !isNull(current)) continue;
    const next = list[i + 1];
    const first = next?.kind === "list" ? next.items[0] : undefined;
    if (!next || next.kind === "text" || first?.kind === "text" || first?.kind === "combination") list.splice(i, 1);
  }
}

/** ComparableVersion compares these as text, so "7-..." (an unknown qualifier) comes after every index. */
const rank = (text: string) => {
  const index = RELEASE_NAMES.has(text) ? RELEASE : QUALIFIERS.indexOf(text);
  return index < 0 ? `${QUALIFIERS.length}-${text}` : String(index);
};
const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
const byNumber = (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0);

const KIND_ORDER = { text: 0, combination: 0, list: 1, number: 2 } as const;

function compareItem(a: Item, b: Item | undefined): number {
  if (!b) return compareToNothing(a);
  if (a.kind === "number" && b.kind === "number") return byNumber(a.value, b.value);
  if (a.kind === "list" && b.kind === "list") return compareLists(a.items, b.items);
  if (isQualifier(a) && isQualifier(b)) return byText(rank(labelOf(a)), rank(labelOf(b))) || compareQualifierNumbers(a, b);
  return KIND_ORDER[a.kind] - KIND_ORDER[b.kind];
}

type Qualifier = Extract<Item, { kind: "text" | "combination" }>;
const isQualifier = (a: Item): a is Qualifier => a.kind === "text" || a.kind === "combination";
const labelOf = (a: Qualifier) => (a.kind === "text" ? a.value : a.text);

/** "rc" comes before "rc0"; a name of the release itself weighs nothing, so "ga" equals "ga0". */
function compareQualifierNumbers(a: Qualifier, b: Qualifier): number {
  const none = rank(labelOf(a)) === String(RELEASE) ? 0n : -1n;
  return byNumber(a.kind === "combination" ? a.number : none, b.kind === "combination" ? b.number : none);
}

function compareToNothing(a: Item): number {
  switch (a.kind) {
    case "number":
      return a.value === 0n ? 0 : 1;
    case "text":
      return byText(rank(a.value), String(RELEASE));
    case "combination":
      return byText(rank(a.text), String(RELEASE)) || byNumber(a.number, 0n);
    case "list":
      return a.items.map((i) => compareItem(i, undefined)).find((order) => order !== 0) ?? 0;
  }
}

function compareLists(a: readonly Item[], b: readonly Item[]): number {
  for (let i = 0; i < a.length || i < b.length; i++) {
    const l = a[i];
    const r = b[i];
    const order = l ? compareItem(l, r) : r ? -compareItem(r, l) : 0;
    if (order !== 0) return order;
  }
  return 0;
}

/** Longer texts are no version: each change between digits and letters nests one level deeper. The longest seen in advisories has 80 characters. */
const MAX_LENGTH = 1024;
const isVersion = (text: string) => text !== "" && text.length <= MAX_LENGTH;

const compare = (a: string, b: string): number | undefined => (isVersion(a) && isVersion(b) ? compareLists(parse(a), parse(b)) : undefined);

function inRange(version: string, range: string): boolean | undefined {
  if (!isVersion(version) || !range.trim()) return undefined;
  // A bare version is only a recommendation to Maven: it admits every version (VersionRange.createFromVersionSpec).
  if (!/[[\](),]/.test(range)) return true;
  const intervals = parseIntervals(range);
  if (!intervals || !areAscending(compare, intervals)) return undefined;
  return intervals.some((interval) => inInterval(compare, version, interval) === true);
}

/** Maven artifacts: `ComparableVersion` and `VersionRange`. Any text is a version there. */
export const maven: VersionScheme = {
  id: "maven",
  displayName: "Maven artifacts",
  urls: [
    "https://maven.apache.org/pom.html#version-order-specification",
    "https://maven.apache.org/pom.html#dependency-version-requirement-specification",
  ],
  compare,
  inRange,
};
