import type { Clock, Instant } from "@breakwater/shared/core";
import { METRICS, type MetricName, type Sample } from "@breakwater/shared/health";
import type { Logger } from "@breakwater/shared/log";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { rowsOf, type Store } from "../../store/index.ts";
import { deleteMinutesBefore, readMinutes, writeMinutes } from "./telemetry/minute-rows.ts";
import { MINUTE_MS, type Minute, mergeInto, PendingMinutes } from "./telemetry/minutes.ts";
import { Ring } from "./telemetry/ring.ts";
import { type FleetSample, Watcher, type WatchFilter, type WatchSink } from "./telemetry/subscriptions.ts";

/** Two hours at one sample in 15 s. */
const RAW_SAMPLES = 480;
/** Series kept raw: 160 MB when all are full. Others live by their minutes alone. */
const MAX_RAW_SERIES = 20_000;
/** Minutes waiting for the database: half an hour of a thousand endpoints with 15 series, some 100 MB. */
const MAX_PENDING_MINUTES = 450_000;
const FLUSH_EVERY_MS = 15_000;
const RETAIN_EVERY_MS = 3_600_000;
const RETENTION_MS = 14 * 86_400_000;
/** A sample from further ahead comes from a wrong clock. */
const MAX_AHEAD_MS = 5 * MINUTE_MS;
const TAGS_EVERY_MS = 30_000;
/** How far back `latest` looks where memory knows nothing. */
const LATEST_REACH_MS = 3_600_000;

export interface HealthPoint {
  readonly at: Instant;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  readonly last: number;
  /** Samples in it. */
  readonly count: number;
}

export interface HealthSeries {
  readonly endpointId: string;
  readonly metric: string;
  readonly subject: string;
  readonly points: readonly HealthPoint[];
}

export interface SeriesQuery {
  readonly endpointIds: readonly string[];
  /** All where absent. */
  readonly metrics?: readonly string[];
  readonly from: Instant;
  /** Exclusive. */
  readonly to: Instant;
  /** "raw": single samples where memory still has them, minutes before that. Default "minute". */
  readonly resolution?: "raw" | "minute";
}

export interface HealthCounters {
  readonly taken: number;
  /** Not a number, from the future, or of a metric that nobody knows. */
  readonly refused: number;
  /** Minutes that never reached the database. */
  readonly droppedMinutes: number;
  readonly pendingMinutes: number;
  readonly rawSeries: number;
}

export interface Health {
  /** Takes in the samples that an endpoint took at one moment. Never waits, never throws. */
  take(endpointId: string, at: Instant, samples: readonly Sample[]): void;
  /** The newest sample of every series of an endpoint, with its time, which may be long ago. */
  latest(endpointId: string): Promise<FleetSample[]>;
  series(query: SeriesQuery): Promise<HealthSeries[]>;
  /** @returns a function that ends the watch */
  subscribe(filter: WatchFilter, sink: WatchSink): () => void;
  /** Writes the minutes that are over (all of them when `everything`). A database that fails is tried again with the next flush. */
  flush(everything?: boolean): Promise<void>;
  counters(): HealthCounters;
  start(): void;
  stop(): Promise<void>;
}

/**
 * Health telemetry: raw samples for two hours in memory, one-minute rollups for two weeks in the database. A crash costs
 * the minutes that were not over or not flushed, at most 75 s.
 */
export function createHealth({
  store,
  clock,
  log,
  maxPendingMinutes = MAX_PENDING_MINUTES,
}: {
  store: Store;
  clock: Clock;
  log: Logger;
  maxPendingMinutes?: number;
}): Health {
  const raw = new Map<string, Map<string, Ring>>();
  const pending = new PendingMinutes(maxPendingMinutes);
  const watchers = new Set<Watcher>();
  const timers: NodeJS.Timeout[] = [];
  let rawSeries = 0;
  let taken = 0;
  let refused = 0;
  let outage = false;
  let flushing: Promise<void> = Promise.resolve();

  function ringOf(endpointId: string, key: string): Ring | undefined {
    const rings = raw.get(endpointId) ?? new Map<string, Ring>();
    raw.set(endpointId, rings);
    const known = rings.get(key);
    if (known || rawSeries >= MAX_RAW_SERIES) return known;
    const ring = new Ring(RAW_SAMPLES);
    rings.set(key, ring);
    rawSeries++;
    return ring;
  }

  async function flushNow(everything: boolean): Promise<void> {
    const minutes = pending.takeBefore(everything ? Number.POSITIVE_INFINITY : clock.now());
    if (minutes.length === 0) return;
    try {
      await store.db.transaction(async (tx) => writeMinutes(tx as typeof store.db, minutes));
      if (outage) log.info({ pending: pending.size, dropped: pending.dropped }, "health minutes are written again");
      outage = false;
    } catch (cause) {
      pending.putBack(minutes);
      if (!outage) log.error({ err: cause, pending: pending.size }, "health minutes cannot be written; they wait in memory");
      outage = true;
    }
  }

  function flush(everything = false): Promise<void> {
    flushing = flushing.then(() => flushNow(everything));
    return flushing;
  }

  async function findTagged(watcher: Watcher): Promise<void> {
    const tags = watcher.filter.tags ?? [];
    if (tags.length === 0) return;
    const rows = await store.db.execute(sql`select id from endpoint where tags ?| ${sql.param([...tags])}::text[]`);
    watcher.tagged = new Set(
      z
        .array(z.object({ id: z.string() }))
        .parse(rowsOf(rows))
        .map((r) => r.id),
    );
  }

  function refreshTags(watcher: Watcher): void {
    findTagged(watcher).catch((cause) => log.warn({ err: cause }, "tags of a health watch cannot be read; the last ones are used"));
  }

  async function minutesOf(query: SeriesQuery): Promise<Map<string, HealthSeries & { points: HealthPoint[] }>> {
    const stored = await readMinutes(store.db, query);
    const merged = new Map<string, Minute>();
    const ids = new Set(query.endpointIds);
    const metrics = query.metrics && new Set(query.metrics);
    const add = (m: Minute) => {
      const key = `${m.endpointId}\n${m.metric}\n${m.subject}\n${m.at}`;
      const known = merged.get(key);
      if (known) mergeInto(known, m);
      else merged.set(key, { ...m });
    };
    stored.forEach(add);
    for (const m of pending.of(ids, query.from, query.to)) if (!metrics || metrics.has(m.metric)) add(m);
    const found = new Map<string, HealthSeries & { points: HealthPoint[] }>();
    for (const m of [...merged.values()].sort((a, b) => a.at - b.at)) {
      const { endpointId, metric, subject, at, ...rest } = m;
      const key = `${endpointId}\n${metric}\n${subject}`;
      const series = found.get(key) ?? { endpointId, metric, subject, points: [] };
      found.set(key, series);
      series.points.push({ at: at as Instant, ...rest });
    }
    return found;
  }

  return {
    take(endpointId, at, samples) {
      const tooFar = at > clock.now() + MAX_AHEAD_MS;
      for (const sample of samples) {
        if (tooFar || !Number.isFinite(sample.value) || !(sample.metric in METRICS)) {
          refused++;
          continue;
        }
        taken++;
        ringOf(endpointId, `${sample.metric}\n${sample.subject}`)?.push(at, sample.value);
        pending.add(endpointId, at, sample);
        for (const watcher of watchers) watcher.offer({ endpointId, at, ...sample });
      }
    },

    async latest(endpointId) {
      const newest = new Map<string, FleetSample>();
      for (const [key, ring] of raw.get(endpointId) ?? []) {
        const [metric, subject] = key.split("\n") as [MetricName, string];
        const sample = ring.newest;
        if (sample) newest.set(key, { endpointId, metric, subject, at: sample.at as Instant, value: sample.value });
      }
      if (newest.size > 0) return [...newest.values()];
      const now = clock.now();
      const query = { endpointIds: [endpointId], from: (now - LATEST_REACH_MS) as Instant, to: (now + MAX_AHEAD_MS) as Instant };
      for (const [key, series] of await minutesOf(query)) {
        const last = series.points[series.points.length - 1];
        if (last)
          newest.set(key, { endpointId, metric: series.metric as MetricName, subject: series.subject, at: last.at, value: last.last });
      }
      return [...newest.values()];
    },

    async series(query) {
      const found = await minutesOf(query);
      if (query.resolution !== "raw") return [...found.values()];
      for (const series of found.values()) {
        const ring = raw.get(series.endpointId)?.get(`${series.metric}\n${series.subject}`);
        if (ring?.oldestAt === undefined) continue;
        // Minutes that lie wholly before the oldest raw sample stay minutes.
        const before = series.points.filter((p) => p.at + MINUTE_MS <= (ring.oldestAt as number));
        const samples = ring.between(query.from, query.to).sort((a, b) => a.at - b.at);
        const single = samples.map(({ at, value }) => ({ at: at as Instant, mean: value, min: value, max: value, last: value, count: 1 }));
        series.points.splice(0, series.points.length, ...before, ...single);
      }
      return [...found.values()];
    },

    subscribe(filter, sink) {
      const watcher = new Watcher(filter, sink, (cause) => {
        watchers.delete(watcher);
        log.debug({ err: cause }, "a health watch ended");
      });
      watchers.add(watcher);
      refreshTags(watcher);
      return () => void watchers.delete(watcher);
    },

    flush,
    counters: () => ({ taken, refused, droppedMinutes: pending.dropped, pendingMinutes: pending.size, rawSeries }),

    start() {
      timers.push(
        setInterval(() => void flush(), FLUSH_EVERY_MS),
        setInterval(() => {
          for (const watcher of watchers) refreshTags(watcher);
        }, TAGS_EVERY_MS),
        setInterval(() => {
          deleteMinutesBefore(store.db, clock.now() - RETENTION_MS).catch((cause) =>
            log.warn({ err: cause }, "old health minutes cannot be deleted; it is tried again in an hour"),
          );
        }, RETAIN_EVERY_MS),
      );
      for (const timer of timers) timer.unref();
    },

    async stop() {
      for (const timer of timers.splice(0)) clearInterval(timer);
      await flush(true);
    },
  };
}
