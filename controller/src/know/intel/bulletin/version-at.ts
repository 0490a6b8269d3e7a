import type { Token } from "./tokens.ts";
import { VERSION_WORD } from "./words.ts";

/** A version where it stands among a sentence's tokens [from, to). */
export interface VersionAt {
  readonly text: string;
  readonly from: number;
  readonly to: number;
  /** Name tokens [from, to) between the words "before" and the version, as in "prior to curl 8.4". */
  readonly named?: { readonly from: number; readonly to: number };
}

/** At most so many words between "before" and its version: "before the patched release, openssl 3.0.7". */
const MAX_GAP = 6;
const SUFFIX =
  /^(?:sp|fp|hf|rc|cu|pl|alpha|beta|mr|su|sr|lu|ehf|patch|update|hotfix|build|service|feature|maintenance|rev|u|r|p)((?:\d+[a-z]?)?)$/;

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

export const skipAnd = (tokens: readonly Token[], i: number): number => (/^(?:and|but|or|,)$/.test(tokens[i]?.lower ?? "") ? i + 1 : i);
export function skipMarks(tokens: readonly Token[], i: number): number {
  while (/^[,"'“”‘’)(]$/.test(tokens[i]?.text ?? "")) i++;
  return i;
}
export function skipOpening(tokens: readonly Token[], i: number): number {
  while (/^["'“”‘’)(]$/.test(tokens[i]?.text ?? "")) i++;
  return i;
}

/** The version behind a cue, over "version", quotes, and a name. `bare`: a whole number is a version here. */
export function versionAfter(tokens: readonly Token[], i: number, bare: boolean, gap = MAX_GAP): VersionAt | undefined {
  let j = skipMarks(tokens, i);
  const start = j;
  let names: { from: number; to: number } | undefined;
  let said = false;
  for (; j < tokens.length && j - start <= gap; j++) {
    const token = tokens[j] as Token;
    if (token.kind === "version" || token.kind === "number") break;
    if (isOdd(token, said)) return { text: token.text, from: j, to: j + 1, ...(names ? { named: names } : {}) };
    if (token.lower === "candidate") return undefined;
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
  // "Before September 24, 2025" is a day.
  if (names && MONTH.test(tokens[names.to - 1]?.text ?? "")) return undefined;
  const capital = names !== undefined && /^\p{Lu}/u.test(tokens[names.from]?.text ?? "");
  const version = versionAt(tokens, j, bare || said || capital || isStamp(tokens[j]));
  return version ? { ...version, ...(names ? { named: names } : {}) } : undefined;
}

/**
 * "before 08A06", "through 2025-04-15", "prior to version BLW-2016E": what stands where a version must stand is one, if it has
 * the digits of one; without the word "version" it must begin with them.
 */
const isOdd = ({ kind, text }: Token, said: boolean): boolean =>
  kind === "word" && text.length <= MAX_ODD && (said ? ODD_AFTER_WORD : ODD).test(text) && !NO_ODD.test(text);
const MAX_ODD = 24;
const ODD = /^(?:\d{4}-\d\d-\d\d|\d+[A-Z]+\d[\w.-]*|\d\dH[12]|[rv]\d+[a-z]\d+|[A-Z]{2,6}[-_]\d[\w.-]*\d[\w.-]*)$/;
const ODD_AFTER_WORD = /^(?:[A-Za-z]{1,6}[-_.]?)?\d[\w.-]*\d[\w.-]*$/;
const NO_ODD = /^(?:cve|cwe|ghsa|rfc)-|^[0-9a-f]{7,40}$|^\d+(?:st|nd|rd|th|bit|[kmgt]i?b|ms|s|x|h)$/i;

const MONTH = /^(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sep|Oct|Nov|Dec)(?:[a-z]*)$/;

/** "before 20230914": a build told by its day. */
const isStamp = (token: Token | undefined): boolean => token?.kind === "number" && /^(?:19|20)\d\d[01]\d[0-3]\d$/.test(token.text);

/** "2022 SU5": the word behind the number makes a version of it. */
const isCounted = (next: Token | undefined): boolean => /^(?:sp|su|cu|fp|mr)\d{1,3}$/.test(next?.lower ?? "");

/** A version at this very token, with the words that belong to it ("9.4 FP2 Hotfix 4"). */
export function versionAt(tokens: readonly Token[], i: number, bare = false): VersionAt | undefined {
  let j = i;
  let said = bare;
  while (VERSION_WORD.has(tokens[j]?.lower ?? "") || (said && tokens[j]?.text === ":" && tokens[j + 1]?.kind === "version")) {
    said = true;
    j++;
  }
  const quote = /^["'“‘]$/.test(tokens[j]?.text ?? "") && tokens[j + 1]?.kind === "version";
  if (quote) j++;
  const token = tokens[j];
  if (!token || !(token.kind === "version" || (token.kind === "number" && token.text.length <= 8 && (said || isCounted(tokens[j + 1])))))
    return undefined;
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
    // "3.8.0 Feature Pack 3".
    if (!counted && number?.kind === "word" && tokens[to]?.kind === "number") text += ` ${tokens[to++]?.text}`;
  }
  // "11.5.35 LTS": the kind of support is no part of the version.
  if (/^(?:e?lts|esm)$/.test(tokens[to]?.lower ?? "")) to++;
  if (quote && /^["'”’]$/.test(tokens[to]?.text ?? "")) to++;
  return { text, from: i, to };
}
