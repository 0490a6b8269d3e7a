import type { Sentence } from "./outline.ts";
import type { Token } from "./tokens.ts";
import { phrase, skipAnd, skipMarks, skipOpening, type VersionAt, versionAfter, versionAt } from "./version-at.ts";
import { isWildcard, sameLine, startsWithLine } from "./versions.ts";
import { AND_EARLIER, AND_LATER, BEFORE, BETWEEN, FROM, UP_TO, VERSION_WORD } from "./words.ts";

/** What one expression says, with the tokens [from, to) that it takes. */
export type Expression = { readonly from: number; readonly to: number } & (
  | {
      readonly kind: "range";
      readonly introduced?: VersionAt;
      readonly upper?: VersionAt;
      readonly inclusive: boolean;
      readonly continues?: boolean;
    }
  /** A version alone; `later`: "or later" follows it; `continues`: it stands in a list behind the one before. */
  | {
      readonly kind: "single";
      readonly version: VersionAt;
      readonly later: boolean;
      readonly introduced: boolean;
      readonly continues?: boolean;
    }
);

/** Finds the version expressions of one sentence, from left to right. Every token is looked at a bounded number of times. */
export function readExpressions(sentence: Sentence): Expression[] {
  const { tokens } = sentence;
  const found: Expression[] = [];
  let i = 0;
  while (i < tokens.length) {
    const expressions = readAt(tokens, i);
    const end = expressions[expressions.length - 1]?.to;
    if (end === undefined) i++;
    else {
      found.push(...expressions);
      i = Math.max(end, i + 1);
    }
  }
  return found;
}

function readAt(tokens: readonly Token[], i: number): Expression[] {
  const interval = readInterval(tokens, i);
  if (interval) return [interval];
  const from = phrase(tokens, i, FROM);
  if (from > 0) {
    const closes = tokens[i + from]?.kind === "number" && readUpper(tokens, skipAnd(tokens, i + from + 1)) !== undefined;
    const lower = versionAfter(tokens, i + from, isOperator(tokens[i]) || closes);
    if (lower)
      return readFrom(
        tokens,
        i,
        lower,
        tokens
          .slice(i, i + from)
          .map((t) => t.lower)
          .join(" "),
      );
  }
  const upper = readUpper(tokens, i);
  if (upper) return readUppers(tokens, i, upper);
  const version = versionAt(tokens, i) ?? lineAt(tokens, i);
  return version ? readVersion(tokens, version) : [];
}

/** "[3.0.0, 3.2.7)", "(,2.5.1]": a square bracket takes its version in, a round one leaves it out. */
function readInterval(tokens: readonly Token[], i: number): Expression | undefined {
  const open = tokens[i]?.text;
  if (open !== "[" && open !== "(") return undefined;
  const lower = versionAt(tokens, i + 1, true);
  const comma = lower?.to ?? i + 1;
  if (tokens[comma]?.text !== ",") return undefined;
  const upper = versionAt(tokens, comma + 1, true);
  const end = upper?.to ?? comma + 1;
  const close = tokens[end]?.text;
  // Two versions in round brackets are a list.
  if ((close !== ")" && close !== "]") || (!lower && !upper) || (lower && upper && open === "(" && close === ")")) return undefined;
  if (!upper) return lower && { kind: "single", from: i, to: end + 1, version: lower, later: true, introduced: false };
  return { kind: "range", from: i, to: end + 1, ...(lower ? { introduced: lower } : {}), upper, inclusive: close === "]" };
}

/** "10 before 10.8.5": a whole number is a line of releases where a version of that line closes it. */
function lineAt(tokens: readonly Token[], i: number): VersionAt | undefined {
  const token = tokens[i] as Token;
  const upper = token.kind === "number" ? readUpper(tokens, i + 1) : undefined;
  return upper && upper.version.text !== token.text && startsWithLine(upper.version.text, token.text)
    ? { text: token.text, from: i, to: i + 1 }
    : undefined;
}

/** "from A ...": with an upper bound after it, or alone. */
function readFrom(tokens: readonly Token[], i: number, lower: VersionAt, cue: string): Expression[] {
  let j = skipMarks(tokens, lower.to);
  if (/^(?:and|but|or|versions?|all)$/.test(tokens[j]?.lower ?? "") && readUpper(tokens, j + 1)) j++;
  const upper =
    readUpper(tokens, j) ?? (cue === "between" ? readJoined(tokens, j, [["and"]]) : undefined) ?? readJoined(tokens, j, BETWEEN);
  if (upper) return closedBy(tokens, i, lower, upper);
  const later = phrase(tokens, lower.to, AND_LATER);
  if (cue === ">=" || cue === ">") {
    const single = { kind: "single" as const, from: i, to: lower.to + later, version: lower, later: true, introduced: false };
    return [single];
  }
  return [
    {
      kind: "single",
      from: i,
      to: lower.to + later,
      version: lower,
      later: later > 0,
      introduced: cue !== "after" && cue !== "later than" && cue !== "newer than",
    },
  ];
}

/**
 * A range with both bounds, and where its upper one is exclusive those of the other lines of releases behind it:
 * "from 1.36.0 until 1.36.9, 1.37.5, and 1.38.3".
 */
function closedBy(tokens: readonly Token[], from: number, introduced: VersionAt, upper: Upper): Expression[] {
  const { version, inclusive } = upper;
  const range: Expression = { kind: "range", from, to: version.to, introduced, upper: version, inclusive };
  if (inclusive || isWildcard(version.text)) return [range];
  const others = listed(tokens, version.to).filter((v) => !sameLine(v.text, version.text, 2) || sameLine(v.text, version.text, 3));
  return [range, ...others.map((v): Expression => ({ kind: "range", from: v.from, to: v.to, upper: v, inclusive, continues: true }))];
}

interface Upper {
  readonly version: VersionAt;
  readonly inclusive: boolean;
}

function readUpper(tokens: readonly Token[], i: number): Upper | undefined {
  const before = phrase(tokens, i, BEFORE);
  const upTo = phrase(tokens, i, UP_TO);
  if (before === 0 && upTo === 0) return undefined;
  const inclusive = upTo > before;
  const version = versionAfter(
    tokens,
    i + Math.max(before, upTo),
    isOperator(tokens[i]) || boundsNumber(tokens, i, Math.max(before, upTo)),
  );
  if (!version) return undefined;
  // "through 24.x before 24.10.12": the wildcard names the line, the version behind it the end.
  const inner = isWildcard(version.text) ? readUpper(tokens, version.to) : undefined;
  return inner ?? bounded(tokens, version, inclusive);
}

/** "versions prior to 7", "Foo Survey before 7 allows ...": a whole number behind a bound is a version where a name or "versions" stands before it. */
function boundsNumber(tokens: readonly Token[], i: number, cue: number): boolean {
  const [before, after] = [tokens[i - 1], tokens[i + cue + 1]];
  if (!before || tokens[i + cue]?.kind !== "number") return false;
  if (VERSION_WORD.has(before.lower)) return true;
  const name = before.kind === "word" && (i === 1 || /^\p{Lu}/u.test(before.text) || /[a-z\d][-_/@][a-z\d]/i.test(before.text));
  return (
    name && (!after || /^[.,;)]$/.test(after.text) || AFTER_BOUND.test(after.lower) || (i === 1 && /^[a-z]{3,}[^s\W]s$/.test(after.lower)))
  );
}
const AFTER_BOUND =
  /^(?:allows?|allowed|is|are|was|has|have|does|do|did|contains?|could|may|might|lets?|mishandles?|fails?|permits?|enables?|and|or|on|for)$/;

/** "up to 3.2 (excluding)", "before 3.2 inclusive". */
function bounded(tokens: readonly Token[], version: VersionAt, inclusive: boolean): Upper {
  const after = skipMarks(tokens, version.to);
  const word = tokens[after]?.lower;
  if (word === "exclusive" || word === "excluding" || word === "excluded")
    return { version: { ...version, to: after + 1 }, inclusive: false };
  if (word === "inclusive" || word === "included") return { version: { ...version, to: after + 1 }, inclusive: true };
  return { version, inclusive };
}

function readJoined(tokens: readonly Token[], i: number, cues: readonly (readonly string[])[]): Upper | undefined {
  const cue = phrase(tokens, i, cues);
  if (cue === 0) return undefined;
  const version = versionAfter(tokens, i + cue, true, 2);
  return version ? bounded(tokens, version, true) : undefined;
}

/** "before A, B and C": each its own range, so long as nothing else is said of the later ones. */
function readUppers(tokens: readonly Token[], i: number, upper: Upper): Expression[] {
  const lowerAfter = /^(?:,|and)$/.test(tokens[upper.version.to]?.lower ?? "") ? upper.version.to + 1 : upper.version.to;
  if (isOperator(tokens[lowerAfter]) && />/.test(tokens[lowerAfter]?.text ?? "")) {
    const lower = versionAfter(tokens, lowerAfter + 1, true);
    // "<= 0.14.1, >= 0.15.0 <= 0.15.1": the lower bound is the next range's.
    if (lower && !readUpper(tokens, skipMarks(tokens, lower.to)))
      return [{ kind: "range", from: i, to: lower.to, introduced: lower, upper: upper.version, inclusive: upper.inclusive }];
  }
  const found: Expression[] = [{ kind: "range", from: i, to: upper.version.to, upper: upper.version, inclusive: upper.inclusive }];
  const open = skipOpening(tokens, upper.version.to);
  const plus = tokens[open]?.text === "+" ? open + 1 : upper.version.to;
  for (const version of listed(tokens, plus, plus > upper.version.to))
    found.push({ kind: "range", from: version.from, to: version.to, upper: version, inclusive: upper.inclusive, continues: true });
  return found;
}

/** Further versions of a list that starts behind one: ", B and C". */
function listed(tokens: readonly Token[], at: number, later = false, lines = false): VersionAt[] {
  const versions: VersionAt[] = [];
  let i = at;
  for (;;) {
    let j = skipAside(tokens, i);
    const before = j;
    while (j < tokens.length && /^(?:,|and|or|\/|&|\|)$/.test(tokens[j]?.lower ?? "")) j++;
    if (j > before && tokens[j]?.lower === "to" && tokens[j + 1]?.kind === "version") j++;
    // "2.394, LTS 2.375.4".
    if (j > i && tokens[j]?.lower === "lts" && tokens[j + 1]?.kind === "version") j++;
    if (j === before) return versions;
    const version = versionAt(tokens, j);
    // "Before 3.2.22, 4.0.x and 4.1.x before 4.1.14": a line of releases begins what comes next.
    if (!version || bound(tokens, version.to) || (!lines && isWildcard(version.text))) return versions;
    versions.push(version);
    // "12.1.3+, 12.2.3+ and 12.3+".
    const plus = later ? phrase(tokens, skipOpening(tokens, version.to), AND_LATER) : 0;
    i = plus > 0 ? skipOpening(tokens, version.to) + plus : version.to;
  }
}

/** Over "(current stable version)" between two versions of a list. */
function skipAside(tokens: readonly Token[], i: number): number {
  if (tokens[i]?.text !== "(") return i;
  const close = tokens.findIndex((t, n) => n > i && n <= i + MAX_ASIDE && t.text === ")");
  return close > 0 && tokens.slice(i + 1, close).every((t) => t.kind === "word") ? close + 1 : i;
}
const MAX_ASIDE = 6;

/** Whether the version that ends here is the beginning of an expression of its own. */
const bound = (tokens: readonly Token[], at: number): boolean =>
  readUpper(tokens, at) !== undefined ||
  readJoined(tokens, at, BETWEEN) !== undefined ||
  phrase(tokens, at, AND_EARLIER) > 0 ||
  /^(?:fixes|contains|includes)$/.test(tokens[at]?.lower ?? "");

/** An expression that begins with a version. */
function readVersion(tokens: readonly Token[], version: VersionAt): Expression[] {
  const { from } = version;
  const behind = skipOpening(tokens, version.to);
  const earlier = phrase(tokens, behind, AND_EARLIER) || (tokens[behind]?.text === "," ? phrase(tokens, behind + 1, AND_EARLIER) : 0);
  if (earlier > 0) {
    const comma = tokens[behind]?.text === "," ? 1 : 0;
    return [{ kind: "range", from, to: behind + comma + earlier, upper: version, inclusive: true }];
  }
  let at = skipMarks(tokens, version.to);
  if (/^(?:and|but|versions?|up)$/.test(tokens[at]?.lower ?? "") && readUpper(tokens, at + 1)) at++;
  const upper = readUpper(tokens, at) ?? readJoined(tokens, version.to, BETWEEN);
  if (upper) return closedBy(tokens, from, version, upper);
  const later = phrase(tokens, behind, AND_LATER);
  // "8.0.0 and above, prior to 9.0.0".
  const until = later > 0 ? readUpper(tokens, skipMarks(tokens, behind + later)) : undefined;
  if (until) return [{ kind: "range", from, to: until.version.to, introduced: version, upper: until.version, inclusive: until.inclusive }];
  // "3.1.x and 3.2.x before 3.2.22": the first of several lines begins what the last one's bound ends.
  const last = isWildcard(version.text) ? lastLine(tokens, version) : version;
  const ends = last === version ? undefined : readUpper(tokens, skipMarks(tokens, last.to));
  if (ends) return closedBy(tokens, from, version, ends);
  const all = [version, ...listed(tokens, later > 0 ? behind + later : version.to, true, true)];
  const closers = all.map((v) => {
    const open = skipOpening(tokens, v.to);
    const plus = phrase(tokens, open, AND_LATER);
    return plus > 0 ? open + plus : v.to;
  });
  // What is said behind one of a list is said of all: "1.2, 1.3 and later".
  const closed = all.some((v, n) => closers[n] !== v.to);
  return all.map((v, n) => ({
    kind: "single",
    from: v.from,
    to: closers[n] ?? v.to,
    version: v,
    later: closed,
    introduced: false,
    continues: n > 0,
  }));
}

/** The last one of lines of releases that conjunctions join: "3.0.x, 3.1.x and 3.2.x". */
function lastLine(tokens: readonly Token[], first: VersionAt): VersionAt {
  let last = first;
  for (let n = 0; n < MAX_LINES; n++) {
    let i = last.to;
    while (/^(?:,|and|or|&)$/.test(tokens[i]?.lower ?? "") && i - last.to < 2) i++;
    const next = i > last.to ? versionAt(tokens, i) : undefined;
    if (!next || !isWildcard(next.text)) return last;
    last = next;
  }
  return last;
}
const MAX_LINES = 20;

const isOperator = (token: Token | undefined): boolean => token?.kind === "operator";
