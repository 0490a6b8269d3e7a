import type { Clock, Instant } from "@breakwater/shared/core";
import { METRICS, type MetricName } from "@breakwater/shared/health";
import type { Logger } from "@breakwater/shared/log";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { rowsOf, type Store } from "../../store/index.ts";
import { deleteMinutesBefore, readLastSeen, readTroubled, writeMinutes } from "./telemetry/minute-rows.ts";
import { MINUTE_MS, PendingMinutes } from "./telemetry/minutes.ts";
import { Ring } from "./telemetry/ring.ts";
import { refineSeries, seriesOfMinutes } from "./telemetry/series-of-minutes.ts";
import { type FleetSample, Watcher } from "./telemetry/subscriptions.ts";
import type { Health } from "./types.ts";

/** Two hours at one sample in 15 s. */
const RAW_SAMPLES = 480;
/** Series kept raw: 160 MB when all are full. Others live by their minutes alone. */
const MAX_RAW_SERIES = 20_000;
/**
 * Minutes waiting for the database, some 250 MB: half an hour of a thousand endpoints with 30 series. Of ten thousand it is three
 * minutes, which is little for an outage, but one that is over and one that runs always fit.
 */
const MAX_PENDING_MINUTES = 1_000_000;
const FLUSH_EVERY_MS = 15_000;
const RETAIN_EVERY_MS = 3_600_000;
const RETENTION_MS = 14 * 86_400_000;
/** A sample from further ahead comes from a wrong clock. */
const MAX_AHEAD_MS = 5 * MINUTE_MS;
const TAGS_EVERY_MS = 30_000;
/** How far back `latest` looks where memory knows nothing. */
const LATEST_REACH_MS = 3_600_000;

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
  const lastSeen = new Map<string, Instant>();
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

  return {
    take(endpointId, at, samples) {
      const tooFar = at > clock.now() + MAX_AHEAD_MS;
      if (!tooFar && samples.length > 0) lastSeen.set(endpointId, Math.max(at, lastSeen.get(endpointId) ?? 0) as Instant);
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
      for (const { metric, subject, points } of await seriesOfMinutes(store.db, pending, query)) {
        const last = points[points.length - 1];
        if (last) newest.set(`${metric}\n${subject}`, { endpointId, metric: metric as MetricName, subject, at: last.at, value: last.last });
      }
      return [...newest.values()];
    },

    series: (query) => seriesOfMinutes(store.db, pending, query),

    refine: (series, from, to) => series.map((s) => refineSeries(s, raw.get(s.endpointId)?.get(`${s.metric}\n${s.subject}`), from, to)),

    async troubled(query) {
      return new Set(await readTroubled(store.db, query));
    },

    async lastSeen(endpointIds, since) {
      const found = new Map<string, Instant>();
      for (const id of endpointIds) {
        const at = lastSeen.get(id);
        if (at !== undefined && at >= since) found.set(id, at);
      }
      const unknown = endpointIds.filter((id) => !found.has(id));
      if (unknown.length > 0) for (const [id, at] of await readLastSeen(store.db, unknown, since)) found.set(id, at);
      return found;
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
