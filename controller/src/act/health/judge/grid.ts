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

/** @param beforeMs only samples before this moment (the first patch) shape the scale */
export function gridOf(series: readonly JudgedSeries[], metric: JudgedMetric, beforeMs: number): Grid | undefined {
  const stepMs = commonStep(series);
  if (stepMs === undefined) return undefined;
  const startMs = Math.min(...series.filter((s) => s.at.length > 0).map((s) => s.at[0] as number));
  const endMs = Math.max(...series.filter((s) => s.at.length > 0).map((s) => s.at[s.at.length - 1] as number));
  const length = Math.round((endMs - startMs) / stepMs) + 1;
  const past = series.map((s) => s.value.filter((_, i) => (s.at[i] as number) < beforeMs));
  const all = past.flat();
  const scale = all.filter((v) => v <= 0).length > SPARSE_SHARE * all.length ? "share" : "log";
  const pooled = mean(all);
  const rows = new Map<string, Row>();
  series.forEach((s, n) => {
    const own = past[n] as number[];
    const level = own.length > 0 ? mean(own) : pooled;
    const transform = scale === "log" ? logarithm(own, metric) : share(level > 0 ? level : pooled);
    rows.set(s.endpoint, { ...runningSums(s, transform, startMs, stepMs, length), level: scale === "log" ? median(own) : level });
  });
  return { scale, startMs, stepMs, length, rows };
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

/** The usual distance of neighbouring samples: the median over all series. */
export function commonStep(series: readonly JudgedSeries[]): number | undefined {
  const steps: number[] = [];
  for (const s of series) for (let i = 1; i < s.at.length && i < 200; i++) steps.push((s.at[i] as number) - (s.at[i - 1] as number));
  const usual = median(steps.filter((d) => d > 0));
  return Number.isFinite(usual) ? usual : undefined;
}

function logarithm(past: readonly number[], metric: JudgedMetric): (value: number) => number {
  const positive = past.filter((v) => v > 0);
  const middle = Math.log(median(positive));
  const deviation = 1.4826 * median(positive.map((v) => Math.abs(Math.log(v) - middle)));
  const reach = Math.max(WINSOR_DEVIATIONS * deviation, WINSOR_TOLERANCES * Math.abs(Math.log1p(metric.tolerance)), WINSOR_LEAST);
  return (value) => (value > 0 ? Math.min(middle + reach, Math.max(middle - reach, Math.log(value))) : middle - reach);
}

const share = (level: number) => (value: number) => (level > 0 ? value / level : value);

function runningSums(s: JudgedSeries, transform: (v: number) => number, startMs: number, stepMs: number, length: number) {
  const sums = new Float64Array(length + 1);
  const counts = new Int32Array(length + 1);
  s.at.forEach((at, i) => {
    const position = Math.min(length - 1, Math.max(0, Math.round((at - startMs) / stepMs)));
    const value = transform(s.value[i] as number);
    if (!Number.isFinite(value)) return;
    sums[position + 1] = (sums[position + 1] as number) + value;
    counts[position + 1] = (counts[position + 1] as number) + 1;
  });
  for (let i = 1; i <= length; i++) {
    sums[i] = (sums[i] as number) + (sums[i - 1] as number);
    counts[i] = (counts[i] as number) + (counts[i - 1] as number);
  }
  return { sums, counts };
}

export function mean(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : values.reduce((a, b) => a + b, 0) / values.length;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Linear between the order statistics. */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = Float64Array.from(values).sort();
  const place = share * (sorted.length - 1);
  const low = sorted[Math.floor(place)] as number;
  return low + (place - Math.floor(place)) * ((sorted[Math.ceil(place)] as number) - low);
}
