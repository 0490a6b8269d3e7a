import type { Outline } from "../outline.ts";
import type { Candidate } from "../subject-candidates.ts";
import { type Features, featuresOf } from "./features.ts";
import { chancesOf, scoreOf, type Weights } from "./training.ts";
import file from "./weights.json" with { type: "json" };

export const SHIPPED: Weights = file.weights;
let weights: Weights | undefined = SHIPPED;
/** Tells names by other weights from here on, or by the rules alone: for measuring what each is worth. */
export function replaceRanker(others: Weights | undefined): void {
  weights = others;
}

/** Where one name has at least this share of all points, the rules are agreed, and are right more often than the weights. */
const AGREED = 0.5;

/**
 * How likely a text is about each of the names that it may be about: by the rules where they are agreed, else by weights fitted on
 * texts of tuned sources (`deploy/models/fit-bulletin-ranker.ts`, which also tells what the rules alone are worth).
 */
export function chancesOfNames(candidates: readonly Candidate[], read: Outline): number[] {
  const shares = sharesOf(candidates.map((c) => c.points));
  const of = weights;
  if (candidates.length < 2 || of === undefined || Math.max(...shares) >= AGREED) return shares;
  const features = featuresOf(candidates, read);
  return chancesOf(candidates.map((c, i) => scoreOf(of, features[i] ?? [], c.points)));
}
export const sharesOf = (points: readonly number[]): number[] => {
  const all = points.reduce((sum, p) => sum + p, 0);
  return points.map((p) => p / Math.max(1e-9, all));
};
/** Which of a text's names is chosen, by features and the rules' points. */
export function chosen(of: Weights | undefined, features: readonly Features[], points: readonly number[]): number {
  const shares = sharesOf(points);
  const scores = of === undefined || Math.max(...shares) >= AGREED ? shares : features.map((f, i) => scoreOf(of, f, points[i] ?? 0));
  return scores.indexOf(Math.max(...scores));
}
