import { addMs, formatInstant, type Instant } from "@breakwater/shared/core";
import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "../../store/index.ts";
import { queryRows } from "../rows.ts";

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
const Change = z.object({ daysAgo: z.coerce.number(), total: z.number(), open: z.coerce.number() });

/** How the fleet stands now, and day by day. Past days use today's scores of what was open then. */
export type FleetRisk = z.infer<typeof Now> & {
  readonly history: readonly { readonly at: string; readonly total: number; readonly open: number }[];
};

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
  const changes = await queryRows(
    db,
    Change,
    sql`
    select floor(extract(epoch from ${formatInstant(now)}::timestamptz - at) / 86400)::int as "daysAgo", sum(risk)::float8 as total, sum(n) as open
    from (
      select opened_at as at, risk, 1 as n from finding where state <> 'ignored'
      union all select closed_at, -risk, -1 from finding where state <> 'ignored' and closed_at is not null) c
    where at <= ${formatInstant(now)}::timestamptz group by 1`,
  );
  return { ...current, history: historyOf(changes, now) };
}

/** Adds up what opened and closed until each day; a change less than a day old belongs to the last one. */
function historyOf(changes: readonly z.infer<typeof Change>[], now: Instant): FleetRisk["history"] {
  return Array.from({ length: HISTORY_DAYS + 1 }, (_, i) => HISTORY_DAYS - i).map((daysAgo) => {
    const until = changes.filter((c) => c.daysAgo >= daysAgo);
    return {
      at: formatInstant(addMs(now, -daysAgo * 86_400_000)),
      total: Math.max(
        0,
        until.reduce((sum, c) => sum + c.total, 0),
      ),
      open: until.reduce((sum, c) => sum + c.open, 0),
    };
  });
}
