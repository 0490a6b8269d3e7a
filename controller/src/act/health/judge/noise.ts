import type { Baseline } from "./baseline.ts";
import type { Change, Comparison } from "./change.ts";
import { type Grid, quantileOfSorted, sortedOf, windowMean } from "./grid.ts";

/** How far the effect strays when nothing was patched. */
export interface Noise {
  readonly standardError: number;
  /** Degrees of freedom of that standard error. */
  readonly degrees: number;
  /** "placebo": measured by pretending that the patch came earlier. "blocks": too little past for that, so from the spread and memory of the samples. */
  readonly source: "placebo" | "blocks";
}

/** Weight, in endpoints, of "today is like the past" against what the endpoints do right now. */
const PRIOR_ENDPOINTS = 6;
/** Half a percent: below this, rounding of the samples pretends to be precision. */
const FLOOR = 0.005;
/** Two-sided normal quantiles at which heavy tails are measured. */
const TAILS = [
  [0.9, 1.645],
  [0.975, 2.241],
] as const;

/**
 * The standard error of a change. Its base is the past: the same difference in differences at earlier moments of the same
 * endpoints, which carries their autocorrelation, their shared and unshared rhythms and their bursts (a heavy tail widens
 * it). A shock that never came before is not in the past, so the base is widened by how much more the endpoints of either
 * group disagree among themselves now than they used to (a moderated variance, as in Smyth 2004, limma), where that is more than
 * chance gives: a sum of n squares strays by the root of 2n.
 */
export function noiseOf(c: Comparison, { before, placebos }: Baseline, after: number, change: Change): Noise | undefined {
  const longest = before[before.length - 1]?.length ?? 0;
  const base = placebos ? fromPlacebos(placebos) : fromBlocks(c, { before: longest, after }, change.each.length);
  if (!base) return undefined;
  const treatedMean = change.effect;
  const treatedResiduals = change.each.length > 1 ? change.each.map((e) => e - treatedMean) : [];
  const surprise = squares(treatedResiduals, base.treatedSpread) + squares(change.controlResiduals, base.controlSpread);
  const witnesses = Math.max(0, treatedResiduals.length - 1) + Math.max(0, change.controlResiduals.length - 1);
  const usual = witnesses + Math.sqrt(2 * witnesses);
  const widening = Math.max(1, (PRIOR_ENDPOINTS + surprise) / (PRIOR_ENDPOINTS + usual));
  return {
    standardError: Math.max(FLOOR, base.standardError * Math.sqrt(widening)),
    degrees: Math.min(base.degrees, PRIOR_ENDPOINTS + 2 * witnesses + 4),
    source: placebos ? "placebo" : "blocks",
  };
}

interface Base {
  readonly standardError: number;
  readonly degrees: number;
  readonly treatedSpread: number;
  readonly controlSpread: number;
}

function fromPlacebos({ changes, independent }: NonNullable<Baseline["placebos"]>): Base {
  const treated = new MeanSquare();
  const control = new MeanSquare();
  for (const { each, effect, controlResiduals } of changes) {
    if (each.length > 1) for (const e of each) treated.add(e - effect);
    for (const residual of controlResiduals) control.add(residual);
  }
  return {
    standardError: tailScale(changes.map((p) => p.effect)),
    degrees: Math.max(3, Math.min(60, independent)),
    treatedSpread: treated.root,
    controlSpread: control.root,
  };
}

/** The larger of the root mean square and what the tails say, as if normal. */
function tailScale(values: readonly number[]): number {
  const all = new MeanSquare();
  for (const value of values) all.add(value);
  const sizes = sortedOf(values.map(Math.abs));
  return Math.max(all.root, ...TAILS.map(([share, z]) => quantileOfSorted(sizes, share) / z));
}

/** Takes values one by one, so that a day of placebos needs no list of them. */
class MeanSquare {
  #sum = 0;
  #count = 0;
  add(value: number): void {
    this.#sum += value * value;
    this.#count += 1;
  }
  get root(): number {
    return this.#count === 0 ? 0 : Math.sqrt(this.#sum / this.#count);
  }
}

/**
 * With minutes of past only: the spread of single samples before the patch and their correlation with the next one give
 * the variance of a window's mean (s²/n (1+r)/(1-r), an AR(1) process), pooled over all endpoints.
 */
function fromBlocks(c: Comparison, span: { readonly before: number; readonly after: number }, treated: number): Base | undefined {
  const past = singlesOf(c, span.before);
  if (!past) return undefined;
  const { variance, inflation, perRow, free } = past;
  const ofMean = (n: number) => (variance * Math.min(n, inflation)) / n;
  const ofChange = ofMean(span.after) + ofMean(Math.min(span.before, perRow));
  const perEndpoint = Math.max(FLOOR, Math.sqrt(ofChange));
  const smallest = Math.min(...c.treated.map((t) => t.against.length));
  const groups = 1 / treated + (smallest > 0 ? 1 / smallest : 0);
  return {
    standardError: perEndpoint * Math.sqrt(groups),
    degrees: Math.max(3, Math.min(60, free / inflation)),
    treatedSpread: perEndpoint,
    controlSpread: perEndpoint * Math.sqrt(smallest > 1 ? 1 + 1 / (smallest - 1) : 1),
  };
}

interface Singles {
  readonly variance: number;
  /** By how much memory from sample to sample inflates the variance of a long mean. */
  readonly inflation: number;
  readonly perRow: number;
  readonly free: number;
}

/** The past does not change from look to look, and is the same whoever is compared with whom. */
const singles = new WeakMap<Grid, Map<number, Singles | undefined>>();
function singlesOf(c: Comparison, before: number): Singles | undefined {
  let known = singles.get(c.grid);
  if (!known) {
    known = new Map();
    singles.set(c.grid, known);
  }
  if (!known.has(before)) known.set(before, readSingles(c, before));
  return known.get(before);
}

function readSingles(c: Comparison, before: number): Singles | undefined {
  const first = Math.min(...c.treated.map((t) => t.patched));
  const values = new Float64Array(before);
  let squaresSum = 0;
  let products = 0;
  let samples = 0;
  let used = 0;
  for (const row of [...c.treated.map((t) => t.row), ...c.control]) {
    let n = 0;
    let sum = 0;
    for (let i = Math.max(0, first - before); i < first; i++) {
      const value = windowMean(row, i, i + 1);
      if (Number.isNaN(value)) continue;
      values[n++] = value;
      sum += value;
    }
    if (n < 4) continue;
    const middle = sum / n;
    for (let i = 0; i < n; i++) {
      const off = (values[i] as number) - middle;
      squaresSum += off ** 2;
      if (i > 0) products += off * ((values[i - 1] as number) - middle);
    }
    samples += n;
    used++;
  }
  const free = samples - used;
  if (used === 0 || free < 6) return undefined;
  // The estimate of r from n samples is low by about (1 + 3r)/n (Kendall 1954).
  const perRow = samples / used;
  const raw = squaresSum > 0 ? products / squaresSum : 0;
  const memory = Math.min(0.9, Math.max(0, raw + (1 + 3 * Math.max(0, raw)) / perRow));
  return { variance: squaresSum / free, inflation: (1 + memory) / (1 - memory), perRow, free };
}

const squares = (values: readonly number[], spread: number) => values.reduce((sum, v) => sum + (v / Math.max(spread, FLOOR)) ** 2, 0);
