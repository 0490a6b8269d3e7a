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
const changeRow = z.object({ opened: z.string().nullable(), ended: z.string().nullable(), n: int, risk: real });

interface Tally {
  n: number;
  risk: number;
}
const add = (to: Tally, { n, risk }: Tally): void => {
  to.n += n;
  to.risk += risk;
};
function at(days: Map<string, Tally>, day: string): Tally {
  const known = days.get(day) ?? { n: 0, risk: 0 };
  days.set(day, known);
  return known;
}

/**
 * Open findings and their risk at the end of each of the last 90 days (UTC), and now. Counted from when findings opened and
 * closed or were set aside by a decision, with the risk that each has now or had last; so the past is as it is judged today. Days before the first finding
 * was ever seen are left out: then nothing was known, which is not the same as no risk.
 */
export async function riskHistory(db: Db, now: Instant): Promise<z.infer<typeof riskPointSchema>[]> {
  const midnight = Math.floor(now / DAY) * DAY;
  const first = midnight - (DAYS - 1) * DAY;
  const since = formatInstant(first as Instant);
  const day = (column: SQL) =>
    sql`case when ${column} >= ${since}::timestamptz then to_char(${column} at time zone 'UTC', 'YYYY-MM-DD') end`;
  // Read once, by the days on which they opened and ended; null is before the first day, or, of an end, never: those that ended before it are left out.
  const days = await select(
    db,
    changeRow,
    sql`select ${day(sql`opened_at`)} as opened, ${day(ENDED)} as ended, count(*) as n, sum(risk) as risk from finding
      where state <> 'ignored' and (opened_at >= ${since}::timestamptz or ${ENDED} is null or ${ENDED} >= ${since}::timestamptz) group by 1, 2`,
  );
  const opened = new Map<string, Tally>();
  const closed = new Map<string, Tally>();
  const start: Tally = { n: 0, risk: 0 };
  for (const of of days) {
    if (of.opened === null) add(start, of);
    else add(at(opened, of.opened), of);
    if (of.ended !== null) add(at(closed, of.ended), of);
  }
  let { n: open, risk } = start;
  const [known] = await select(
    db,
    z.object({ since: momentOrNull }),
    sql`select min(opened_at) as since from finding where state <> 'ignored'`,
  );
  const knownSince = known?.since ? Date.parse(known.since) : now;
  const points = Array.from({ length: DAYS }, (_, i) => {
    const begin = first + i * DAY;
    const day = formatInstant(begin as Instant).slice(0, 10);
    const [up, down] = [opened.get(day), closed.get(day)];
    open += (up?.n ?? 0) - (down?.n ?? 0);
    risk += (up?.risk ?? 0) - (down?.risk ?? 0);
    // The last day is not over: its point is the present.
    const end = Math.min(begin + DAY, now) as Instant;
    return { at: formatInstant(end), openFindings: open, risk: Math.max(0, risk), opened: up?.n ?? 0, closed: down?.n ?? 0 };
  });
  return points.filter((p) => Date.parse(p.at) >= knownSince);
}
