import type { Expression } from "./expression.ts";
import { EXTENDED, isPackageLike, isPlainWord, KIND_OF_SOFTWARE, type Name, nameBefore, nameFrom, nameOf, wordsOf } from "./names.ts";
import type { Sentence } from "./outline.ts";
import type { Token } from "./tokens.ts";
import { COMMON, FILLER, FIX_VERB, PLATFORM } from "./words.ts";

/** Whose version an expression states: the names beside expressions. */

/** A name before a colon takes at most so many tokens. */
const MAX_KEY = 16;

/** The name beside each expression; an expression that follows another one in a list is about the same. */
export function namesOf(
  sentence: Sentence,
  expressions: readonly Expression[],
  lead: Name | undefined,
  first: boolean,
): (Name | undefined)[] {
  const names: (Name | undefined)[] = [];
  for (const [i, expression] of expressions.entries()) {
    const between = i > 0 ? sentence.tokens.slice(expressions[i - 1]?.to, expression.from) : [];
    const follows = i > 0 && between.every((t) => /^(?:,|;|and|or|&|\/)$/.test(t.lower));
    names.push(
      itemName(sentence, expression) ??
        (first ? titleName(sentence, expression) : undefined) ??
        keyName(sentence.tokens, expressions[i - 1]?.to ?? 0, expression) ??
        (follows ? undefined : (loosely(sentence, expression) ?? nameFor(sentence.tokens, expression))) ??
        (follows ? names[i - 1] : lead),
    );
  }
  return names;
}

export function nameOfLead(tokens: readonly Token[]): Name | undefined {
  const name = nameBefore(tokens, tokens.length - 1);
  return name && !isPlainWord(name) ? name : undefined;
}

/** "This issue affects Foo Server: from 1.2 ...; Foo Agent: versions before 2": what stands before a colon, in running text. */
function keyName(tokens: readonly Token[], left: number, expression: Expression): Name | undefined {
  let colon = expression.from - 1;
  while (colon > left && (FILLER.has(tokens[colon]?.lower ?? "") || /^(?:device|from|n\/a)$/.test(tokens[colon]?.lower ?? ""))) colon--;
  if (tokens[colon]?.text !== ":" || colon <= left) return undefined;
  // "This issue affects Slides – Galleries, Carousels & More: from n/a through 1.2".
  const verb = tokens.findLastIndex((t, i) => i >= left && i < colon && t.lower === "affects");
  const all = tokens.slice(verb + 1, colon);
  if (verb >= 0 && all.length <= MAX_FORMAL && capital(all[0]) && !all.some((t) => t.text === ":")) return nameOf(tokens, verb + 1, colon);
  let from = colon;
  while (from > left && colon - from < MAX_KEY_NAME && !ENDS_KEY.test(tokens[from - 1]?.lower ?? "")) from--;
  while (from < colon && /^(?:and|the|in|of|or)$/.test(tokens[from]?.lower ?? "")) from++;
  const words = tokens.slice(from, colon);
  if (!words.some((t) => capital(t) || /\d/.test(t.text)) || words.some((t) => NO_KEY.test(t.lower))) return undefined;
  if (words.length === 1 && COMMON.has(words[0]?.lower ?? "")) return undefined;
  return nameOf(tokens, from, colon);
}
const MAX_KEY_NAME = 9;
const MAX_FORMAL = 24;
const ENDS_KEY = /^(?:,|;|:|\.|\(|affects?|affected|affecting|impacts|includes?|including|are|is|following|products?|below)$/;
const NO_KEY =
  /^(?:versions?|releases?|fixed|fix|patched|affected|unaffected|safe|commit|reported|discovered|published|vulnerable|impacted|solutions?|notes?|update|upgrade|workaround|mitigation|severity|date|status|cve|cwe|cvss|score|introduced|resolution|remediation|recommendation|platforms?|tested|requires|for|to|by|as|was|has|have|can|not)$/;

/** "The Photo Album plugin is vulnerable to attacks via the URL in all versions up to 8.8": the versions are of what the sentence speaks of. */
function loosely({ tokens }: Sentence, expression: Expression): Name | undefined {
  if (expression.from < 2 || !IN_VERSIONS.test(lowers(tokens, Math.max(0, expression.from - 4), expression.from))) return undefined;
  const verb = tokens.findIndex((t, i) => i < MAX_KEY && /^(?:is|are)$/.test(t.lower));
  if (verb < 1 || verb > expression.from || !/^(?:vulnerable|affected|prone|susceptible)$/.test(tokens[verb + 1]?.lower ?? ""))
    return undefined;
  const from = /^(?:the|a|an)$/.test(tokens[0]?.lower ?? "") ? 1 : 0;
  // "for WordPress" tells where it runs.
  const runsOn = tokens[verb - 1]?.lower ?? "";
  let end = tokens[verb - 2]?.lower === "for" && (EXTENDED.has(runsOn) || PLATFORM.has(runsOn)) ? verb - 2 : verb;
  while (end > from + 1 && KIND_OF_SOFTWARE.has(tokens[end - 1]?.text ?? "")) end--;
  const words = tokens.slice(from, end);
  return words.some((t) => capital(t) || t.code || /[-_/@\d]/.test(t.text)) &&
    words.every((t) => t.kind !== "version" && !/^[.;:]$/.test(t.text))
    ? nameBefore(tokens, end) && nameOf(tokens, from, end)
    : undefined;
}
const IN_VERSIONS = /(?:^| )(?:in|on) (?:all |any |its )?(?:versions?|releases?)(?: of)?$/;
export const lowers = (tokens: readonly Token[], from: number, to: number): string =>
  tokens
    .slice(from, to)
    .map((t) => t.lower)
    .join(" ");

/** "Himer - Questions and Answers < 2.1.1 - Stored XSS", "WordPress Resize at Upload Plus Plugin <= 1.3": all of a title up to the operator is the name. */
function titleName({ tokens }: Sentence, expression: Expression): Name | undefined {
  if (expression.from === 0 || expression.from > MAX_KEY || tokens[expression.from]?.kind !== "operator") return undefined;
  const key = tokens.findLastIndex((t, i) => t.text === ":" && i < expression.from && (tokens[i + 1]?.start ?? 0) > t.end);
  const words = tokens.slice(key + 1, expression.from);
  if (!capital(words[0])) return undefined;
  const extension = /^(?:plugin|theme|module|extension)$/.test(words[words.length - 1]?.lower ?? "");
  if (!extension && !words.every((t) => capital(t) || t.kind === "number" || IN_A_TITLE.test(t.lower))) return undefined;
  return nameOf(words, 0, words.length);
}
export const capital = (token: Token | undefined): boolean => token !== undefined && /^\p{Lu}/u.test(token.text);
const IN_A_TITLE = /^(?:and|for|of|by|the|with|to|on|in|&|-|–|,|\||:|\+)$/;

function nameFor(tokens: readonly Token[], expression: Expression): Name | undefined {
  const name = bareNameFor(tokens, expression);
  let at = name ? tokens.findIndex((t) => t.start === name.start) : -1;
  // "in Ruby on Rails".
  if (tokens[at - 1]?.lower === "on" && capital(tokens[at - 2])) at -= 2;
  if (!name || at < 2 || at > expression.from || !/^(?:in|of)$/.test(tokens[at - 1]?.lower ?? "")) return name;
  const part = nameBefore(tokens, at - 1);
  return part ? { ...name, part } : name;
}

function bareNameFor(tokens: readonly Token[], expression: Expression): Name | undefined {
  const inner = expression.kind === "range" ? (expression.introduced?.named ?? expression.upper?.named) : expression.version.named;
  if (inner) {
    const name = nameOf(tokens, inner.from, inner.to);
    if (name) return name;
  }
  const ahead = nameBefore(tokens, expression.from);
  // "Google Chrome on Android prior to 95".
  if (ahead && isPlatform(ahead)) {
    const at = tokens.findIndex((t) => t.start === ahead.start);
    const on = /^(?:on|for|in)$/.test(tokens[at - 1]?.lower ?? "") ? nameBefore(tokens, at - 1) : undefined;
    if (on && !isPlainWord(on)) return on;
  }
  // "The Authlogic gem for Ruby on Rails prior to 3.3.0": what it is made for.
  const at =
    ahead && /^\p{Lu}/u.test(ahead.text)
      ? madeForAt(
          tokens,
          tokens.findIndex((t) => t.start === ahead.start),
        )
      : -1;
  if (at > 0) {
    const made = nameBefore(tokens, at);
    if (made && made.start < (ahead?.start ?? 0)) return made;
  }
  // "(Windows, versions >= 1.5.3)": a platform behind a comma is where it runs.
  if (ahead && !(isPlatform(ahead) && tokens.some((t, i) => i < expression.from && t.text === "," && t.start === ahead.end))) return ahead;
  const toward = updated(tokens, expression.from);
  if (toward) return toward;
  // "The 1.2 release of `foo`".
  const to = expression.to + (/^(?:releases?|versions?)$/.test(tokens[expression.to]?.lower ?? "") ? 1 : 0);
  const preposition = tokens[to]?.lower ?? "";
  if (!/^(?:of|for|in)$/.test(preposition)) return undefined;
  const behind = nameFrom(tokens, to + 1);
  return behind && !isPlatform(behind) && (preposition === "of" || /[A-Z]/.test(behind.text) || isPackageLike(behind.text))
    ? behind
    : undefined;
}

/** Where "for" stands in "the Authlogic gem for Ruby on Rails"; -1 where nothing of the kind does. */
function madeForAt(tokens: readonly Token[], name: number): number {
  const at = tokens[name - 1]?.lower === "on" ? name - 3 : name - 1;
  return tokens[at]?.lower === "for" && /^(?:gem|plugin|module|package|library|crate|extension|rubygem)$/.test(tokens[at - 1]?.lower ?? "")
    ? at
    : -1;
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
export function itemName({ kind, tokens }: Sentence, expression: Expression): Name | undefined {
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

/** "This issue affects Foo: ...": the name as a form has it. */
export function isFormal(tokens: readonly Token[], name: Name): boolean {
  const at = tokens.findIndex((t) => t.start === name.start);
  return tokens[at - 1]?.lower === "affects" && tokens.find((t) => t.start >= name.end)?.text === ":";
}

/** "SDK 5.0.2 (for Studio 16.8)": what something is made for. */
export function isCompanion(tokens: readonly Token[], name: Name): boolean {
  const at = tokens.findIndex((t) => t.start === name.start);
  const opened = tokens[at - 2]?.text === "(" || (tokens[at - 3]?.text === "(" && tokens[at - 2]?.lower === "included");
  return opened && /^(?:for|on|in|with|using|requires)$/.test(tokens[at - 1]?.lower ?? "");
}

/** "Safe before 2.27, as used in Foo 7.4 before 7.4.29": what has the affected software inside. */
export function isUser(tokens: readonly Token[], name: Name): boolean {
  const at = tokens.findIndex((t) => t.start === name.start);
  return (
    /^(?:in|by|with)$/.test(tokens[at - 1]?.lower ?? "") &&
    /^(?:used|shipped|bundled|embedded|included|distributed)$/.test(tokens[at - 2]?.lower ?? "")
  );
}

export const isPlatform = (name: Name): boolean => {
  const words = wordsOf(name.text);
  return words.length === 1 && PLATFORM.has(name.text.toLowerCase());
};
