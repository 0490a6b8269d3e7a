import { type DurationMs, days, formatInstant, type Instant } from "@breakwater/shared/core";
import { type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "../../../store/index.ts";
import type { riskPointSchema } from "../schemas/index.ts";
import { int, momentOrNull, real, select } from "./select.ts";

const DAYS = 90;
const DAY: DurationMs = days(1);
/** When a finding stopped counting as open: it was set aside before it closed, or closed. */
const ENDED = sql`coalesce(set_aside_at, closed_at)`;
const startRow = z.object({ open: int, risk: real });
const changeRow = z.object({ day: z.string(), n: int, risk: real });

/**
 * Open findings and their risk at the end of each of the last 90 days (UTC), and now. Counted from when findings opened and
 * closed or were set aside by a decision, with the risk that each has now or had last; so the past is as it is judged today. Days before the first finding
 * was ever seen are left out: then nothing was known, which is not the same as no risk.
 */
export async function riskHistory(db: Db, now: Instant): Promise<z.infer<typeof riskPointSchema>[]> {
  const midnight = Math.floor(now / DAY) * DAY;
  const first = midnight - (DAYS - 1) * DAY;
  const since = formatInstant(first as Instant);
  const counted = sql`state <> 'ignored'`;
  const [start] = await select(
    db,
    startRow,
    sql`select count(*) as open, coalesce(sum(risk), 0) as risk from finding
      where ${counted} and opened_at < ${since}::timestamptz and (${ENDED} is null or ${ENDED} >= ${since}::timestamptz)`,
  );
  const changes = (column: SQL) =>
    select(
      db,
      changeRow,
      sql`select to_char(${column} at time zone 'UTC', 'YYYY-MM-DD') as day, count(*) as n, sum(risk) as risk from finding
        where ${counted} and ${column} >= ${since}::timestamptz group by 1`,
    );
  const byDay = (rows: z.infer<typeof changeRow>[]) => new Map(rows.map((r) => [r.day, r]));
  const opened = byDay(await changes(sql`opened_at`));
  const closed = byDay(await changes(ENDED));
  let open = start?.open ?? 0;
  let risk = start?.risk ?? 0;
  const [known] = await select(db, z.object({ since: momentOrNull }), sql`select min(opened_at) as since from finding where ${counted}`);
  const knownSince = known?.since ? Date.parse(known.since) : now;
  const points = Array.from({ length: DAYS }, (_, i) => {
    const at = first + i * DAY;
    const day = formatInstant(at as Instant).slice(0, 10);
    const [up, down] = [opened.get(day), closed.get(day)];
    open += (up?.n ?? 0) - (down?.n ?? 0);
    risk += (up?.risk ?? 0) - (down?.risk ?? 0);
    // The last day is not over: its point is the present.
    const end = Math.min(at + DAY, now) as Instant;
    return { at: formatInstant(end), openFindings: open, risk: Math.max(0, risk), opened: up?.n ?? 0, closed: down?.n ?? 0 };
  });
  return points.filter((p) => Date.parse(p.at) >= knownSince);
}
