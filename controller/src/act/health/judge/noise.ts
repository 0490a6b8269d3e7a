import { type Change, type Comparison, changeAt, type Span } from "./change.ts";
import { mean, quantile, windowMean } from "./grid.ts";

/** How far the effect strays when nothing was patched. */
export interface Noise {
  readonly standardError: number;
  /** Degrees of freedom of that standard error. */
  readonly degrees: number;
  /** "placebo": measured by pretending that the patch came earlier. "blocks": too little past for that, so from the spread and memory of the samples. */
  readonly source: "placebo" | "blocks";
}

/** Fewer placebo patches that do not overlap than this are no measurement. */
const MIN_INDEPENDENT_PLACEBOS = 6;
const MAX_PLACEBOS = 160;
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
 * group disagree among themselves now than they used to (a moderated variance, as in Smyth 2004, limma).
 */
export function noiseOf(c: Comparison, span: Span, change: Change): Noise | undefined {
  const placebos = placebosOf(c, span);
  const base = placebos ? fromPlacebos(placebos) : fromBlocks(c, span, change.each.length);
  if (!base) return undefined;
  const treatedMean = change.effect;
  const treatedResiduals = change.each.length > 1 ? change.each.map((e) => e - treatedMean) : [];
  const surprise = squares(treatedResiduals, base.treatedSpread) + squares(change.controlResiduals, base.controlSpread);
  const witnesses = Math.max(0, treatedResiduals.length - 1) + Math.max(0, change.controlResiduals.length - 1);
  const widening = Math.max(1, (PRIOR_ENDPOINTS + surprise) / (PRIOR_ENDPOINTS + witnesses));
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

interface Placebos {
  readonly changes: readonly Change[];
  readonly independent: number;
}

function placebosOf(c: Comparison, span: Span): Placebos | undefined {
  const first = Math.min(...c.treated.map((t) => t.patched));
  const latest = first - span.now - 1;
  const earliest = span.before - first;
  const range = latest - earliest;
  const independent = range / Math.max(span.after, 1);
  if (independent < MIN_INDEPENDENT_PLACEBOS) return undefined;
  const stride = Math.max(1, Math.floor(span.after / 4), Math.ceil(range / MAX_PLACEBOS));
  const changes: Change[] = [];
  for (let shift = latest; shift >= earliest; shift -= stride) {
    const change = changeAt(c, span, shift);
    if (change) changes.push(change);
  }
  return changes.length < MIN_INDEPENDENT_PLACEBOS ? undefined : { changes, independent };
}

function fromPlacebos({ changes, independent }: Placebos): Base {
  const effects = changes.map((p) => p.effect);
  return {
    standardError: tailScale(effects),
    degrees: Math.max(3, Math.min(60, independent)),
    treatedSpread: rootMeanSquare(changes.flatMap((p) => (p.each.length > 1 ? p.each.map((e) => e - p.effect) : []))),
    controlSpread: rootMeanSquare(changes.flatMap((p) => p.controlResiduals)),
  };
}

/** The larger of the root mean square and what the tails say, as if normal. */
function tailScale(values: readonly number[]): number {
  const sizes = values.map(Math.abs);
  return Math.max(rootMeanSquare(values), ...TAILS.map(([share, z]) => quantile(sizes, share) / z));
}

/**
 * With minutes of past only: the spread of single samples before the patch and their correlation with the next one give
 * the variance of a window's mean (s²/n (1+r)/(1-r), an AR(1) process), pooled over all endpoints.
 */
function fromBlocks(c: Comparison, span: Span, treated: number): Base | undefined {
  const first = Math.min(...c.treated.map((t) => t.patched));
  const rows = [...c.treated.map((t) => t.row), ...c.control];
  let squaresSum = 0;
  let products = 0;
  let samples = 0;
  let used = 0;
  for (const row of rows) {
    const values: number[] = [];
    for (let i = Math.max(0, first - span.before); i < first; i++) {
      const value = windowMean(row, i, i + 1);
      if (!Number.isNaN(value)) values.push(value);
    }
    if (values.length < 4) continue;
    const middle = mean(values);
    for (let i = 0; i < values.length; i++) {
      squaresSum += ((values[i] as number) - middle) ** 2;
      if (i > 0) products += ((values[i] as number) - middle) * ((values[i - 1] as number) - middle);
    }
    samples += values.length;
    used++;
  }
  const free = samples - used;
  if (used === 0 || free < 6) return undefined;
  const variance = squaresSum / free;
  // The estimate of r from n samples is low by about (1 + 3r)/n (Kendall 1954).
  const perRow = samples / used;
  const raw = squaresSum > 0 ? products / squaresSum : 0;
  const memory = Math.min(0.9, Math.max(0, raw + (1 + 3 * Math.max(0, raw)) / perRow));
  const inflation = (1 + memory) / (1 - memory);
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

const squares = (values: readonly number[], spread: number) => values.reduce((sum, v) => sum + (v / Math.max(spread, FLOOR)) ** 2, 0);
const rootMeanSquare = (values: readonly number[]) => (values.length === 0 ? 0 : Math.sqrt(mean(values.map((v) => v * v))));
