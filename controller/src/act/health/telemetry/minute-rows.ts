import { formatInstant, type Instant } from "@breakwater/shared/core";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, rowsOf } from "../../../store/index.ts";
import type { Minute } from "./minutes.ts";

/** Rows a statement: some 200 kB of parameters, which both drivers take in a few milliseconds. */
const CHUNK = 2_000;

/**
 * Adds minutes to the table. A row that is there already (a flush before a restart, a late sample) is added to, not replaced.
 */
export async function writeMinutes(db: Db, minutes: readonly Minute[]): Promise<void> {
  for (let start = 0; start < minutes.length; start += CHUNK) {
    const chunk = minutes.slice(start, start + CHUNK);
    const column = (of: (m: Minute) => unknown) => sql.param(chunk.map((m) => String(of(m))));
    await db.execute(sql`
      insert into health_minute as h (endpoint_id, metric, subject, at, count, mean, min, max, last)
      select endpoint_id, metric, subject, at::timestamptz, count::int, mean::float8, min::float8, max::float8, last::float8
      from unnest(${column((m) => m.endpointId)}::text[], ${column((m) => m.metric)}::text[], ${column((m) => m.subject)}::text[],
        ${column((m) => formatInstant(m.at as Instant))}::text[], ${column((m) => m.count)}::text[], ${column((m) => m.mean)}::text[],
        ${column((m) => m.min)}::text[], ${column((m) => m.max)}::text[], ${column((m) => m.last)}::text[])
        as t(endpoint_id, metric, subject, at, count, mean, min, max, last)
      on conflict (endpoint_id, metric, subject, at) do update set
        mean = (h.mean * h.count + excluded.mean * excluded.count) / (h.count + excluded.count),
        count = h.count + excluded.count,
        min = least(h.min, excluded.min),
        max = greatest(h.max, excluded.max),
        last = excluded.last`);
  }
}

export interface TroubleQuery {
  readonly endpointIds: readonly string[];
  readonly up: readonly string[];
  readonly still: readonly string[];
  readonly from: Instant;
  readonly since: Instant;
}

const rowSchema = z.object({
  endpoint_id: z.string(),
  metric: z.string(),
  subject: z.string(),
  at: z.coerce.number(),
  count: z.coerce.number(),
  mean: z.coerce.number(),
  min: z.coerce.number(),
  max: z.coerce.number(),
  last: z.coerce.number(),
});

/** Minutes of endpoints in [from, to), oldest first. No metrics named = all. */
export async function readMinutes(
  db: Db,
  wanted: { endpointIds: readonly string[]; metrics?: readonly string[]; from: number; to: number },
): Promise<Minute[]> {
  const metrics = wanted.metrics ? sql`and metric = any(${sql.param([...wanted.metrics])}::text[])` : sql``;
  const result = await db.execute(sql`
    select endpoint_id, metric, subject, extract(epoch from at) * 1000 as at, count, mean, min, max, last
    from health_minute
    where endpoint_id = any(${sql.param([...wanted.endpointIds])}::text[])
      and at >= ${formatInstant(wanted.from as Instant)}::timestamptz and at < ${formatInstant(wanted.to as Instant)}::timestamptz ${metrics}
    order by at`);
  return rowsOf(result).map((row) => {
    const { endpoint_id, ...rest } = rowSchema.parse(row);
    return { endpointId: endpoint_id, ...rest };
  });
}

/**
 * Endpoints with a state that is not simply good: a probe or unit (`up`) that was down in some minute since `since`, or a
 * counter (`still`) that moved in any minute from `from` on. The database looks through the minutes, so that a large wave costs
 * few rows on the way.
 */
export async function readTroubled(db: Db, wanted: TroubleQuery): Promise<string[]> {
  const ids = sql.param([...wanted.endpointIds]);
  const result = await db.execute(sql`
    select distinct endpoint_id from health_minute
    where endpoint_id = any(${ids}::text[]) and metric = any(${sql.param([...wanted.up])}::text[])
      and at >= ${formatInstant(wanted.since)}::timestamptz and min <= 0
    union
    select endpoint_id from health_minute
    where endpoint_id = any(${ids}::text[]) and metric = any(${sql.param([...wanted.still])}::text[])
      and at >= ${formatInstant(wanted.from)}::timestamptz
    group by endpoint_id, metric, subject having max(max) > min(min)`);
  return rowsOf(result).map((row) => z.object({ endpoint_id: z.string() }).parse(row).endpoint_id);
}

/** The newest minute of each endpoint since a moment. */
export async function readLastSeen(db: Db, endpointIds: readonly string[], since: Instant): Promise<Map<string, Instant>> {
  const result = await db.execute(sql`
    select endpoint_id, extract(epoch from max(at)) * 1000 as at from health_minute
    where endpoint_id = any(${sql.param([...endpointIds])}::text[]) and at >= ${formatInstant(since)}::timestamptz group by endpoint_id`);
  const seen = z.array(z.object({ endpoint_id: z.string(), at: z.coerce.number() })).parse(rowsOf(result));
  return new Map(seen.map((row) => [row.endpoint_id, row.at as Instant]));
}

/** Deletes minutes before a moment. */
export async function deleteMinutesBefore(db: Db, moment: number): Promise<void> {
  await db.execute(sql`delete from health_minute where at < ${formatInstant(moment as Instant)}::timestamptz`);
}
