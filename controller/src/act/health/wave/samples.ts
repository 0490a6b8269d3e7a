import { addMs, type Instant } from "@breakwater/shared/core";
import type { Health, HealthSeries } from "../health.ts";
import type { JudgedSeries } from "../judge/index.ts";
import { MINUTE_MS } from "../telemetry/minutes.ts";
import type { PastCache } from "./past-cache.ts";

/** How much past is read: one day, so that the daily rhythm is in it. */
const PAST_MS = 86_400_000;
/** From here on, minutes tell enough of the past, and single samples only cost time. */
const ENOUGH_MINUTES_MS = 3 * 3_600_000;

export interface WaveSamples {
  readonly series: readonly HealthSeries[];
  readonly resolutionMs: number;
  /** Past before the first patch of the treated endpoint that has least. */
  readonly historyMs: number;
}

/** An agent's first minutes tell of its own start (inventory, changelogs), not of the machine; where the past is short they would be much of it. Counted from the begin of the minute in which it was first seen. */
const SETTLING_MS = 3 * 60_000;
/** States are compared with the last hour only. */
const STATE_PAST_MS = 3_600_000;

/**
 * Reads what the judge needs: minutes where the past is long, single samples where it is short and memory still has them.
 * After a restart the minutes of the database are all there is, and are enough.
 */
export async function readWave(
  health: Health,
  past: PastCache,
  q: {
    treated: ReadonlyMap<string, Instant>;
    control: readonly string[];
    levels: readonly string[];
    states: readonly string[];
    now: Instant;
  },
): Promise<WaveSamples> {
  const first = Math.min(...q.treated.values()) as Instant;
  const endpointIds = [...q.treated.keys(), ...q.control];
  const levels = { endpointIds, metrics: q.levels, from: addMs(first, -PAST_MS), to: addMs(q.now, 1) };
  const states = { ...levels, metrics: q.states, from: addMs(first, -STATE_PAST_MS) };
  // A minute that is not over would change under the judge's eyes.
  const stored = [...(await past.read(levels)), ...(await health.series(states))];
  const minutes = stored.map((s) => ({ ...s, points: s.points.filter((p) => p.at + MINUTE_MS <= q.now) }));
  const history = pastOf(minutes, q.treated);
  if (history >= ENOUGH_MINUTES_MS) return { series: minutes, resolutionMs: MINUTE_MS, historyMs: history };
  const from = Math.max(levels.from, first - ENOUGH_MINUTES_MS) as Instant;
  const raw = await health.series({ endpointIds, metrics: [...q.levels, ...q.states], from, to: levels.to, resolution: "raw" });
  const single = raw.map((s) => ({ ...s, points: s.points.filter((p) => p.count === 1 || p.at + MINUTE_MS <= q.now) }));
  const step = usualStep(single);
  // After a restart memory holds the time since only: two resolutions in one series would be compared as one.
  const mixed = pastOf(single.map(onlySingle), q.treated) + 2 * MINUTE_MS < history;
  if (step >= MINUTE_MS || mixed) return { series: minutes, resolutionMs: MINUTE_MS, historyMs: history };
  const begunAt = firstOf(minutes);
  const settled = single.map((s) => ({
    ...onlySingle(s),
    points: onlySingle(s).points.filter((p) => p.at >= (begunAt.get(s.endpointId) ?? 0) + SETTLING_MS),
  }));
  return { series: settled, resolutionMs: step, historyMs: pastOf(settled, q.treated) };
}

/** As the judge takes them; a subject makes a metric of its own. */
export const toJudged = (s: HealthSeries): JudgedSeries => ({
  endpoint: s.endpointId,
  metric: keyOf(s.metric, s.subject),
  at: s.points.map((p) => p.at),
  value: s.points.map((p) => p.mean),
});

export const keyOf = (metric: string, subject: string) => (subject === "" ? metric : `${metric}:${subject}`);

const onlySingle = (s: HealthSeries): HealthSeries => ({ ...s, points: s.points.filter((p) => p.min === p.max) });

/** When each endpoint was first seen. */
function firstOf(series: readonly HealthSeries[]): Map<string, number> {
  const oldest = new Map<string, number>();
  for (const s of series) {
    const at = s.points[0]?.at;
    if (at !== undefined) oldest.set(s.endpointId, Math.min(oldest.get(s.endpointId) ?? at, at));
  }
  return oldest;
}

function pastOf(series: readonly HealthSeries[], treated: ReadonlyMap<string, Instant>): number {
  const oldest = firstOf(series.filter((s) => treated.has(s.endpointId)));
  if (oldest.size === 0) return 0;
  return Math.max(0, Math.min(...[...oldest].map(([id, at]) => (treated.get(id) as number) - at)));
}

function usualStep(series: readonly HealthSeries[]): number {
  const steps = series.flatMap((s) => s.points.slice(1).map((p, i) => p.at - (s.points[i]?.at ?? 0))).sort((a, b) => a - b);
  return steps[Math.floor(steps.length / 2)] ?? MINUTE_MS;
}
