import { KIND_OF_SOFTWARE, PART, squeeze, wordsOf } from "../names.ts";
import type { Outline, Sentence } from "../outline.ts";
import type { Candidate } from "../subject-candidates.ts";
import { MAX_SENTENCES } from "../subject-places.ts";
import type { Token } from "../tokens.ts";
import { isWordLike } from "../vocabulary/index.ts";
import { COMMON, PLATFORM, TECHNICAL, WEAKNESS } from "../words.ts";

/** What tells of a name of a text whether the text is about it, each with how much of it there is. */
export type Features = readonly (readonly [name: string, value: number])[];

/** Where a name stands in a text: how often, where first, and what stands beside it. */
interface Mentions {
  times: number;
  first: number;
  readonly beside: Set<string>;
}

/** Features of all candidates of one text: each is told from the others. */
export function featuresOf(candidates: readonly Candidate[], { sentences }: Outline): Features[] {
  const mentions = mentionsOf(candidates, sentences.slice(0, MAX_SENTENCES));
  const words = candidates.map((c) => new Set(wordsOf(c.name.text)));
  const most = Math.max(...mentions.map((m) => m.times));
  const earliest = Math.min(...mentions.map((m) => m.first));
  const foremost = Math.max(...candidates.map((c) => c.points));
  return candidates.map((candidate, i) => {
    const { times, first, beside } = mentions[i] as Mentions;
    const own = words[i] as Set<string>;
    const within = (a: ReadonlySet<string>, b: ReadonlySet<string>) => a.size < b.size && [...a].every((w) => b.has(w));
    const shape = shapeOf(candidate);
    const edge = beside.has("opening in title") || beside.has("closing in title");
    const flags = [
      ...shape,
      ...(first === 0 ? shape.map((s) => `title ${s}`) : []),
      ...(candidate.places.has("version") ? shape.map((s) => `version ${s}`) : []),
      ...(edge ? shape.map((s) => `edge ${s}`) : []),
      ...[...beside].map((b) => `beside ${b}`),
      ...(times === most ? ["most often"] : []),
      ...(first === earliest ? ["first named"] : []),
      ...(first >= sentences.length ? ["nowhere as it is"] : []),
      `sentence ${first === 0 ? "0" : first === 1 ? "1" : first <= 3 ? "2-3" : "later"}`,
      ...(words.some((w) => within(own, w)) ? ["within another"] : []),
      ...(words.some((w) => within(w, own)) ? ["around another"] : []),
      ...(candidate.points === foremost ? ["foremost by rule"] : []),
      ...(candidate.ordinary ? ["ordinary"] : []),
      ...(candidate.headline ? ["headline"] : []),
      ...(candidate.member ? ["member"] : []),
      ...[...candidate.places.keys()].map((p) => `at ${p}`),
    ];
    return [
      ...[...new Set(flags)].map((f) => [f, 1] as const),
      ...[...candidate.places].map(([place, points]) => [`points ${place}`, points] as const),
      ["times", Math.log2(1 + times)] as const,
    ];
  });
}

/** How a name looks. */
function shapeOf({ name: { text } }: Candidate): string[] {
  const words = text.split(" ");
  const lower = text.toLowerCase();
  const [first = "", last = ""] = [words[0] ?? "", words[words.length - 1] ?? ""];
  const flags = [`words ${Math.min(words.length, 5)}`];
  if (words.length === 1)
    flags.push(
      /^[a-z]+$/.test(text)
        ? isWordLike(text)
          ? "a word"
          : "a strange word"
        : /^[a-z][a-z\d]*$/.test(text)
          ? "lower with digits"
          : /^\p{Lu}[\p{Ll}]+$/u.test(text)
            ? isWordLike(lower)
              ? "a capital word"
              : "a strange capital word"
            : /^[\p{Lu}\d]+$/u.test(text)
              ? "capitals"
              : "mixed",
    );
  else if (words.every((w) => isWordLike(w.toLowerCase()) || /^\d/.test(w))) flags.push("all words");
  const has: readonly (readonly [RegExp, string])[] = [
    [/-/, "hyphen"],
    [/_/, "underscore"],
    [/\.(?:js|py|rb|net|io|php|go)$/i, "platform's ending"],
    [/\.\w/, "dot"],
    [/\//, "slash"],
    [/:/, "colon"],
    [/^@/, "scope"],
    [/\d/, "digit"],
    [/[a-z]\p{Lu}/u, "camel"],
    [/^[a-z]+\p{Lu}/u, "camel from lower"],
    [/[()[\]{}=#$%]/, "signs"],
    [/^\p{Lu}/u, "capital"],
    [/^\d/, "opens with digit"],
    [/ (?:for|of|with|on|in|and) /, "joined"],
    [/\(/, "bracket"],
  ];
  for (const [pattern, flag] of has) if (pattern.test(text)) flags.push(`has ${flag}`);
  if (words.length > 1 && KIND_OF_SOFTWARE.has(last.toLowerCase())) flags.push("ends in kind");
  if (words.length > 1 && PART.test(last.toLowerCase())) flags.push("ends in part");
  if (KIND_OF_SOFTWARE.has(first.toLowerCase())) flags.push("opens with kind");
  if (COMMON.has(first.toLowerCase())) flags.push("opens with common");
  if (WEAKNESS.has(first.toLowerCase())) flags.push("opens with weakness");
  if (words.length > 1 && WEAKNESS.has(last.toLowerCase())) flags.push("ends in weakness");
  if (PLATFORM.has(lower)) flags.push("platform");
  if (words.some((w) => TECHNICAL.has(w))) flags.push("technical");
  return flags;
}

function mentionsOf(candidates: readonly Candidate[], sentences: readonly Sentence[]): Mentions[] {
  const mentions = candidates.map((): Mentions => ({ times: 0, first: Number.POSITIVE_INFINITY, beside: new Set() }));
  const keys = candidates.map((c) => squeeze(c.name.text));
  const byOpening = new Map<string, number[]>();
  for (const [i, { name }] of candidates.entries()) {
    const opening = squeeze(/^[^\s]+/.exec(name.text)?.[0] ?? "");
    byOpening.set(opening, [...(byOpening.get(opening) ?? []), i]);
  }
  for (const [s, { tokens }] of sentences.entries())
    for (let at = 0; at < tokens.length; at++) {
      const token = tokens[at] as Token;
      if (token.kind !== "word") continue;
      for (const i of byOpening.get(squeeze(token.text)) ?? []) {
        const end = endOf(tokens, at, keys[i] ?? "");
        if (end === undefined) continue;
        const of = mentions[i] as Mentions;
        of.times++;
        of.first = Math.min(of.first, s);
        if (of.times <= MAX_MENTIONS)
          for (const b of besides(tokens, at, end)) for (const f of s === 0 ? [b, `${b} in title`] : [b]) of.beside.add(f);
      }
    }
  return mentions;
}
const MAX_MENTIONS = 12;

/** Where the tokens from `at` on that spell a name end. */
function endOf(tokens: readonly Token[], at: number, key: string): number | undefined {
  let spelled = "";
  for (let k = at; k < tokens.length && k < at + MAX_TOKENS; k++) {
    spelled += squeeze(tokens[k]?.text ?? "");
    if (spelled === key) return k + 1;
    if (!key.startsWith(spelled)) return undefined;
  }
  return undefined;
}
const MAX_TOKENS = 16;

const BEHIND: readonly (readonly [RegExp, string])[] = [
  [/^(?:before|prior|through|until|<|<=|up|from|>=|>|and)$/, "bound"],
  [/^(?:versions?|v|releases?|ver)$/, "version word"],
  [/^(?:is|are|was|were)$/, "is"],
  [
    /^(?:allows?|allowed|contains?|has|have|had|could|can|may|might|does|did|do|will|would|fails?|lacks?|uses?|provides|suffers|incorrectly|improperly|mishandles)$/,
    "does",
  ],
  [/^(?:users?|installations?|instances?|applications?|deployments?|administrators?|customers)$/, "users"],
  [/^(?:to|in|on|at|by|for|of|with|via|using)$/, "preposition"],
  [/^(?:vulnerable|affected)$/, "vulnerable"],
  [/^(?:\(|\))$/, "bracket"],
  [/^[,;.]$/, "stop"],
  [/^:$/, "colon"],
  [/^['’]$/, "owner"],
  [/^::$/, "path"],
  [/^[-–—]$/, "dash"],
  [/^\|$/, "cell"],
];
const AHEAD: readonly (readonly [RegExp, string])[] = [
  [/^(?:in|within|inside)$/, "in"],
  [/^of$/, "of"],
  [/^(?:affects?|affecting|affected|impacts?|impacting)$/, "affects"],
  [/^(?:the|a|an|this)$/, "article"],
  [/^(?:using|via|with|by|uses?|through|like|as|than)$/, "using"],
  [/^(?:from|to|on|at|into|for)$/, "toward"],
  [/^(?:upgrade|update|upgrading|updating|install|installed|upgraded|updated)$/, "upgrade"],
  [/^(?:called|named|when|if|option|set|setting|function|method|parameter|calling|call)$/, "called"],
  [/^(?:and|or|,)$/, "list"],
  [/^\($/, "bracket"],
  [/^[:|-]$/, "mark"],
  [/^your$/, "your"],
  [/^::$/, "path"],
];
/** What the words on both sides of a mention [at, end) tell. */
function besides(tokens: readonly Token[], at: number, end: number): string[] {
  const found: string[] = [];
  const [before, after, next] = [tokens[at - 1], tokens[end], tokens[end + 1]];
  if (!before) found.push("opening");
  else found.push(...AHEAD.filter(([words]) => words.test(before.lower)).map(([, flag]) => `ahead ${flag}`));
  if (/^(?:in|of|affects?|affecting)$/.test(tokens[at - 2]?.lower ?? "") && /^(?:the|a)$/.test(before?.lower ?? ""))
    found.push("ahead in the");
  if (tokens[at]?.code) found.push("code");
  if (!after) found.push("closing");
  else if (after.kind === "version" || after.kind === "number") found.push("behind version");
  else if (KIND_OF_SOFTWARE.has(after.lower)) found.push("behind kind");
  else if (PART.test(after.lower)) found.push("behind part");
  else if (after.kind === "word" && WEAKNESS.has(after.lower)) found.push("behind weakness");
  if (after) found.push(...BEHIND.filter(([words]) => words.test(after.lower)).map(([, flag]) => `behind ${flag}`));
  if (/^(?:is|,)$/.test(after?.lower ?? "") && /^(?:a|an|the)$/.test(next?.lower ?? "")) found.push("behind definition");
  if (next?.kind === "version" && /^(?:before|<|<=|through|until|versions?|to)$/.test(after?.lower ?? ""))
    found.push("behind bound and version");
  return found;
}
