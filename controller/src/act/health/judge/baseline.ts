import type { Before, Change, Comparison } from "./change.ts";
import { mean } from "./grid.ts";
import { type Placebos, placebosOf } from "./placebos.ts";

/** Keeps weights apart that the past can hardly tell apart: a fiftieth of the mean variance, added to each. */
const RIDGE = 0.02;

/** One way to say what the level was before the patch, and how the change from it strayed in the past. */
export interface Baseline {
  readonly before: readonly Before[];
  /** Undefined where the past is too short to pretend patches in it. */
  readonly placebos?: { readonly changes: readonly Change[]; readonly independent: number };
}

/**
 * The level before the patch as each of the windows tells it; and as the blend of them from which changes strayed least. A metric
 * that wanders back to its mean is foretold neither by its last minutes nor by its day alone, but by part of each: the weights that add
 * up to 1 and give the least variance are S^-1 1 / (1' S^-1 1), S being the windows' covariance over the placebos (the weights of the
 * minimum variance portfolio; for two windows this is the analysis of covariance).
 * @param lengths windows before the patch in positions, shortest first
 */
export function baselinesOf(c: Comparison, now: number, after: number, lengths: readonly number[]): Baseline[] {
  const placebos = placebosOf(c, now, after, lengths);
  if (!placebos) return lengths.map((length) => ({ before: [{ length, weight: 1 }] }));
  const { independent } = placebos;
  const singles = placebos.lengths.map((length, i) => ({
    before: [{ length, weight: 1 }],
    placebos: { changes: placebos.changes.map((change) => change[i] as Change), independent },
  }));
  if (singles.length < 2) return singles;
  const weights = weightsOf(placebos, c);
  const blend = {
    before: placebos.lengths.map((length, i) => ({ length, weight: weights[i] as number })),
    placebos: { changes: placebos.changes.map((change) => blended(change, weights)), independent },
  };
  return [blend, ...singles];
}

/** Changes from several windows are changes from their blend, since the weights add up to 1. */
function blended(changes: readonly Change[], weights: readonly number[]): Change {
  const sum = (of: (change: Change) => number) => changes.reduce((total, change, k) => total + (weights[k] as number) * of(change), 0);
  const first = changes[0] as Change;
  return {
    effect: sum((change) => change.effect),
    each: first.each.map((_, i) => sum((change) => change.each[i] as number)),
    controlResiduals: first.controlResiduals.map((_, i) => sum((change) => change.controlResiduals[i] as number)),
  };
}

/**
 * The variance to be made least is that of the treated group's change: as seen on the group, and as follows from how single endpoints
 * stray from their group, which is seen far more often.
 */
function weightsOf({ changes, lengths }: Placebos, c: Comparison): number[] {
  const size = lengths.length;
  const group = new Covariance(size);
  const single = new Covariance(size);
  for (const found of changes) {
    const first = found[0] as Change;
    const { each, controlResiduals } = first;
    group.add((k) => (found[k] as Change).effect, 1);
    if (each.length > 1)
      for (let i = 0; i < each.length; i++)
        single.add((k) => ((found[k] as Change).each[i] as number) - (found[k] as Change).effect, 1 - 1 / each.length);
    const others = controlResiduals.length - 1;
    for (let i = 0; i < controlResiduals.length; i++)
      single.add((k) => (found[k] as Change).controlResiduals[i] as number, 1 + 1 / Math.max(1, others));
  }
  const smallest = Math.min(...c.treated.map((t) => t.against.length));
  const groups = 1 / c.treated.length + (smallest > 0 ? 1 / smallest : 0);
  const covariance = group.values.map((rows, i) => rows.map((value, j) => value + groups * ((single.values[i] as number[])[j] as number)));
  const ridge = RIDGE * mean(covariance.map((row, i) => row[i] as number));
  if (!(ridge > 0)) return lengths.map(() => 1 / size);
  const raw = solved(
    covariance.map((row, i) => row.map((value, j) => value + (i === j ? ridge : 0))),
    lengths.map(() => 1),
  );
  const total = raw.reduce((a, b) => a + b, 0);
  return raw.map((weight) => weight / total);
}

/** Sums of products about zero, which is what a change without a patch should be. */
class Covariance {
  readonly #sums: number[][];
  #weight = 0;
  constructor(size: number) {
    this.#sums = Array.from({ length: size }, () => new Array<number>(size).fill(0));
  }
  /** @param weight for how many free observations this one stands */
  add(at: (k: number) => number, weight: number): void {
    this.#weight += weight;
    for (let i = 0; i < this.#sums.length; i++) {
      const row = this.#sums[i] as number[];
      for (let j = 0; j < row.length; j++) row[j] = (row[j] as number) + at(i) * at(j);
    }
  }
  get values(): number[][] {
    return this.#sums.map((row) => row.map((sum) => (this.#weight > 0 ? sum / this.#weight : 0)));
  }
}

/** Gauss' elimination; without pivoting, which a positive definite matrix does not need. */
function solved(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i] as number]);
  rows.forEach((pivot, i) => {
    for (const [r, row] of rows.entries()) {
      if (r === i) continue;
      const factor = (row[i] as number) / (pivot[i] as number);
      for (let k = i; k < row.length; k++) row[k] = (row[k] as number) - factor * (pivot[k] as number);
    }
  });
  return rows.map((row, i) => (row[right.length] as number) / (row[i] as number));
}
