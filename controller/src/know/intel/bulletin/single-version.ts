import type { Claim } from "./claims.ts";
import {
  AFFECTED_WORD,
  doesSomethingGood,
  fixCue,
  isAdvised,
  isBlocked,
  isGoneIn,
  saysUnaffected,
  tellsChange,
  tellsDeed,
  tellsOfEarlier,
} from "./cues.ts";
import type { Expression } from "./expression.ts";
import type { Span } from "./model.ts";
import type { Name } from "./names.ts";
import type { Sentence } from "./outline.ts";
import type { Token } from "./tokens.ts";
import { orderOf } from "./versions.ts";
import { AFFECTED_SECTION, FILLER, FIX_NOUN, FIX_SECTION } from "./words.ts";

/** What a version that stands alone is: a repaired one, an affected one, the first that is affected, or none of these. */

/** How many of an expression's own tokens stand before its version: "as of version" of "as of version 0.4.1". */
const leadOf = ({ tokens }: Sentence, { from, version }: Expression & { kind: "single" }): number => {
  const at = tokens.findIndex((t, i) => i >= from && t.text === version.text);
  return Math.max(0, at - from);
};
/** So many tokens on each side of a version tell of it. */
export const WINDOW = 28;
/** From here down a repair counts only where none is told more plainly. */
export const WEAK = 0.5;

/** A version and what stands around it. */
interface Place {
  readonly sentence: Sentence;
  /** What stands over the list that the sentence is an item of. */
  readonly lead: readonly Token[];
  readonly expression: Expression & { kind: "single" };
  /** What any claim about it says. */
  readonly claim: Span & { own: boolean; name?: Name };
  readonly near: readonly Token[];
  readonly after: readonly Token[];
  /** The claims of the text so far. */
  readonly before: readonly Claim[];
  /** Where among the sentence's tokens the expression before it ends. */
  readonly left: number;
}

export function readSingle({ sentence, lead, expression, claim, near, after, before, left }: Place): Claim | undefined {
  const version = expression.version.text;
  const made = (kind: Claim["kind"], confidence: number): Claim => ({ ...claim, kind, version, inclusive: true, confidence });
  if (saysUnaffected(after)) return made("fix", 0.85);
  const fixed = fixCue(near, after);
  // "A fix will be introduced in 4.4".
  const fixIntroduced =
    near.some((t) => FIX_NOUN.has(t.lower)) && [...near, sentence.tokens[expression.from]].some((t) => t?.lower === "introduced");
  if (fixIntroduced) return made("fix", 0.75);
  if (
    near.slice(-5).some((t) => /^(?:introduced|earliest)$/.test(t.lower)) ||
    isOutbreak(sentence.tokens, claim.start) ||
    (expression.introduced && sentence.tokens[expression.from]?.lower === "introduced")
  )
    return made("introduced", 0.8);
  // "Fixed upstream in 1.2.3" is of another software, unless nothing else is said.
  if (fixed > 0) return made("fix", near.slice(-5).some((t) => t.lower === "upstream") ? WEAK : fixed);
  if (isGoneIn(near)) return made("fix", 0.75);
  if (isAdvised(near)) return made("fix", 0.8);
  if (tellsOfEarlier(sentence.tokens.slice(0, expression.from + leadOf(sentence, expression)), after)) return made("fix", 0.7);
  if (
    tellsDeed(sentence.tokens.slice(left, expression.from + leadOf(sentence, expression))) &&
    before.every((c) => c.kind !== "fix") &&
    before.some((c) => c.kind === "range") &&
    before.every((c) => c.kind !== "range" || isAbove(version, c))
  )
    return made("fix", 0.6);
  if (tellsChange(sentence.tokens.slice(0, expression.from + leadOf(sentence, expression)), after)) return made("fix", 0.6);
  if (sentence.kind === "item" && fixCue(lead.slice(-WINDOW), []) > 0 && !isBlocked(near)) return made("fix", 0.8);
  if (expression.introduced && beginsSentence(sentence, claim) && before.some((c) => c.kind === "range" && isAbove(version, c)))
    return made("fix", 0.6);
  if (goesOn(sentence, claim, before)) return made("fix", 0.8);
  const affected = sentence.tokens.some((t) => AFFECTED_WORD.test(t.lower));
  if (
    FIX_SECTION.test(sentence.section) &&
    !AFFECTED_SECTION.test(sentence.section) &&
    !isBlocked(near) &&
    !near.some((t) => /^(?:using|running|use|run)$/.test(t.lower)) &&
    (!affected || (beginsSentence(sentence, claim) && doesSomethingGood(after[0]))) &&
    (claim.name || sentence.tokens.length <= 12 || expression.later || beginsSentence(sentence, claim))
  )
    return made("fix", 0.8);
  if (expression.introduced && affected) return made("introduced", 0.6);
  // "Starting in version 3.1, any user can ...", where nothing has been said of a version up to this one.
  if (
    expression.introduced &&
    beginsSentence(sentence, claim) &&
    /^(?:starting|beginning|since|from)$/.test(sentence.tokens[expression.from]?.lower ?? "") &&
    before.every((c) => c.kind !== "fix" && (c.kind !== "range" || (c.version !== undefined && orderOf(version, c.version) < 0)))
  )
    return made("introduced", 0.55);
  if (beginsSentence(sentence, claim) && doesSomethingGood(after[0]?.lower === "now" ? after[1] : after[0]) && !expression.introduced)
    return made("fix", before.some((c) => c.kind === "range" && isAbove(version, c)) ? 0.6 : WEAK);
  if (expression.later && affected) return made("introduced", 0.6);
  if (AFFECTED_SECTION.test(sentence.section) && !expression.later) return made("exact", 0.8);
  if (near.slice(-4).some((t) => AFFECTED_WORD.test(t.lower)) && !expression.later) return made("exact", 0.8);
  if (
    !expression.later &&
    (isSetting(sentence, expression) || (beginsSentence(sentence, claim) && SAYS_WHAT_IT_DOES.test(after[0]?.lower ?? ""))) &&
    claim.name
  )
    return made("exact", 0.7);
  if (claim.name && !expression.later && isAffectedName(sentence.tokens, claim.name)) return made("exact", 0.85);
  return affected && !expression.later && (claim.name || /^versions?$/.test(sentence.tokens[expression.from]?.lower ?? ""))
    ? made("exact", 0.6)
    : undefined;
}

/** "The bug was introduced while ..., first published in 0.5.12": what is released there is the flaw. */
function isOutbreak(tokens: readonly Token[], start: number): boolean {
  const words = tokens.filter((t) => t.end <= start).map((t) => t.lower);
  const begun = words.lastIndexOf("introduced");
  const verb = words.findLastIndex((w) => /^(?:released|published|shipped)$/.test(w));
  return (
    begun > 0 &&
    verb > begun &&
    words.length - verb <= 4 &&
    words.slice(0, begun).some((w) => /^(?:bugs?|flaws?|issues?|regressions?|vulnerabilit(?:y|ies)|problems?)$/.test(w)) &&
    !words.slice(0, verb).some((w) => FIX_NOUN.has(w) || /^(?:fixed|corrected|patched|resolved)$/.test(w))
  );
}

/** "In version 3.23.0 of foo, certain methods ...": where a text sets out, it tells what is affected. */
const isSetting = ({ tokens }: Sentence, expression: Expression): boolean =>
  tokens[0]?.lower === "in" && expression.from <= 2 && /^(?:of|,)$/.test(tokens[expression.to]?.lower ?? "");
/** "Foo 2.3.1 has a double free". */
const SAYS_WHAT_IT_DOES = /^(?:has|is|was|contains|allows|does|could|may|might|suffers|lets|fails|mishandles|permits)$/;

/** "This issue affects Foo Server: 8.2.1". */
const isAffectedName = (tokens: readonly Token[], name: Name): boolean =>
  /^(?:affects?|affected|impacts?)$/.test(tokens[tokens.findIndex((t) => t.start === name.start) - 1]?.lower ?? "");

/** "... fixed in Foo 1.3, Bar 2.4": behind a repaired version there is nothing but a comma and another name. */
function goesOn(sentence: Sentence, claim: Span & { name?: Name }, claims: readonly Claim[]): boolean {
  const before = claims[claims.length - 1];
  const start = claim.name?.start ?? claim.start;
  if (before?.kind !== "fix" || before.start < sentence.start || start < before.end) return false;
  return sentence.tokens.every(
    (t) => t.end <= before.end || t.start >= start || t.kind === "url" || /^(?:,|;|and|or|&|\(|\))$/.test(t.lower),
  );
}

const isAbove = (version: string, { version: upper }: Claim): boolean => upper !== undefined && orderOf(version, upper) > 0;

/** "Foo 1.3 escapes ...", "Code Foo 1.3 escapes ...": the sentence is about this version. */
const beginsSentence = (sentence: Sentence, claim: Span & { name?: Name }): boolean => {
  const start = claim.name?.start ?? claim.start;
  const before = sentence.tokens.filter((t) => t.start < start);
  return (
    (start - sentence.start < 5 || (before.length <= 2 && before.every((t) => /^\p{Lu}/u.test(t.text) && !FILLER.has(t.lower)))) &&
    (claim.name ? claim.name.start < claim.start : true)
  );
};
