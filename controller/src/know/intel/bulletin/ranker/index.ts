import type { Outline } from "../outline.ts";
import type { Candidate } from "../subject-candidates.ts";
import { featuresOf } from "./features.ts";
import { chancesOf, scoreOf, type Weights } from "./training.ts";
import file from "./weights.json" with { type: "json" };

let weights: Weights | undefined = file.weights;
/** Tells names by other weights from here on, or by the rules alone: for measuring what each is worth. */
export function replaceRanker(others: Weights | undefined): void {
  weights = others;
}

/**
 * How likely a text is about each of the names that it may be about. The weights were fitted on texts of tuned sources
 * (`deploy/models/fit-bulletin-ranker.ts`), which also tells what the rules alone are worth.
 */
export function chancesOfNames(candidates: readonly Candidate[], read: Outline): number[] {
  const of = weights;
  if (of === undefined) {
    const all = candidates.reduce((sum, c) => sum + c.points, 0);
    return candidates.map((c) => c.points / Math.max(1e-9, all));
  }
  return candidates.length === 0 ? [] : chancesOf(featuresOf(candidates, read).map((f) => scoreOf(of, f)));
}
