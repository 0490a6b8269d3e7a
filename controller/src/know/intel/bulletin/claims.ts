import { isCompanion, isFormal, isPlatform, isUser, itemName, lowers, nameOfLead, namesOf } from "./claim-names.ts";
import { fixCue, isAside, isDenied, isUnaffectedKey, releaseIn, saysUnaffected } from "./cues.ts";
import { type Expression, readExpressions } from "./expression.ts";
import type { Span } from "./model.ts";
import { isPlainWord, type Name } from "./names.ts";
import type { Outline, Sentence } from "./outline.ts";
import { readSingle, WINDOW } from "./single-version.ts";
import type { Token } from "./tokens.ts";
import { lowerBound, startsWithLine } from "./versions.ts";
import { isCommonWord } from "./vocabulary/index.ts";
import { AFFECTED_SECTION, FIX_SECTION } from "./words.ts";

/** One thing that one expression states, before it is brought together with the others. */
export interface Claim extends Span {
  readonly kind: "range" | "fix" | "exact" | "introduced";
  /** The name beside the expression, if there is one. */
  readonly name?: Name | undefined;
  /** Whether the line is made for this statement: a list item, a table row, a package list. Its name is then not to be merged. */
  readonly own: boolean;
  readonly introduced?: string;
  /** The upper bound of a range; the version of any other kind. */
  readonly version?: string;
  readonly inclusive: boolean;
  readonly confidence: number;
  readonly release?: string;
  readonly ecosystem?: string;
  /** Where the sentence begins that says it: what one sentence spells differently are different things. */
  readonly sentence?: number;
  /** Whether it stands in a list: what stands beside it there is not said in passing. */
  readonly listed?: boolean;
  /** Whether the name is given as a form has it: "This issue affects Foo: ...". */
  readonly formal?: boolean;
  /** Whether a preposition stands between the name and the expression. */
  readonly loose?: boolean;
}

/** What a text tells of itself and of others: its revisions, its sources, who found it. */
export const NO_CLAIMS =
  /(?:^|> )(?:revisions?|revision history|document history|change ?log|timeline|disclosure timeline|references?|credits?|acknowledge?ments?)$/;
/** A preposition so near before an expression loosens it from the name: "the web process in versions < 2". */
const NEAR = 3;
export function readClaims({ sentences }: Outline): Claim[] {
  const claims: Claim[] = [];
  for (const [at, sentence] of sentences.entries()) {
    if (!sentence.tokens.some((t) => t.kind !== "url" && /\d/.test(t.text))) continue;
    if (NO_CLAIMS.test(sentence.section)) continue;
    const expressions = readExpressions(sentence);
    const lead = leadIn(sentences, at);
    const names = namesOf(sentence, expressions, nameOfLead(lead), at === 0);
    const among = amongRanges(sentence, expressions);
    for (const [i, expression] of expressions.entries()) {
      const before = claims[claims.length - 1];
      const claim =
        expression.continues && !among[i] && before && before.start >= sentence.start
          ? continued(before, sentence, expression)
          : readClaim(
              sentence,
              lead,
              expression,
              names[i],
              expressions[i - 1]?.to ?? 0,
              tokensAfter(sentence, expressions, i),
              claims,
              among[i] === true,
            );
      if (claim) claims.push(claim);
    }
  }
  // "Python before 3.8" beside other software is what that runs on; alone it is what the text is about.
  const others = claims.filter((c) => !c.name || !isPlatform(c.name));
  return others.some((c) => c.kind === "range" || c.kind === "fix") ? others : claims;
}

/** "Fixed in curl 8.1 and 8.2": what stands in a list says the same of another version. */
function continued({ introduced: _, ...before }: Claim, { tokens }: Sentence, expression: Expression): Claim | undefined {
  const version = expression.kind === "range" ? expression.upper?.text : expression.version.text;
  if (version === undefined) return undefined;
  return { ...before, version, start: (tokens[expression.from] as Token).start, end: (tokens[expression.to - 1] as Token).end };
}

/** What is said behind an expression; behind the last one of a list it is said of all: "1.2 and 1.3 fix this". */
function tokensAfter({ tokens }: Sentence, expressions: readonly Expression[], i: number): readonly Token[] {
  let last = i;
  while (expressions[last + 1]?.continues) last++;
  const from = expressions[last]?.to ?? 0;
  return tokens.slice(from, Math.min(expressions[last + 1]?.from ?? tokens.length, from + WINDOW));
}

/**
 * "1.2.0, 1.1.0 through 1.1.2; 1.0": versions alone in one list with closed ranges are affected as those are. Tells for each
 * expression whether it is such a version.
 */
function amongRanges({ tokens }: Sentence, expressions: readonly Expression[]): boolean[] {
  const among = expressions.map(() => false);
  let from = 0;
  for (let i = 1; i <= expressions.length; i++) {
    const [left, it] = [expressions[i - 1], expressions[i]];
    if (left && it && tokens.slice(left.to, it.from).every((t) => /^(?:,|;|and|or)$/.test(t.lower))) continue;
    const run = expressions.slice(from, i);
    const closed = run.some(
      (e) =>
        e.kind === "range" &&
        !e.continues &&
        (e.introduced !== undefined || (e.inclusive && e.upper !== undefined && e.upper.from > e.from)),
    );
    if (closed && run.every((e) => e.kind === "range" || !e.later))
      for (let k = from; k < i; k++) among[k] = expressions[k]?.kind === "single";
    from = i;
  }
  return among;
}

/** "This issue affects Foo OS:", "The patched versions:": what stands over a list says of what it is. */
function leadIn(sentences: readonly Sentence[], at: number): readonly Token[] {
  let above = at - 1;
  while (sentences[at]?.kind === "item" && sentences[above]?.kind === "item") above--;
  const tokens = sentences[above]?.tokens ?? [];
  return tokens[tokens.length - 1]?.text === ":" ? tokens : [];
}

function readClaim(
  sentence: Sentence,
  lead: readonly Token[],
  expression: Expression,
  name: Name | undefined,
  left: number,
  after: readonly Token[],
  before: readonly Claim[],
  among: boolean,
): Claim | undefined {
  const { tokens } = sentence;
  const near = tokens.slice(Math.max(left, expression.from - WINDOW), expression.from);
  const unaffected = saysUnaffected(after);
  const begins = beginsWhereSafetyEnds(expression, near, unaffected);
  if (
    (!begins &&
      ((unaffected && !(expression.kind === "single" && expression.later)) ||
        isUnaffectedKey(near) ||
        (expression.kind === "range" && !expression.introduced && isDenied(near)))) ||
    (expression.kind === "single" ? isAside(near, tokens[expression.to]) : isAside(near, undefined))
  )
    return undefined;
  const key = itemName(sentence, expression);
  const release = releaseIn(near);
  if (name && ((isPlatform(name) && expression.kind !== "range") || isCompanion(tokens, name))) return undefined;
  if (name && isUser(tokens, name) && before.some((c) => c.sentence === sentence.start && c.kind !== "fix")) return undefined;
  const claim = {
    ...(name ? { name } : {}),
    ...(release ? { release } : {}),
    own: key !== undefined,
    ...(name && isFormal(tokens, name) ? { formal: true } : {}),
    listed: sentence.kind === "item",
    loose:
      name !== undefined &&
      tokens.some(
        (t, i) => t.start >= name.end && i < expression.from && i >= expression.from - NEAR && /^(?:in|with|on|for|at|,)$/.test(t.lower),
      ),
    sentence: sentence.start,
    start: (tokens[expression.from] as Token).start,
    end: (tokens[expression.to - 1] as Token).end,
  };
  if (begins) return { ...claim, kind: "introduced", version: begins, inclusive: true, confidence: 0.8 };
  if (expression.kind === "single" && among && fixCue(near, after) === 0)
    return {
      ...claim,
      kind: "range",
      introduced: expression.version.text,
      version: expression.version.text,
      inclusive: true,
      confidence: 0.8,
    };
  if (expression.kind === "range") {
    const { introduced, upper, inclusive } = expression;
    if (introduced && near.slice(-2).some((t) => /^(?:moving|moved|going|changed|changing|bumping|bumped)$/.test(t.lower)))
      return undefined;
    // "Users of 0.4 should upgrade to 0.4.2", "users of 0.4 to 0.4.2".
    if (
      introduced &&
      upper &&
      inclusive &&
      isLineOf(introduced.text, upper.text) &&
      tokens.some((t) => /^(?:upgrad|updat|migrat|move$)/.test(t.lower))
    )
      return { ...claim, kind: "fix", version: upper.text, inclusive, confidence: 0.8 };
    // "If you upgrade from a version < 4.0.0".
    if (/(?:^| )(?:upgrad|updat|migrat)\w* from(?: an?| any| older| versions?)*$/.test(lowers(near, 0, near.length))) return undefined;
    // "v3 - 3.29.5" among what is patched: the line, and its repaired version.
    if (introduced && upper && isPatchedLine(sentence, introduced.text, upper.text))
      return { ...claim, kind: "fix", version: upper.text, inclusive: true, confidence: 0.85 };
    // "Upgrade from 1.0 to 1.2" names a way, not a range.
    if (introduced && inclusive && !key && near.slice(-3).some((t) => /^(?:upgrad|updat|migrat|bump)/.test(t.lower)))
      return upper ? { ...claim, kind: "fix", version: upper.text, inclusive, confidence: 0.6 } : undefined;
    const lower = introduced && !/^(?:n\/a|unspecified)$/i.test(introduced.text) ? { introduced: introduced.text } : {};
    return { ...claim, kind: "range", ...lower, ...(upper ? { version: upper.text } : {}), inclusive, confidence: name ? 0.95 : 0.85 };
  }
  return readSingle({ sentence, lead, expression, claim, near, after, before, left });
}

/** "Not affected: < 4.0", "does not exist before 8.2.1": the version from which on it is affected. */
const beginsWhereSafetyEnds = (expression: Expression, near: readonly Token[], unaffected: boolean): string | undefined =>
  expression.kind === "range" &&
  !expression.introduced &&
  !expression.inclusive &&
  !expression.continues &&
  (unaffected || isUnaffectedKey(near) || isDenied(near))
    ? expression.upper?.text
    : undefined;

const isLineOf = (line: string, version: string): boolean =>
  line !== version && /^v?\d+(?:\.\d+)?(?:\.[x*])?$/i.test(line) && startsWithLine(version, lowerBound(line));
const isPatchedLine = ({ kind, section }: Sentence, line: string, version: string): boolean =>
  kind === "item" && FIX_SECTION.test(section) && !AFFECTED_SECTION.test(section) && isLineOf(line, version);

/** "The web process in versions before 2": a plain word in the midst of a sentence names nothing, if anything else is named. */
export const isDoubtful = ({ name, loose }: Claim): boolean =>
  name !== undefined && isPlainWord(name) && (loose === true || (isCommonWord(name.text) && !isPlatform(name)));
