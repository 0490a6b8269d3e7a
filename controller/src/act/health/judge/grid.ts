import type { JudgedMetric, JudgedSeries } from "./types.ts";

/**
 * One metric of all endpoints on a common grid of time, as running sums, so that the mean over any window costs two
 * subtractions. Values are on the scale on which changes are compared:
 * - "log" where levels are positive: a change of the logarithm is a relative change, whatever the level;
 * - "share" where zeros are common (error rates): change as a share of the endpoint's own long-run mean.
 */
export interface Grid {
  readonly scale: "log" | "share";
  readonly startMs: number;
  readonly stepMs: number;
  readonly length: number;
  readonly rows: ReadonlyMap<string, Row>;
}

export interface Row {
  readonly sums: Float64Array;
  readonly counts: Int32Array;
  /** Typical level before the patch, in the metric's own unit. */
  readonly level: number;
}

/** Share of zeros from which on logarithms say nothing. */
const SPARSE_SHARE = 0.05;
/** Single samples beyond this many robust deviations are pulled in: they shift a window's mean without saying more. */
const WINSOR_DEVIATIONS = 4;
/** How many tolerances a single sample may always count for, so that pulling in never hides harm. */
const WINSOR_TOLERANCES = 6;
/** On the logarithm: even the steadiest metric may move by four fifths before it is pulled in. */
const WINSOR_LEAST = 0.6;

/**
 * @param series each with at least one sample, in order of time
 * @param beforeMs only samples before this moment (the first patch) shape the scale
 */
export function gridOf(series: readonly JudgedSeries[], metric: JudgedMetric, stepMs: number, beforeMs: number): Grid {
  const startMs = Math.min(...series.map((s) => s.at[0] as number));
  const endMs = Math.max(...series.map((s) => s.at[s.at.length - 1] as number));
  const length = Math.round((endMs - startMs) / stepMs) + 1;
  const past = series.map((s) => s.value.slice(0, countBefore(s.at, beforeMs)));
  let samples = 0;
  let total = 0;
  let zeros = 0;
  for (const own of past) {
    samples += own.length;
    zeros += countUpTo(own, 0);
    for (const value of own) total += value;
  }
  const scale = zeros > SPARSE_SHARE * samples ? "share" : "log";
  const pooled = total / samples;
  const rows = new Map<string, Row>();
  // One buffer for all rows: hundreds of small ones cost more than what is computed in them.
  const sums = new Float64Array(series.length * (length + 1));
  const counts = new Int32Array(series.length * (length + 1));
  const sorter = new Sorter(Math.max(...past.map((own) => own.length)));
  series.forEach((s, n) => {
    const own = past[n] as number[];
    const [from, to] = [n * (length + 1), (n + 1) * (length + 1)];
    const row = { sums: sums.subarray(from, to), counts: counts.subarray(from, to), level: own.length > 0 ? mean(own) : pooled };
    if (scale === "log") {
      const sorted = sorter.sorted(own);
      row.level = quantileOfSorted(sorted, 0.5);
      addUp(s, logarithm(sorted, metric), row, startMs, stepMs);
    } else addUp(s, share(row.level > 0 ? row.level : pooled), row, startMs, stepMs);
    rows.set(s.endpoint, row);
  });
  return { scale, startMs, stepMs, length, rows };
}

/** Sorts one list after another in the same place. */
class Sorter {
  readonly #place: Float64Array;
  constructor(most: number) {
    this.#place = new Float64Array(most);
  }
  /** Holds until the next list is sorted. */
  sorted(values: readonly number[]): Float64Array {
    this.#place.set(values);
    return this.#place.subarray(0, values.length).sort();
  }
}

/** How many of these times, which are in order, lie before a moment. */
function countBefore(times: readonly number[], moment: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] as number) < moment) low = middle + 1;
    else high = middle;
  }
  return low;
}

function countUpTo(values: ArrayLike<number>, most: number): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) if ((values[i] as number) <= most) count++;
  return count;
}

/** Mean of a row over [from, to) in grid positions. @returns NaN where fewer than half of the samples are there */
export function windowMean(row: Row, from: number, to: number): number {
  const a = Math.max(0, from);
  const b = Math.min(row.counts.length - 1, to);
  if (b <= a) return Number.NaN;
  const count = (row.counts[b] as number) - (row.counts[a] as number);
  if (count * 2 < b - a) return Number.NaN;
  return ((row.sums[b] as number) - (row.sums[a] as number)) / count;
}

/** Neighbours looked at in each series: enough to know its step. */
const STEPS_LOOKED_AT = 200;

/** The usual distance of neighbouring samples: the median over all series. */
export function commonStep(series: readonly JudgedSeries[]): number | undefined {
  const steps: number[] = [];
  for (const { at } of series)
    for (let i = 1; i < at.length && i < STEPS_LOOKED_AT; i++) {
      const step = (at[i] as number) - (at[i - 1] as number);
      if (step > 0) steps.push(step);
    }
  const first = steps[0];
  // Most often all are alike, and thousands of them need no sorting.
  return steps.every((step) => step === first) ? first : median(steps);
}

/** @param past in order of size; left in another order */
function logarithm(past: Float64Array, metric: JudgedMetric): (value: number) => number {
  const positive = past.subarray(countUpTo(past, 0));
  const middle = Math.log(quantileOfSorted(positive, 0.5));
  for (let i = 0; i < positive.length; i++) positive[i] = Math.abs(Math.log(positive[i] as number) - middle);
  const deviation = 1.4826 * quantileOfSorted(positive.sort(), 0.5);
  const reach = Math.max(WINSOR_DEVIATIONS * deviation, WINSOR_TOLERANCES * Math.abs(Math.log1p(metric.tolerance)), WINSOR_LEAST);
  return (value) => (value > 0 ? Math.min(middle + reach, Math.max(middle - reach, Math.log(value))) : middle - reach);
}

const share = (level: number) => (value: number) => (level > 0 ? value / level : value);

function addUp(s: JudgedSeries, transform: (v: number) => number, { sums, counts }: Row, startMs: number, stepMs: number): void {
  const length = sums.length - 1;
  for (let i = 0; i < s.at.length; i++) {
    const position = Math.min(length - 1, Math.max(0, Math.round(((s.at[i] as number) - startMs) / stepMs)));
    const value = transform(s.value[i] as number);
    if (!Number.isFinite(value)) continue;
    sums[position + 1] = (sums[position + 1] as number) + value;
    counts[position + 1] = (counts[position + 1] as number) + 1;
  }
  for (let i = 1; i <= length; i++) {
    sums[i] = (sums[i] as number) + (sums[i - 1] as number);
    counts[i] = (counts[i] as number) + (counts[i - 1] as number);
  }
}

export function mean(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : values.reduce((a, b) => a + b, 0) / values.length;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

export const quantile = (values: readonly number[], share: number): number => quantileOfSorted(sortedOf(values), share);

export const sortedOf = (values: readonly number[]): Float64Array => new Float64Array(values).sort();

/** Between neighbours in proportion. @returns NaN of no values */
export function quantileOfSorted(sorted: Float64Array, share: number): number {
  if (sorted.length === 0) return Number.NaN;
  const place = share * (sorted.length - 1);
  const low = sorted[Math.floor(place)] as number;
  return low + (place - Math.floor(place)) * ((sorted[Math.ceil(place)] as number) - low);
}
