import { baselinesOf } from "./baseline.ts";
import { type Change, type Comparison, changeAt } from "./change.ts";
import { studentQuantile, studentTail } from "./distribution.ts";
import type { Grid } from "./grid.ts";
import { RECENT_WINDOWS_MS } from "./looks.ts";
import { type Noise, noiseOf } from "./noise.ts";
import type { JudgedMetric } from "./types.ts";

const MINUTE = 60_000;
/** Windows before the patch; the one, or the blend of them, whose changes strayed least in the past is taken, as with the control. */
const BEFORE_MS = [15 * MINUTE, 60 * MINUTE, 240 * MINUTE, 720 * MINUTE] as const;
/** Where the past is too short to have shown slow drift, harm must exceed the tolerance twice. */
const SHORT_PAST_MARGIN = 2;
/** Harm that a patch does is shared by those that got it; one endpoint's own incident is not. */
const SHARED_BY = 0.5;

export interface LevelFinding {
  /** Chance of such a change if it were no more than tolerated; corrected for the windows, not for looks and metrics. */
  readonly chance: number;
  readonly effect: number;
  readonly interval: readonly [number, number];
  /** Whether even the near end of doubt lies within the tolerance. */
  readonly withinTolerance: boolean;
  readonly windowMs: number;
  readonly noise: Noise["source"];
  readonly treated: number;
}

/** Tests whether the treated endpoints' level moved beyond the tolerance, as of a position. */
export function testLevel(comparisons: readonly Comparison[], metric: JudgedMetric, look: number): LevelFinding | undefined {
  const c = comparisons[0];
  if (!c) return undefined;
  const now = Math.min(look, Math.max(...c.treated.map((t) => t.until ?? look)));
  const first = Math.min(...c.treated.map((t) => t.patched));
  const whole = now + 1 - first - c.grace;
  if (whole < (c.grid.stepMs <= 2 * MINUTE ? 2 : 1)) return undefined;
  const windows = [whole, ...RECENT_WINDOWS_MS.map((ms) => Math.round(ms / c.grid.stepMs)).filter((n) => n >= 1 && n * 1.5 <= whole)];
  const found = windows.flatMap((after) => testWindow(comparisons, metric, now, after) ?? []);
  const best = found.reduce<LevelFinding | undefined>((a, b) => (a && a.chance <= b.chance ? a : b), undefined);
  return best && { ...best, chance: combined(found.map((f) => f.chance)), withinTolerance: found.every((f) => f.withinTolerance) };
}

/**
 * One chance out of several dependent ones: Cauchy combination (Liu and Xie 2020), which holds for small chances however
 * they depend on each other, and costs nothing where they agree. A window that speaks for no harm (a chance above one half) takes nothing
 * from one that does: harm that began late is not in the windows from before it.
 */
function combined(chances: readonly number[]): number {
  const speaking = chances.filter((p) => p < 0.5);
  if (speaking.length === 0) return Math.min(...chances);
  const sum = speaking.reduce((total, p) => total + Math.tan((0.5 - p) * Math.PI), 0) / chances.length;
  // Far out the tangent and its inverse lose their digits; there the tail is 1 / (pi x).
  return sum > 1e6 ? 1 / (Math.PI * sum) : 0.5 - Math.atan(sum) / Math.PI;
}

function testWindow(comparisons: readonly Comparison[], metric: JudgedMetric, now: number, after: number): LevelFinding | undefined {
  let chosen: { c: Comparison; change: Change; noise: Noise } | undefined;
  const candidates = comparisons.flatMap((c) => baselinesOf(c, now, after, beforesOf(c)).map((baseline) => ({ c, baseline })));
  for (const { c, baseline } of candidates) {
    const change = changeAt(c, { now, after, before: baseline.before });
    const noise = change && noiseOf(c, baseline, after, change);
    if (!change || !noise) continue;
    const better = !chosen || (noise.source === chosen.noise.source && noise.standardError < chosen.noise.standardError);
    if (better) chosen = { c, change, noise };
  }
  if (!chosen) return undefined;
  const { c, change, noise } = chosen;
  const margin = noise.source === "blocks" ? SHORT_PAST_MARGIN : 1;
  const limits = c.treated.map((t) => toleranceOn(c.grid, metric, t.row.level, margin));
  const limit = limits.reduce((a, b) => a + b, 0) / limits.length;
  const shared = change.each.filter((e) => e > limit).length >= SHARED_BY * change.each.length;
  const chance = shared ? studentTail((change.effect - limit) / noise.standardError, noise.degrees) : 1;
  const reach = studentQuantile(0.025, noise.degrees) * noise.standardError;
  const bound = change.effect + studentQuantile(0.05, noise.degrees) * noise.standardError;
  const relative = (x: number) => (c.grid.scale === "log" ? Math.expm1(c.sign * x) : c.sign * x);
  const ends = [relative(change.effect - reach), relative(change.effect + reach)].sort((a, b) => a - b) as [number, number];
  return {
    chance,
    effect: relative(change.effect),
    interval: ends,
    withinTolerance: bound < limit,
    windowMs: after * c.grid.stepMs,
    noise: noise.source,
    treated: change.each.length,
  };
}

/** The candidates in positions. All that reach back beyond the first sample are one. */
function beforesOf(c: Comparison): number[] {
  const longest = Math.max(2, ...c.treated.map((t) => t.patched));
  return [...new Set(BEFORE_MS.map((ms) => Math.min(longest, Math.max(2, Math.round(ms / c.grid.stepMs)))))];
}

/** The tolerance on the scale of the grid, where harm is positive. */
function toleranceOn(grid: Grid, metric: JudgedMetric, level: number, margin: number): number {
  const absolute = metric.toleranceAbsolute !== undefined && level > 0 ? metric.toleranceAbsolute / level : 0;
  const relative = Math.max(metric.tolerance * margin, absolute);
  if (grid.scale === "share") return relative;
  return metric.harmfulWhen === "up" ? Math.log1p(relative) : -Math.log1p(-Math.min(0.99, relative));
}
