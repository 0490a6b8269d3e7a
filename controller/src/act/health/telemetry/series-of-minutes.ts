import type { Instant } from "@breakwater/shared/core";
import type { Db } from "../../../store/index.ts";
import type { HealthPoint, HealthSeries, SeriesQuery } from "../types.ts";
import { readMinutes } from "./minute-rows.ts";
import { MINUTE_MS, type Minute, mergeInto, type PendingMinutes } from "./minutes.ts";
import type { Ring } from "./ring.ts";

/** Minutes of the database and those that wait for it, as series; points oldest first. */
export async function seriesOfMinutes(db: Db, pending: PendingMinutes, query: SeriesQuery): Promise<HealthSeries[]> {
  const merged = new Map<string, Minute>();
  const ids = new Set(query.endpointIds);
  const metrics = query.metrics && new Set(query.metrics);
  const add = (m: Minute) => {
    const key = `${m.endpointId}\n${m.metric}\n${m.subject}\n${m.at}`;
    const known = merged.get(key);
    if (known) mergeInto(known, m);
    else merged.set(key, { ...m });
  };
  for (const m of await readMinutes(db, query)) add(m);
  for (const m of pending.of(ids, query.from, query.to)) if (!metrics || metrics.has(m.metric)) add(m);
  const found = new Map<string, HealthSeries & { points: HealthPoint[] }>();
  for (const m of [...merged.values()].sort((a, b) => a.at - b.at)) {
    const { endpointId, metric, subject, at, ...rest } = m;
    const key = `${endpointId}\n${metric}\n${subject}`;
    const series = found.get(key) ?? { endpointId, metric, subject, points: [] };
    found.set(key, series);
    series.points.push({ at: at as Instant, ...rest });
  }
  return [...found.values()];
}

/** Single samples of memory in place of the minutes they make up; minutes that lie wholly before the oldest of them stay. */
export function refineSeries(series: HealthSeries, ring: Ring | undefined, from: Instant, to: Instant): HealthSeries {
  const oldest = ring?.oldestAt;
  if (!ring || oldest === undefined) return series;
  const before = series.points.filter((p) => p.at + MINUTE_MS <= oldest);
  const samples = ring.between(from, to).sort((a, b) => a.at - b.at);
  const single = samples.map(({ at, value }) => ({ at: at as Instant, mean: value, min: value, max: value, last: value, count: 1 }));
  return { ...series, points: [...before, ...single] };
}
