import type { Instant } from "@breakwater/shared/core";
import type { Health, HealthSeries, SeriesQuery } from "../types.ts";

/** Minutes younger than this may still be added to by late samples, so they are read anew. */
const SETTLES_AFTER_MS = 10 * 60_000;
/** Points kept over all endpoints, some 60 MB; beyond that everything is forgotten and read again. */
const MAX_POINTS = 600_000;

interface Held {
  readonly from: Instant;
  /** Minutes before this are settled. */
  to: Instant;
  readonly series: Map<string, HealthSeries>;
}

export interface PastCache {
  read(query: SeriesQuery): Promise<HealthSeries[]>;
}

/** Levels are compared with a day, states with an hour: one cache for each. */
export interface WavePast {
  readonly levels: PastCache;
  readonly states: PastCache;
}

/**
 * Minutes that do not change any more, kept so that a wave which is judged every few seconds does not read a day of its
 * endpoints each time. Only a cache: without it the answer is the same.
 */
export function createPastCache(health: Health): PastCache {
  const held = new Map<string, Held>();

  /** Puts what was read in place of everything from `readFrom` on. */
  function keep(query: SeriesQuery, readFrom: Instant, series: readonly HealthSeries[]): void {
    const settled = Math.max(query.from, query.to - SETTLES_AFTER_MS) as Instant;
    for (const id of query.endpointIds) {
      const one = held.get(id) ?? { from: query.from, to: settled, series: new Map<string, HealthSeries>() };
      one.to = settled;
      held.set(id, one);
    }
    for (const s of series) {
      const one = held.get(s.endpointId)?.series;
      const key = `${s.metric}\n${s.subject}`;
      const before = one?.get(key)?.points.filter((p) => p.at < readFrom) ?? [];
      one?.set(key, { ...s, points: [...before, ...s.points] });
    }
  }

  return {
    async read(query) {
      let points = 0;
      for (const one of held.values()) for (const s of one.series.values()) points += s.points.length;
      if (points > MAX_POINTS) held.clear();
      const known = query.endpointIds.filter((id) => (held.get(id)?.from ?? Number.POSITIVE_INFINITY) <= query.from);
      const knownIds = new Set(known);
      const fresh = query.endpointIds.filter((id) => !knownIds.has(id));
      for (const id of fresh) held.delete(id);
      if (fresh.length > 0) {
        const whole = { ...query, endpointIds: fresh };
        keep(whole, query.from, await health.series(whole));
      }
      if (known.length > 0) {
        const from = Math.max(query.from, Math.min(...known.map((id) => held.get(id)?.to ?? query.from))) as Instant;
        const newer = { ...query, endpointIds: known, from };
        if (from < query.to) keep(newer, from, await health.series(newer));
      }
      const all = query.endpointIds.flatMap((id) => [...(held.get(id)?.series.values() ?? [])]);
      return all.map((s) => ({ ...s, points: s.points.filter((p) => p.at >= query.from && p.at < query.to) }));
    },
  };
}
