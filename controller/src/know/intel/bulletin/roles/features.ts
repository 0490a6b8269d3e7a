import type { Sentence } from "../outline.ts";
import type { Token } from "../tokens.ts";
import { orderOf } from "../versions.ts";
import { AFFECTED_SECTION, FIX_SECTION } from "../words.ts";

/** A version where a text has it, with what its surroundings are like. */
export interface Candidate {
  readonly sentence: Sentence;
  /** Index of the version among the sentence's tokens. */
  readonly at: number;
  readonly features: readonly string[];
}

/** Words so far away still tell of a version. */
const WINDOW = 8;
const NEAR = 2;
/** A list of all releases is no statement of any of them. */
const MAX_CANDIDATES = 60;
const LATER = /^(?:later|newer|above|higher|upwards?|greater|onwards?|\+)$/;

/** Versions of running text and lists with the features by which their role is told. */
export function candidatesOf(sentences: readonly Sentence[]): Candidate[] {
  const places: { sentence: Sentence; at: number }[] = [];
  for (const sentence of sentences)
    for (const [at, token] of sentence.tokens.entries())
      if (token.kind === "version" && /\d/.test(token.text) && places.length < MAX_CANDIDATES) places.push({ sentence, at });
  const versions = places.map(({ sentence, at }) => sentence.tokens[at]?.text ?? "");
  return places.map(({ sentence, at }, i) => ({
    sentence,
    at,
    features: [...new Set([...around(sentence.tokens, at), ...place(sentence, at), ...among(versions, i)])],
  }));
}

/** Words on both sides, the nearest ones also by themselves; numbers and versions stand for themselves as a kind. */
function around(tokens: readonly Token[], at: number): string[] {
  const features: string[] = [];
  for (let d = 1; d <= WINDOW; d++)
    for (const [side, token] of [
      ["before", tokens[at - d]],
      ["after", tokens[at + d]],
    ] as const) {
      if (!token) continue;
      const word =
        token.kind === "word" ? token.lower : token.kind === "mark" || token.kind === "operator" ? token.text : `(${token.kind})`;
      features.push(`${side} ${word}`);
      if (d <= NEAR) features.push(`next ${side} ${word}`);
    }
  return features;
}

function place({ section, kind, tokens }: Sentence, at: number): string[] {
  const under = FIX_SECTION.test(section)
    ? AFFECTED_SECTION.test(section)
      ? "both"
      : "fix"
    : AFFECTED_SECTION.test(section)
      ? "affected"
      : "none";
  return [
    `section ${under}`,
    `kind ${kind}`,
    `length ${tokens.length <= 3 ? "few" : tokens.length <= 12 ? "some" : "many"}`,
    ...(tokens.slice(at + 1, at + 4).some((t) => LATER.test(t.lower)) ? ["later"] : []),
  ];
}

/** Repaired versions are the higher ones of a text. */
function among(versions: readonly string[], i: number): string[] {
  const own = versions[i] ?? "";
  const others = versions.filter((v) => v !== own);
  if (others.length === 0) return ["only"];
  return [
    ...(others.every((v) => orderOf(own, v) > 0) ? ["highest"] : []),
    ...(others.every((v) => orderOf(own, v) < 0) ? ["lowest"] : []),
    ...(versions.indexOf(own) !== i ? ["again"] : []),
  ];
}
