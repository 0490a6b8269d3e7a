import type { AddressName } from "./addresses.ts";
import type { Name } from "./names.ts";
import { isPackageLike, nameBefore, nameFrom, nameOf, PART, squeeze } from "./names.ts";
import type { Outline, Sentence } from "./outline.ts";
import type { Token } from "./tokens.ts";
import { COMMON, WEAKNESS } from "./words.ts";

/** What a whole text is about, from its title and its first sentences. */
export interface Subject {
  readonly name: Name;
  /** How much spoke for it, compared to all that spoke for anything: 0 to 1. */
  readonly confidence: number;
  /** Whether the title begins with it, spelled as an id of a package: in lower case, one word. */
  readonly titled: boolean;
}

const TITLE = 3;
const DEFINED = 2.5;
const BESIDE_VERSION = 2;
const KEYED = 5;
const SPELLED_AS_ID = 1.5;
const IN_CODE = 0.6;
const OWNER = 1;
const MENTION = 0.15;

/**
 * @param besideVersions names that stand beside version expressions, in order of the text
 * @param addresses names out of the web addresses of the text
 */
export function subjectOf({ sentences }: Outline, besideVersions: readonly Name[], addresses: readonly AddressName[]): Subject | undefined {
  const scores = new Map<string, { name: Name; score: number }>();
  const vote = (name: Name | undefined, points: number, id = true) => {
    if (!name) return;
    const key = squeeze(name.text);
    if (key.length < 2) return;
    const of = scores.get(key);
    if (of) of.score += points;
    else scores.set(key, { name, score: points + (id && isPackageLike(name.text) ? SPELLED_AS_ID : 0) });
  };
  const title = sentences[0];
  if (title) for (const [name, weight] of titleNames(title.tokens)) vote(name, TITLE * weight);
  for (const [i, sentence] of sentences.slice(0, 12).entries()) vote(defined(sentence), DEFINED / (1 + i / 4));
  for (const sentence of sentences) vote(keyed(sentence), KEYED);
  for (const name of besideVersions.slice(0, 4)) vote(name, BESIDE_VERSION);
  const counts = mentions(sentences);
  for (const name of codeNames(sentences)) vote(name, IN_CODE, false);
  for (const { name, weight } of addresses) vote(name, weight, false);
  for (const name of owners(sentences)) vote(name, OWNER, false);
  let best: { name: Name; score: number } | undefined;
  let total = 0;
  for (const candidate of scores.values()) {
    candidate.score += MENTION * Math.min(6, counts.get(squeeze(candidate.name.text)) ?? 0);
    total += candidate.score;
    if (!best || candidate.score > best.score) best = candidate;
  }
  return best
    ? {
        name: best.name,
        titled: best.name.start === title?.start && /^[a-z0-9@][a-z0-9@/_.-]+$/.test(best.name.text),
        confidence: Math.round((best.score / total) * 100) / 100,
      }
    : undefined;
}

/** Names of a title with how much its form speaks for each. */
function titleNames(tokens: readonly Token[]): [Name | undefined, number][] {
  const at = tokens.findIndex((t) => t.lower === "update" || t.lower === "updates");
  if (/^(?:security|recommended|optional)$/.test(tokens[0]?.lower ?? "") && at === 1 && tokens[2]?.lower === "for")
    return [[nameFrom(tokens, 3), 2]];
  const found: [Name | undefined, number][] = [];
  // "Important: nss security update".
  if (tokens[1]?.text === ":" && /^(?:critical|important|moderate|low|medium|high)$/.test(tokens[0]?.lower ?? ""))
    return [[nameFrom(tokens, 2), 2]];
  found.push([nameFrom(tokens, 0), 1]);
  found.push([nameAfterLast(tokens, /^(?:in|affects|affecting|within|inside)$/), 1]);
  found.push([nameAfterLast(tokens, /^(?:of|for|from)$/), 0.6]);
  // "foo's parser can be crashed", "foo: crash".
  const possessive = tokens.findIndex((t, i) => /^['’]$/.test(t.text) && tokens[i + 1]?.lower === "s");
  if (possessive > 0 && possessive < 4) {
    const owner = nameBefore(tokens, possessive);
    if (owner?.start === tokens[0]?.start) found.push([owner, 1]);
  }
  return found;
}

function nameAfterLast(tokens: readonly Token[], word: RegExp): Name | undefined {
  for (let i = tokens.length - 2; i > 0; i--) {
    const name = word.test((tokens[i] as Token).lower) ? nameFrom(tokens, i + 1) : undefined;
    if (name) return name;
  }
  return undefined;
}

/** "Foo is a library that ...": the name at the beginning. */
function defined({ tokens }: Sentence): Name | undefined {
  const name = nameFrom(tokens, 0);
  if (!name) return undefined;
  const after = tokens.findIndex((t) => t.start >= name.end && t.text !== ",");
  return /^(?:is|are|provides|contains|helps|offers)$/.test(tokens[after]?.lower ?? "") &&
    (tokens[after]?.lower !== "is" || /^(?:a|an|the|one|used|software|free|open|open-source)$/.test(tokens[after + 1]?.lower ?? ""))
    ? name
    : undefined;
}

/** "Affected package: foo", or "foo" alone under "Affected packages". */
function keyed({ tokens, section, kind }: Sentence): Name | undefined {
  const colon = tokens.slice(0, 6).findIndex((t) => t.text === ":");
  const key = tokens
    .slice(0, Math.max(colon, 0))
    .map((t) => t.lower)
    .join(" ");
  if (
    /^(?:(?:affected|impacted|vulnerable)\b.*\b)?(?:package|product|component|software|module|plugin|crate|gem|project|library)(?: names?)?$/.test(
      key,
    )
  )
    return nameFrom(tokens, colon + 1) ?? one(tokens.slice(colon + 1));
  if (
    /\b(?:affected|impacted|vulnerable)\b.*\b(?:packages?|products?|components?|modules?|crates?|librar(?:y|ies))\b/.test(section) &&
    kind !== "heading" &&
    tokens.length <= 4
  )
    return one(tokens) ?? nameFrom(tokens, 0);
  return undefined;
}
const one = (tokens: readonly Token[]): Name | undefined =>
  tokens.length > 0 && tokens[0]?.kind === "word" && !COMMON.has(tokens[0].lower) ? nameOf(tokens, 0, 1) : undefined;

/** "... in iodine's file server ...": whose part it is. */
function owners(sentences: readonly Sentence[]): Name[] {
  const names: Name[] = [];
  for (const { tokens } of sentences.slice(0, 12))
    for (const [i, token] of tokens.entries()) {
      if (!/^['’]$/.test(token.text) || tokens[i + 1]?.lower !== "s" || names.length >= 3) continue;
      const name = nameBefore(tokens, i);
      if (name) names.push(name);
    }
  return names;
}

function codeNames(sentences: readonly Sentence[]): Name[] {
  const names: Name[] = [];
  for (const { tokens } of sentences.slice(0, 40)) {
    for (const [i, token] of tokens.entries()) {
      if (
        !token.code ||
        token.kind !== "word" ||
        tokens[i - 1]?.code ||
        tokens[i + 1]?.code ||
        PART.test(tokens[i + 1]?.lower ?? "") ||
        names.length >= 12
      )
        continue;
      const name = nameOf(tokens, i, i + 1);
      if (name && /^@?[a-z0-9][\w./@:+-]*$/i.test(name.text) && !WEAKNESS.has(token.lower)) names.push(name);
    }
  }
  return names;
}

function mentions(sentences: readonly Sentence[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { tokens } of sentences)
    for (const t of tokens) if (t.kind === "word") counts.set(squeeze(t.text), (counts.get(squeeze(t.text)) ?? 0) + 1);
  return counts;
}
