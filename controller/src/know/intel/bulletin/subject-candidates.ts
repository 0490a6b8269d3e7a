import type { AddressName } from "./addresses.ts";
import type { Name } from "./names.ts";
import { isPackageLike, isPlainWord, KIND_OF_SOFTWARE, nameBefore, nameFrom, nameOf, PART, squeeze, wordsOf } from "./names.ts";
import type { Outline, Sentence } from "./outline.ts";
import {
  actors,
  calledAKind,
  codeNames,
  isStrange,
  MAX_SENTENCES,
  members,
  one,
  owners,
  rootsOfPaths,
  strangers,
  used,
} from "./subject-places.ts";
import type { Token } from "./tokens.ts";
import { isCommonWord, isWordLike } from "./vocabulary/index.ts";
import { COMMON, PLATFORM } from "./words.ts";

/** Where a text may name what it is about. */
export const PLACES = [
  "title",
  "defined",
  "keyed",
  "version",
  "exact",
  "used",
  "repeated",
  "code",
  "kind",
  "root",
  "actor",
  "stranger",
  "address",
  "owner",
] as const;
export type Place = (typeof PLACES)[number];

/** A name that a text may be about. */
export interface Candidate {
  readonly name: Name;
  /** How much each place that has it speaks for it, by the rules. */
  readonly places: ReadonlyMap<Place, number>;
  /** One word that bulletins have in common. */
  readonly ordinary: boolean;
  /** Such words with the capitals of a title, that the text never comes back to. */
  readonly headline: boolean;
  /** A part of something by how it is written. */
  readonly member: boolean;
  /** All that speaks for it, by the rules. */
  readonly points: number;
}

/** A name that stands beside a version; `exact`: beside one that is only named, neither bound nor repair. */
export interface BesideVersion {
  readonly name: Name;
  readonly exact: boolean;
}

/**
 * How much each place speaks for a name. They began as logits of a choice among a text's candidates, fitted on labelled texts of
 * some 60 sources (of a source left out of that fit 92 texts of 100 were named right, 91 by the weights before it), and were
 * then rounded and set by hand where the whole reading was better for it: a name beside a version counts for less than was
 * fitted, since the title is there to correct it, and a name spelled as an id for more.
 */
const TITLE = 2.3;
/** A first sentence longer than this is no title. */
const MAX_TITLE_TOKENS = 16;
const IN_PROSE = 0.3;
const DEFINED = 2.25;
const BESIDE_VERSION = 1.5;
const BESIDE_EXACT = 1;
const KEYED = 5;
const REPEATED = 0.27;
const MAX_REPEATED = 1.5;
const SPELLED_AS_ID = 1.2;
const IN_CODE = 0.1;
const CALLED_A_KIND = 1.35;
const ROOT_OF_PATH = 3;
const OWNER = 0.4;
const ADDRESS = 1.3;
const A_TYPE = 0.4;
const ORDINARY = 0.15;
const HEADLINE = 0.4;
const AN_ACTOR = 0.8;
const A_STRANGER = 0.4;
const MAX_STRANGER = 1.2;
const A_MEMBER = 0.4;

/**
 * @param besideVersions names that stand beside version expressions, in order of the text
 * @param addresses names out of the web addresses of the text
 */
export function candidatesOf(
  { sentences }: Outline,
  besideVersions: readonly BesideVersion[],
  addresses: readonly AddressName[],
): Candidate[] {
  const scores = new Map<string, { name: Name; score: number; places: Map<Place, number> }>();
  const vote = (place: Place, name: Name | undefined, points: number, id = true) => {
    if (!name) return;
    const key = squeeze(name.text);
    if (key.length < 2) return;
    const of = scores.get(key) ?? { name, score: id && isPackageLike(name.text) ? SPELLED_AS_ID : 0, places: new Map() };
    of.score += points;
    of.places.set(place, (of.places.get(place) ?? 0) + points);
    scores.set(key, of);
  };
  const title = sentences[0];
  if (title) {
    // In a long sentence a plain word after "in" is no name: "in the web process".
    const long = title.tokens.length > MAX_TITLE_TOKENS;
    for (const [name, weight] of titleNames(title.tokens).map(lessOfParts(title.tokens)))
      vote(
        "title",
        name,
        TITLE * weight * (name && ((long && isPlainWord(name) && !isStrange(name.text)) || onlyOpens(name, sentences)) ? IN_PROSE : 1),
      );
  }
  for (const [i, sentence] of sentences.slice(0, 12).entries()) vote("defined", defined(sentence), DEFINED / (1 + i / 4));
  for (const sentence of sentences) vote("keyed", keyed(sentence), KEYED);
  for (const exact of [false, true]) {
    const beside = new Map(besideVersions.flatMap((b) => (b.exact === exact ? [[squeeze(b.name.text), b.name]] : [])));
    for (const name of [...beside.values()].slice(0, 4)) vote(exact ? "exact" : "version", name, exact ? BESIDE_EXACT : BESIDE_VERSION);
  }
  for (const { name, weight } of used(sentences)) vote("used", name, weight);
  for (const { name, times } of repeated(sentences)) vote("repeated", name, Math.min(MAX_REPEATED, times * REPEATED), false);
  for (const name of codeNames(sentences)) vote("code", name, IN_CODE, false);
  for (const name of calledAKind(sentences)) vote("kind", name, CALLED_A_KIND, false);
  for (const name of rootsOfPaths(sentences)) vote("root", name, ROOT_OF_PATH, false);
  for (const name of actors(sentences)) vote("actor", name, AN_ACTOR, false);
  for (const { name, times } of strangers(sentences)) vote("stranger", name, Math.min(MAX_STRANGER, times * A_STRANGER));
  for (const { name, weight } of addresses) vote("address", name, weight * ADDRESS, false);
  for (const name of owners(sentences)) vote("owner", name, OWNER, false);
  // Rust's packages are spelled in lower case, its types and traits in capitals.
  const crates = sentences.some(({ tokens }) => tokens.some((t) => /^crates?$/.test(t.lower)));
  const inside = members(sentences);
  return [...scores.values()].map(({ name, score, places }) => ({
    name,
    places,
    ordinary: isOrdinary(name),
    headline: isHeadline(name, sentences),
    member: inside.has(squeeze(name.text)),
    points:
      score *
      (crates && /\p{Lu}/u.test(name.text) ? A_TYPE : 1) *
      (isOrdinary(name) ? ORDINARY : isHeadline(name, sentences) ? HEADLINE : 1) *
      (inside.has(squeeze(name.text)) ? A_MEMBER : 1),
  }));
}
/** "Automatic", "decoder": one word that bulletins have in common, in lower case or with the capital of a title. */
const isOrdinary = ({ text }: Name): boolean => /^\p{L}[\p{Ll}-]*$/u.test(text) && isCommonWord(text.toLowerCase());

/** "Multiple Memory Safety Issues": words that bulletins have in common, with the capitals of a title, that the text never comes back to. */
const isHeadline = (name: Name, [title, ...others]: readonly Sentence[]): boolean => {
  if (title === undefined || name.end > title.end || !name.text.includes(" ")) return false;
  const words = wordsOf(name.text);
  return (
    words.every(isWordLike) &&
    !others.some(({ tokens }) => tokens.some((t, i) => t.lower === words[0] && tokens[i + 1]?.lower === words[1]))
  );
};

/** "Unaligned reads of ...": a word in a capital that opens the title, and that the text never comes back to, need be no name. */
const onlyOpens = (name: Name, [title, ...others]: readonly Sentence[]): boolean =>
  name.start === title?.start &&
  name.end === title.tokens[0]?.end &&
  /^\p{Lu}[\p{Ll}-]+$/u.test(name.text) &&
  isWordLike(name.text.toLowerCase()) &&
  title.tokens.length > 2 &&
  !others.some(({ tokens }) => tokens.some((t, i) => (i > 0 || t.code) && squeeze(t.text) === squeeze(name.text)));

/** "Arbitrary file read in Admin JS CSS files": what names a part of something is hardly what a text is about. */
const lessOfParts =
  (tokens: readonly Token[]) =>
  ([name, weight]: [Name | undefined, number]): [Name | undefined, number] => {
    const after = name ? tokens.find((t) => t.start >= name.end && !/^["'“”‘’]$/.test(t.text)) : undefined;
    return [
      name,
      after && (PART.test(after.lower) || /^["“]/.test(tokens.find((t) => t.start >= (name?.end ?? 0))?.text ?? ""))
        ? weight * OF_A_PART
        : weight,
    ];
  };
const OF_A_PART = 0.05;

/** Names in capitals of running text with how often they stand there: what a text comes back to. */
function repeated(sentences: readonly Sentence[]): { readonly name: Name; readonly times: number }[] {
  const found = new Map<string, { name: Name; times: number }>();
  for (const { tokens, kind } of sentences.slice(0, MAX_SENTENCES)) {
    if (kind === "heading") continue;
    for (let i = 1; i < tokens.length; i++) {
      const token = tokens[i] as Token;
      if (token.kind !== "word" || token.code || !/^\p{Lu}/u.test(token.text) || COMMON.has(token.lower)) continue;
      const name = nameFrom(tokens, i);
      if (!name || PLATFORM.has(name.text.toLowerCase())) continue;
      const of = found.get(squeeze(name.text));
      if (of) of.times++;
      else if (found.size < MAX_NAMES) found.set(squeeze(name.text), { name, times: 1 });
      while ((tokens[i + 1]?.end ?? Number.POSITIVE_INFINITY) <= name.end) i++;
    }
  }
  return [...found.values()];
}
const MAX_NAMES = 50;

/** Names of a title with how much its form speaks for each. */
function titleNames(tokens: readonly Token[]): [Name | undefined, number][] {
  const at = tokens.findIndex((t) => t.lower === "update" || t.lower === "updates");
  if (/^(?:security|recommended|optional)$/.test(tokens[0]?.lower ?? "") && at === 1 && tokens[2]?.lower === "for")
    return [[nameFrom(tokens, 3), 2]];
  const found: [Name | undefined, number][] = [];
  // "Important: nss security update".
  if (tokens[1]?.text === ":" && /^(?:critical|important|moderate|low|medium|high)$/.test(tokens[0]?.lower ?? ""))
    return [[nameFrom(tokens, 2), 2]];
  const opening = nameFrom(tokens, 0);
  // "Posting date: 22 July" is a field of a form.
  const key = opening ? tokens.findIndex((t) => t.start >= opening.end) : -1;
  const first = key > 0 && tokens[key + 1]?.text === ":" && isCommonWord(tokens[key]?.lower ?? "") ? undefined : opening;
  const after = first ? tokens[tokens.findIndex((t) => t.start >= first.end)] : undefined;
  // A title that is nothing but a name, or says of one what is wrong with it: "Foo: crash", "Foo is vulnerable to ...".
  found.push([first, first && !after ? 2 : after && TELLS_OF.test(after.lower) ? TOLD_OF : 1]);
  found.push([nameAfterLast(tokens, /^(?:in|affects|affecting|within|inside)$/), 0.8]);
  found.push([nameAfterLast(tokens, /^(?:of|for|from)$/), 0.4]);
  // "foo's parser can be crashed", "foo: crash".
  const possessive = tokens.findIndex((t, i) => /^['’]$/.test(t.text) && tokens[i + 1]?.lower === "s");
  if (possessive > 0 && possessive < 4) {
    const owner = nameBefore(tokens, possessive);
    if (owner?.start === tokens[0]?.start) found.push([owner, 0.15]);
  }
  return found;
}

const TELLS_OF = /^(?::|is|are|has|have|allows|vulnerable|before|prior|versions?)$/;
const TOLD_OF = 1.4;

function nameAfterLast(tokens: readonly Token[], word: RegExp): Name | undefined {
  for (let i = tokens.length - 2; i > 0; i--) {
    const name = word.test((tokens[i] as Token).text) ? nameFrom(tokens, i + 1) : undefined;
    if (name) return name;
  }
  return undefined;
}

/** "Foo is a library that ...": the name at the beginning. */
function defined({ tokens }: Sentence): Name | undefined {
  // "Composer is a tool that ...": a word for a kind of software may be one's name.
  const kind = KIND_OF_SOFTWARE.has(tokens[0]?.lower ?? "") && /^\p{Lu}/u.test(tokens[0]?.text ?? "") && tokens[1]?.lower === "is";
  const name = nameFrom(tokens, 0) ?? (kind ? nameOf(tokens, 0, 1) : undefined);
  if (!name) return undefined;
  const after = tokens.findIndex((t) => t.start >= name.end && t.text !== ",");
  // "Foo, an open source mail server, ...".
  const apposed = tokens[after - 1]?.text === "," && /^an?$/.test(tokens[after]?.lower ?? "");
  if (apposed && tokens.slice(after, after + MAX_APPOSED).some((t) => KIND_OF_SOFTWARE.has(t.lower))) return name;
  return /^(?:is|are|provides|contains|helps|offers)$/.test(tokens[after]?.lower ?? "") &&
    (tokens[after]?.lower !== "is" || /^(?:a|an|the|one|used|software|free|open|open-source)$/.test(tokens[after + 1]?.lower ?? ""))
    ? name
    : undefined;
}

const MAX_APPOSED = 10;

/** "Affected package: foo", or "foo" alone under "Affected packages". */
function keyed({ tokens, section, kind }: Sentence): Name | undefined {
  const colon = tokens.slice(0, 6).findIndex((t) => t.text === ":");
  const key = tokens
    .slice(0, Math.max(colon, 0))
    .map((t) => t.lower)
    .join(" ");
  if (
    /^(?:(?:affected|impacted|vulnerable)\b.*\b)?(?:package|product|component|software|module|plugin|crate|gem|project|program|library)(?: (?:names?|impacted|affected))?$/.test(
      key,
    )
  )
    return nameFrom(tokens, colon + 1) ?? one(tokens.slice(colon + 1));
  if (tokens[0]?.lower === "package" && colon < 0 && tokens[1] && isPackageLike(tokens[1].text)) return nameOf(tokens, 1, 2);
  if (/(?:^| > )(?:packages?|products?|components?|modules?)(?: names?)?$/.test(section) && kind !== "heading" && tokens.length <= 6) {
    const id = tokens.findIndex((t) => isPackageLike(t.text));
    return id >= 0 ? nameOf(tokens, id, id + 1) : (nameFrom(tokens, 0) ?? one(tokens));
  }
  if (
    /\b(?:affected|impacted|vulnerable)\b.*\b(?:packages?|products?|components?|modules?|crates?|librar(?:y|ies))\b/.test(section) &&
    kind !== "heading" &&
    tokens.length <= 4
  )
    return one(tokens) ?? nameFrom(tokens, 0);
  return undefined;
}
