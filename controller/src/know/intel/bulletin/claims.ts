import { AFFECTED_WORD, fixCue, isAside, isBlocked, isUnaffectedKey, saysUnaffected } from "./cues.ts";
import { type Expression, readExpressions } from "./expression.ts";
import type { Span } from "./model.ts";
import { isPackageLike, type Name, nameBefore, nameFrom, nameOf, wordsOf } from "./names.ts";
import type { Outline, Sentence } from "./outline.ts";
import type { Token } from "./tokens.ts";
import { AFFECTED_SECTION, FILLER, FIX_SECTION, FIX_VERB, PLATFORM } from "./words.ts";

/** One thing that one expression states, before it is brought together with the others. */
export interface Claim extends Span {
  readonly kind: "range" | "fix" | "exact" | "introduced";
  /** The name beside the expression, if there is one. */
  readonly name?: Name;
  /** Whether the line is made for this statement: a list item, a table row, a package list. Its name is then not to be merged. */
  readonly own: boolean;
  readonly introduced?: string;
  /** The upper bound of a range; the version of any other kind. */
  readonly version?: string;
  readonly inclusive: boolean;
  readonly confidence: number;
  readonly release?: string;
  readonly ecosystem?: string;
}

const WINDOW = 28;
/** A name before a colon takes at most so many tokens. */
const MAX_KEY = 16;

export function readClaims({ sentences }: Outline): Claim[] {
  const claims: Claim[] = [];
  for (const sentence of sentences) {
    if (!sentence.tokens.some((t) => t.kind === "version" || t.kind === "number")) continue;
    const expressions = readExpressions(sentence);
    for (const [i, expression] of expressions.entries()) {
      const before = claims[claims.length - 1];
      const claim =
        expression.continues && before && before.start >= sentence.start
          ? continued(before, sentence, expression)
          : readClaim(sentence, expression, expressions[i - 1]?.to ?? 0, expressions[i + 1]?.from ?? sentence.tokens.length, claims);
      if (claim) claims.push(claim);
    }
  }
  return claims;
}

/** "Fixed in curl 8.1 and 8.2": what stands in a list says the same of another version. */
function continued({ introduced: _, ...before }: Claim, { tokens }: Sentence, expression: Expression): Claim | undefined {
  const version = expression.kind === "range" ? expression.upper?.text : expression.version.text;
  if (version === undefined) return undefined;
  return { ...before, version, start: (tokens[expression.from] as Token).start, end: (tokens[expression.to - 1] as Token).end };
}

function readClaim(sentence: Sentence, expression: Expression, left: number, right: number, before: readonly Claim[]): Claim | undefined {
  const { tokens } = sentence;
  const near = tokens.slice(Math.max(left, expression.from - WINDOW), expression.from);
  const after = tokens.slice(expression.to, Math.min(right, expression.to + WINDOW));
  if (
    saysUnaffected(after) ||
    isUnaffectedKey(near) ||
    (expression.kind === "single" ? isAside(near, tokens[expression.to]) : isAside(near, undefined))
  )
    return undefined;
  const key = itemName(sentence, expression);
  const name = key ?? nameFor(tokens, expression);
  const release = releaseIn(near);
  if (name && (isPlatform(name) || isCompanion(tokens, name))) return undefined;
  const claim = {
    ...(name ? { name } : {}),
    ...(release ? { release } : {}),
    own: key !== undefined,
    start: (tokens[expression.from] as Token).start,
    end: (tokens[expression.to - 1] as Token).end,
  };
  if (expression.kind === "range") {
    const { introduced, upper, inclusive } = expression;
    // "Upgrade from 1.0 to 1.2" names a way, not a range.
    if (introduced && inclusive && !key && near.slice(-3).some((t) => /^(?:upgrad|updat|migrat|bump)/.test(t.lower)))
      return upper ? { ...claim, kind: "fix", version: upper.text, inclusive, confidence: 0.6 } : undefined;
    const lower = introduced && !/^(?:n\/a|unspecified)$/i.test(introduced.text) ? { introduced: introduced.text } : {};
    return { ...claim, kind: "range", ...lower, ...(upper ? { version: upper.text } : {}), inclusive, confidence: name ? 0.95 : 0.85 };
  }
  return single(sentence, expression, claim, near, after, before);
}

function single(
  sentence: Sentence,
  expression: Expression & { kind: "single" },
  claim: Span & { own: boolean; name?: Name },
  near: readonly Token[],
  after: readonly Token[],
  before: readonly Claim[],
): Claim | undefined {
  const version = expression.version.text;
  const made = (kind: Claim["kind"], confidence: number): Claim => ({ ...claim, kind, version, inclusive: true, confidence });
  const fixed = fixCue(near, after);
  if (
    near.slice(-5).some((t) => t.lower === "introduced") ||
    (expression.introduced && sentence.tokens[expression.from]?.lower === "introduced")
  )
    return made("introduced", 0.8);
  if (fixed > 0) return made("fix", fixed);
  if (goesOn(sentence, claim, before)) return made("fix", 0.8);
  const affected = sentence.tokens.some((t) => AFFECTED_WORD.test(t.lower));
  if (
    FIX_SECTION.test(sentence.section) &&
    !AFFECTED_SECTION.test(sentence.section) &&
    !isBlocked(near) &&
    !near.some((t) => /^(?:using|running|use|run)$/.test(t.lower)) &&
    !affected &&
    (claim.name || sentence.tokens.length <= 12 || expression.later)
  )
    return made("fix", 0.8);
  if (expression.introduced && affected) return made("introduced", 0.6);
  if (beginsSentence(sentence, claim) && !affected && before.some((c) => c.kind === "range") && /s$/.test(after[0]?.lower ?? ""))
    return made("fix", 0.6);
  if (expression.later && affected) return made("introduced", 0.6);
  if (AFFECTED_SECTION.test(sentence.section) && !expression.later) return made("exact", 0.8);
  return affected && !expression.later && (claim.name || /^versions?$/.test(sentence.tokens[expression.from]?.lower ?? ""))
    ? made("exact", 0.6)
    : undefined;
}

/** "... fixed in Foo 1.3, Bar 2.4": behind a repaired version there is nothing but a comma and another name. */
function goesOn(sentence: Sentence, claim: Span & { name?: Name }, claims: readonly Claim[]): boolean {
  const before = claims[claims.length - 1];
  const start = claim.name?.start ?? claim.start;
  if (before?.kind !== "fix" || before.start < sentence.start || start < before.end) return false;
  return sentence.tokens.every((t) => t.end <= before.end || t.start >= start || /^(?:,|;|and|or|&)$/.test(t.lower));
}

/** "Foo 1.3 escapes ...": the sentence is about this version. */
const beginsSentence = (sentence: Sentence, claim: Span & { name?: Name }): boolean =>
  (claim.name?.start ?? claim.start) - sentence.start < 5 && (claim.name ? claim.name.start < claim.start : true);

function nameFor(tokens: readonly Token[], expression: Expression): Name | undefined {
  const inner = expression.kind === "range" ? (expression.introduced?.named ?? expression.upper?.named) : expression.version.named;
  if (inner) {
    const name = nameOf(tokens, inner.from, inner.to);
    if (name) return name;
  }
  const ahead = nameBefore(tokens, expression.from);
  if (ahead) return ahead;
  const toward = updated(tokens, expression.from);
  if (toward) return toward;
  const preposition = tokens[expression.to]?.lower ?? "";
  if (!/^(?:of|for|in)$/.test(preposition)) return undefined;
  const behind = nameFrom(tokens, expression.to + 1);
  return behind && (preposition === "of" || /[A-Z]/.test(behind.text) || isPackageLike(behind.text)) ? behind : undefined;
}

/** "Update foo to 1.3". */
function updated(tokens: readonly Token[], at: number): Name | undefined {
  let to = at - 1;
  while (to > 0 && /^(?:versions?|at|least|the|latest|or)$/.test(tokens[to]?.lower ?? "")) to--;
  if (tokens[to]?.lower !== "to") return undefined;
  const name = nameBefore(tokens, to);
  const verb = name && tokens.slice(0, to).findLast((t) => t.end <= name.start && !/^(?:the|your|package|all|any|their)$/.test(t.lower));
  return verb && /^(?:upgrad|updat|bump|migrat)/.test(verb.lower) ? name : undefined;
}

/** "- Foo Server: versions 1.2 and prior": all before the colon is the name, if nothing but fillers stands behind it. */
function itemName({ kind, tokens }: Sentence, expression: Expression): Name | undefined {
  const colon = tokens.findIndex((t, i) => t.text === ":" && i < expression.from);
  if (
    kind !== "item" ||
    colon < 1 ||
    colon > MAX_KEY ||
    tokens.slice(colon + 1, expression.from).some((t) => t.kind === "word" && !FILLER.has(t.lower))
  )
    return undefined;
  const words = tokens.slice(0, colon);
  return words.every((t) => t.kind === "word" && (FILLER.has(t.lower) || FIX_VERB.has(t.lower))) ? undefined : nameOf(tokens, 0, colon);
}

/** "For the stable distribution (bookworm), ...": the release that a sentence speaks of. */
function releaseIn(near: readonly Token[]): string | undefined {
  const at = near.findIndex((t) => /^(?:distribution|suite|release)$/.test(t.lower));
  return at >= 0 && near[at + 1]?.text === "(" && near[at + 3]?.text === ")" ? near[at + 2]?.text : undefined;
}

/** "SDK 5.0.2 (for Studio 16.8)": what something is made for. */
function isCompanion(tokens: readonly Token[], name: Name): boolean {
  const at = tokens.findIndex((t) => t.start === name.start);
  return /^(?:for|on|with|using|requires)$/.test(tokens[at - 1]?.lower ?? "") && tokens[at - 2]?.text === "(";
}

const isPlatform = (name: Name): boolean => {
  const words = wordsOf(name.text);
  return words.length === 1 && PLATFORM.has(name.text.toLowerCase());
};
