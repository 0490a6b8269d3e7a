import type { Sentence } from "./outline.ts";
import type { Token } from "./tokens.ts";
import { AND_EARLIER, AND_LATER, BEFORE, BETWEEN, FROM, UP_TO, VERSION_WORD } from "./words.ts";

/** A version where it stands among a sentence's tokens [from, to). */
export interface VersionAt {
  readonly text: string;
  readonly from: number;
  readonly to: number;
  /** Name tokens [from, to) between the words "before" and the version, as in "prior to curl 8.4". */
  readonly named?: { readonly from: number; readonly to: number };
}

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

/** At most so many words between "before" and its version: "before the patched release, openssl 3.0.7". */
const MAX_GAP = 6;
const SUFFIX = /^(?:sp|fp|hf|rc|cu|pl|alpha|beta|patch|update|hotfix|build|service|feature|maintenance|rev|u|r|p)((?:\d+[a-z]?)?)$/;

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
  const from = phrase(tokens, i, FROM);
  if (from > 0) {
    const lower = versionAfter(tokens, i + from, isOperator(tokens[i]));
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
  const version = versionAt(tokens, i);
  return version ? readVersion(tokens, version) : [];
}

/** "from A ...": with an upper bound after it, or alone. */
function readFrom(tokens: readonly Token[], i: number, lower: VersionAt, cue: string): Expression[] {
  let j = skipMarks(tokens, lower.to);
  if (/^(?:and|but|or|versions?|all)$/.test(tokens[j]?.lower ?? "") && readUpper(tokens, j + 1)) j++;
  const upper =
    readUpper(tokens, j) ?? (cue === "between" ? readJoined(tokens, j, [["and"]]) : undefined) ?? readJoined(tokens, j, BETWEEN);
  if (upper) return [{ kind: "range", from: i, to: upper.version.to, introduced: lower, upper: upper.version, inclusive: upper.inclusive }];
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

interface Upper {
  readonly version: VersionAt;
  readonly inclusive: boolean;
}

function readUpper(tokens: readonly Token[], i: number): Upper | undefined {
  const before = phrase(tokens, i, BEFORE);
  const upTo = phrase(tokens, i, UP_TO);
  if (before === 0 && upTo === 0) return undefined;
  const inclusive = upTo > before;
  const version = versionAfter(tokens, i + Math.max(before, upTo), isOperator(tokens[i]));
  if (!version) return undefined;
  // "up to 3.2 (excluding)", "before 3.2 inclusive".
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
  return version ? { version, inclusive: true } : undefined;
}

/** "before A, B and C": each its own range, so long as nothing else is said of the later ones. */
function readUppers(tokens: readonly Token[], i: number, upper: Upper): Expression[] {
  const lowerAfter = /^(?:,|and)$/.test(tokens[upper.version.to]?.lower ?? "") ? upper.version.to + 1 : upper.version.to;
  if (isOperator(tokens[lowerAfter]) && />/.test(tokens[lowerAfter]?.text ?? "")) {
    const lower = versionAfter(tokens, lowerAfter + 1, true);
    if (lower) return [{ kind: "range", from: i, to: lower.to, introduced: lower, upper: upper.version, inclusive: upper.inclusive }];
  }
  const found: Expression[] = [{ kind: "range", from: i, to: upper.version.to, upper: upper.version, inclusive: upper.inclusive }];
  for (const version of listed(tokens, upper.version.to))
    found.push({ kind: "range", from: version.from, to: version.to, upper: version, inclusive: upper.inclusive, continues: true });
  return found;
}

/** Further versions of a list that starts behind one: ", B and C". */
function listed(tokens: readonly Token[], at: number): VersionAt[] {
  const versions: VersionAt[] = [];
  let i = at;
  for (;;) {
    let j = i;
    while (j < tokens.length && /^(?:,|and|or|\/|&|\|)$/.test(tokens[j]?.lower ?? "")) j++;
    if (j === i) return versions;
    const version = versionAt(tokens, j);
    if (!version || bound(tokens, version.to)) return versions;
    versions.push(version);
    i = version.to;
  }
}

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
  if (upper) return [{ kind: "range", from, to: upper.version.to, introduced: version, upper: upper.version, inclusive: upper.inclusive }];
  const later = phrase(tokens, behind, AND_LATER);
  const all = [version, ...(later > 0 ? [] : listed(tokens, version.to))];
  // "1.2, 1.3 and earlier": the last one closes all of them.
  const end = (all[all.length - 1] as VersionAt).to;
  const closing = phrase(tokens, skipOpening(tokens, end), AND_LATER);
  const closed = later > 0 || closing > 0;
  return all.map((v, n) => ({
    kind: "single",
    from: v.from,
    to: n < all.length - 1 ? v.to : later > 0 ? behind + later : closing > 0 ? skipOpening(tokens, end) + closing : v.to,
    version: v,
    later: closed,
    introduced: false,
    continues: n > 0,
  }));
}

const isOperator = (token: Token | undefined): boolean => token?.kind === "operator";

/** How many tokens the longest matching phrase takes; commas and brackets inside a phrase of several words count for nothing. */
export function phrase(tokens: readonly Token[], i: number, choices: readonly (readonly string[])[]): number {
  for (const choice of choices) {
    let j = i;
    let matched = true;
    for (const [n, word] of choice.entries()) {
      if (n > 0) while (/^[,()]$/.test(tokens[j]?.text ?? "")) j++;
      if (tokens[j]?.lower !== word) {
        matched = false;
        break;
      }
      j++;
    }
    if (matched) return j - i;
  }
  return 0;
}

function skipMarks(tokens: readonly Token[], i: number): number {
  while (/^[,"'“”‘’)(]$/.test(tokens[i]?.text ?? "")) i++;
  return i;
}
function skipOpening(tokens: readonly Token[], i: number): number {
  while (/^["'“”‘’)(]$/.test(tokens[i]?.text ?? "")) i++;
  return i;
}

/** The version behind a cue, over "version", quotes, and a name. `bare`: a whole number is a version here. */
function versionAfter(tokens: readonly Token[], i: number, bare: boolean, gap = MAX_GAP): VersionAt | undefined {
  let j = skipMarks(tokens, i);
  const start = j;
  let names: { from: number; to: number } | undefined;
  let said = false;
  for (; j < tokens.length && j - start <= gap; j++) {
    const token = tokens[j] as Token;
    if (token.kind === "version" || token.kind === "number") break;
    if (VERSION_WORD.has(token.lower)) said = true;
    else if (
      /^["'“”‘’]$/.test(token.text) ||
      /^(?:the|and|including|but|not|patched|fixed|unpatched|commit|to|at|least)$/.test(token.lower)
    )
      continue;
    else if (token.kind === "word" && !/^(?:a|an|that|which|this|it|in|with|is|are|was|on|when|any)$/.test(token.lower))
      names = { from: names?.from ?? j, to: j + 1 };
    else return undefined;
  }
  // A name of plain words is no name: "before authentication in 2.1".
  if (names && !tokens.slice(names.from, names.to).every((t) => /[A-Z\d_@/:.-]/.test(t.text) || t.code)) {
    if (names.to - names.from > 1) return undefined;
  }
  const capital = names !== undefined && /^\p{Lu}/u.test(tokens[names.from]?.text ?? "");
  const version = versionAt(tokens, j, bare || said || capital);
  return version ? { ...version, ...(names ? { named: names } : {}) } : undefined;
}

/** A version at this very token, with the words that belong to it ("9.4 FP2 Hotfix 4"). */
function versionAt(tokens: readonly Token[], i: number, bare = false): VersionAt | undefined {
  let j = i;
  let said = bare;
  while (VERSION_WORD.has(tokens[j]?.lower ?? "") || (said && tokens[j]?.text === ":" && tokens[j + 1]?.kind === "version")) {
    said = true;
    j++;
  }
  const quote = /^["'“‘]$/.test(tokens[j]?.text ?? "") && tokens[j + 1]?.kind === "version";
  if (quote) j++;
  const token = tokens[j];
  if (!token || !(token.kind === "version" || (token.kind === "number" && said && token.text.length <= 8))) return undefined;
  let to = j + 1;
  let text = token.text;
  for (let n = 0; n < 4; n++) {
    const next = tokens[to];
    const match = next && next.kind === "word" ? SUFFIX.exec(next.lower) : null;
    if (!next || !match) break;
    const number = tokens[to + 1];
    const counted = match[1] !== "";
    if (!counted && number?.kind !== "number" && !/^pack$/.test(number?.lower ?? "")) break;
    text += ` ${next.text}${counted ? "" : ` ${number?.text}`}`;
    to += counted ? 1 : 2;
  }
  // "11.5.35 LTS": the kind of support is no part of the version.
  if (/^(?:e?lts|esm)$/.test(tokens[to]?.lower ?? "")) to++;
  if (quote && /^["'”’]$/.test(tokens[to]?.text ?? "")) to++;
  return { text, from: i, to };
}
