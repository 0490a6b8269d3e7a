import { formatInstant, type Instant } from "@breakwater/shared/core";
import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "../../store/index.ts";
import { queryRows } from "../rows.ts";
import { Moment } from "./findings.ts";

const Now = z.object({
  /** Endpoints that sent an inventory; of the others nothing is known, so they count as unknown, not as safe. */
  endpoints: z.coerce.number(),
  unknownEndpoints: z.coerce.number(),
  endpointsWithFindings: z.coerce.number(),
  open: z.coerce.number(),
  noFix: z.coerce.number(),
  knownExploited: z.coerce.number(),
  /** Sum of all findings' risks: what patching can remove. */
  total: z.number(),
  highest: z.number(),
});
const Day = z.object({ at: Moment, total: z.number(), open: z.coerce.number() });

/** How the fleet stands now, and day by day. Past days use today's scores of what was open then. */
export type FleetRisk = z.infer<typeof Now> & { readonly history: readonly z.infer<typeof Day>[] };

const HISTORY_DAYS = 30;

export async function fleetRisk(db: Db, now: Instant): Promise<FleetRisk> {
  const [current] = await queryRows(
    db,
    Now,
    sql`
    select (select count(*) from endpoint where revoked_at is null and inventory_at is not null) as endpoints,
      (select count(*) from endpoint where revoked_at is null and inventory_at is null) as "unknownEndpoints",
      count(distinct f.endpoint_id) as "endpointsWithFindings",
      count(*) filter (where f.state = 'open') as open, count(*) filter (where f.state = 'no-fix') as "noFix",
      count(*) filter (where exists (select 1 from signal s where s.vulnerability_id = f.vulnerability_id and s.kind = 'kev')) as "knownExploited",
      coalesce(sum(f.risk), 0)::float8 as total, coalesce(max(f.risk), 0)::float8 as highest
    from finding f join endpoint e on e.id = f.endpoint_id and e.revoked_at is null
    where f.state in ('open', 'no-fix')`,
  );
  if (!current) throw new Error("an aggregate without a row");
  const history = await queryRows(
    db,
    Day,
    sql`
    select d.at::text as at, coalesce(sum(f.risk), 0)::float8 as total, count(f.id) as open
    from generate_series(${formatInstant(now)}::timestamptz - make_interval(days => ${HISTORY_DAYS}), ${formatInstant(now)}::timestamptz, '1 day') d(at)
    left join finding f on f.opened_at <= d.at and (f.closed_at is null or f.closed_at > d.at) and f.state <> 'ignored'
    group by d.at order by d.at`,
  );
  return { ...current, history };
}
