import { isPlatform } from "../claim-names.ts";
import { type Claim, NO_CLAIMS } from "../claims.ts";
import { nameBefore } from "../names.ts";
import type { Outline } from "../outline.ts";
import type { Token } from "../tokens.ts";
import { candidatesOf } from "./features.ts";
import { chanceOf, type Weights } from "./training.ts";
import file from "./weights.json" with { type: "json" };

let weights: Weights = file.weights;
/** Tells roles by other weights from here on: for measuring what a source is read like that had no part in them. */
export function replaceRoles(others: Weights): void {
  weights = others;
}
/** Of texts of a source that the fit had not seen some 9 in 10 versions above even chance are repaired ones; for a guess more is asked. */
const LIKELY = 0.6;
/** A guess by the words around is worth less than a statement that the grammar reads. */
const WORTH = 0.7;

/**
 * Versions that are likely repaired ones by the words around them, where no wording that the grammar knows says so. The
 * weights were fitted on texts of tuned sources (`deploy/models/fit-bulletin-roles.ts`).
 */
export function likelyRepairs({ sentences }: Outline): Claim[] {
  return candidatesOf(sentences.filter((s) => !NO_CLAIMS.test(s.section))).flatMap(({ sentence, at, features }): Claim[] => {
    const chance = chanceOf(weights, features);
    const token = sentence.tokens[at] as Token;
    const name = nameBefore(sentence.tokens, at);
    if (chance < LIKELY || (name && isPlatform(name))) return [];
    return [
      {
        kind: "fix",
        version: token.text,
        inclusive: true,
        own: false,
        confidence: Math.round(chance * WORTH * 100) / 100,
        listed: sentence.kind === "item",
        sentence: sentence.start,
        start: token.start,
        end: token.end,
      },
    ];
  });
}
