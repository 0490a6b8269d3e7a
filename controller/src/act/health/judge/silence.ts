import type { JudgedSeries, TreatedEndpoint } from "./types.ts";

/** Fewest samples, and shortest time, of nothing at all that is called a stop. */
const MIN_SAMPLES = 2;

export interface SilenceFinding {
  readonly silent: number;
  readonly of: number;
}

/**
 * The hard rule for work that stops: a metric that harms by falling is zero to the end on at least half of the treated endpoints, for
 * longer than it ever was on any endpoint before the patch, while most of the control is at work.
 */
export function findSilence(
  series: readonly JudgedSeries[],
  treated: readonly TreatedEndpoint[],
  options: { now: number; graceMs: number },
): SilenceFinding | undefined {
  const patchedAt = new Map(treated.map((t) => [t.endpoint, t.patchedAt as number]));
  const first = Math.min(...patchedAt.values());
  let usual = MIN_SAMPLES - 1;
  let working = 0;
  let control = 0;
  const runs: number[] = [];
  for (const s of series) {
    const patched = patchedAt.get(s.endpoint);
    usual = Math.max(usual, longestRun(s, first));
    if (patched === undefined) {
      control++;
      if (trailingRun(s, first, options.now) < MIN_SAMPLES) working++;
    } else runs.push(trailingRun(s, patched + options.graceMs, options.now));
  }
  const silent = runs.filter((run) => run > usual).length;
  if (silent === 0 || silent * 2 < runs.length || working * 2 < control) return undefined;
  return { silent, of: runs.length };
}

function longestRun(s: JudgedSeries, before: number): number {
  let longest = 0;
  let run = 0;
  for (let i = 0; i < s.at.length && (s.at[i] as number) < before; i++) {
    run = (s.value[i] as number) <= 0 ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}

function trailingRun(s: JudgedSeries, from: number, now: number): number {
  let run = 0;
  s.at.forEach((at, i) => {
    if (at >= from && at <= now) run = (s.value[i] as number) <= 0 ? run + 1 : 0;
  });
  return run;
}
