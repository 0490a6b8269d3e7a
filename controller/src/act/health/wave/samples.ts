import { createHash } from "node:crypto";
import { addMs, type Instant } from "@breakwater/shared/core";
import type { JudgedSeries } from "../judge/index.ts";
import { MINUTE_MS } from "../telemetry/minutes.ts";
import type { Health, HealthSeries } from "../types.ts";
import type { WavePast } from "./past-cache.ts";

/** How much past is read: one day, so that the daily rhythm is in it. */
const PAST_MS = 86_400_000;
/** From here on, minutes tell enough of the past, and single samples only cost time. */
const ENOUGH_MINUTES_MS = 3 * 3_600_000;

export interface WaveSamples {
  readonly series: readonly HealthSeries[];
  readonly resolutionMs: number;
  /** Past before the first patch of the treated endpoint that has least. */
  readonly historyMs: number;
  /** The treated endpoints whose levels are among the series. */
  readonly compared: ReadonlyMap<string, Instant>;
  readonly control: readonly string[];
  /** When each endpoint last sent anything, where the series do not say it of all. */
  readonly lastSeen?: ReadonlyMap<string, Instant>;
}

/** Endpoints whose levels are compared: more of them add cost, not certainty. States are looked after on all of them. */
const MAX_COMPARED = 40;
/** So many endpoints in trouble leave no question open. */
const MAX_TROUBLED = 40;

/** An agent's first minutes tell of its own start (inventory, changelogs), not of the machine; where the past is short they would be much of it. Counted from the begin of the minute in which it was first seen. */
const SETTLING_MS = 3 * 60_000;
/** States are compared with the last hour only. */
const STATE_PAST_MS = 3_600_000;

export interface WaveQuery {
  readonly treated: ReadonlyMap<string, Instant>;
  readonly control: readonly string[];
  readonly levels: readonly string[];
  /** States where zero is down. */
  readonly up: readonly string[];
  /** Counters that should stand still. */
  readonly still: readonly string[];
  readonly now: Instant;
}

/**
 * Reads what the judge needs: minutes where the past is long, single samples where it is short and memory still has them.
 * After a restart the minutes of the database are all there is, and are enough.
 */
export async function readWave(health: Health, past: WavePast, q: WaveQuery): Promise<WaveSamples> {
  const first = Math.min(...q.treated.values()) as Instant;
  const compared = new Map(pick([...q.treated.keys()], MAX_COMPARED).map((id) => [id, q.treated.get(id) as Instant]));
  const control = pick(q.control, MAX_COMPARED);
  const statesFrom = addMs(first, -STATE_PAST_MS);
  const to = addMs(q.now, 1);
  const sieved = q.treated.size > compared.size ? await sieve(health, q, [...q.treated.keys(), ...control], first, statesFrom) : undefined;
  const watched = sieved ? sieved.troubled : [...q.treated.keys()];
  const stored = [
    ...(await past.levels.read({ endpointIds: [...compared.keys(), ...control], metrics: q.levels, from: addMs(first, -PAST_MS), to })),
    ...(await past.states.read({ endpointIds: [...watched, ...control], metrics: [...q.up, ...q.still], from: statesFrom, to })),
  ];
  // A minute that is not over would change under the judge's eyes.
  const minutes = stored.map((s) => ({ ...s, points: s.points.filter((p) => p.at + MINUTE_MS <= q.now) }));
  const history = pastOf(minutes, compared);
  const asMinutes = {
    series: minutes,
    resolutionMs: MINUTE_MS,
    historyMs: history,
    compared,
    control,
    ...(sieved ? { lastSeen: sieved.lastSeen } : {}),
  };
  if (history >= ENOUGH_MINUTES_MS) return asMinutes;
  const from = addMs(first, -ENOUGH_MINUTES_MS);
  const raw = health.refine(stored, from, to).map((s) => ({ ...s, points: s.points.filter((p) => p.at >= from) }));
  const single = raw.map((s) => ({ ...s, points: s.points.filter((p) => p.count === 1 || p.at + MINUTE_MS <= q.now) }));
  const step = usualStep(single);
  // After a restart memory holds the time since only: two resolutions in one series would be compared as one.
  const mixed = pastOf(single.map(onlySingle), compared) + 2 * MINUTE_MS < history;
  if (step >= MINUTE_MS || mixed) return asMinutes;
  const begunAt = firstOf(minutes);
  const settled = single.map((s) => ({
    ...onlySingle(s),
    points: onlySingle(s).points.filter((p) => p.at >= (begunAt.get(s.endpointId) ?? 0) + SETTLING_MS),
  }));
  return { ...asMinutes, series: settled, resolutionMs: step, historyMs: pastOf(settled, compared) };
}

/** What is to be known of a wave that is too large to read whole: whose states are not simply good, and who is still there. */
async function sieve(health: Health, q: WaveQuery, endpointIds: readonly string[], since: Instant, from: Instant) {
  const troubled = await health.troubled({ endpointIds: [...q.treated.keys()], up: q.up, still: q.still, since, from });
  return { troubled: pick([...troubled], MAX_TROUBLED), lastSeen: await health.lastSeen(endpointIds, from) };
}

/** The moments from which on treated endpoints show what another deployment did as well. */
export const disturbances = (treated: readonly { readonly endpointId: string; readonly until?: Instant }[]): ReadonlyMap<string, Instant> =>
  new Map(treated.flatMap(({ endpointId, until }) => (until === undefined ? [] : [[endpointId, until]])));

/** Series that end where their endpoint was disturbed. */
export const upToDisturbance = (series: readonly HealthSeries[], disturbed: ReadonlyMap<string, Instant>): readonly HealthSeries[] =>
  disturbed.size === 0
    ? series
    : series.map((s) => {
        const until = disturbed.get(s.endpointId);
        return until === undefined ? s : { ...s, points: s.points.filter((p) => p.at < until) };
      });

/** At most so many, by a digest of the name: neither order of arrival nor naming decides, and a growing wave keeps its choice. */
function pick(ids: readonly string[], most: number): string[] {
  if (ids.length <= most) return [...ids];
  const digests = new Map(ids.map((id) => [id, createHash("sha256").update(id).digest("hex")]));
  return [...ids].sort((a, b) => ((digests.get(a) as string) < (digests.get(b) as string) ? -1 : 1)).slice(0, most);
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
