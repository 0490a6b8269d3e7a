import { formatInstant, type Instant } from "@breakwater/shared/core";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, queryRows } from "../../../store/index.ts";
import type { ForeignChange } from "../core/index.ts";

/** Executions of other deployments that are in flight. A rollback's own row says nothing that its execution's does not. */
const inFlight = sql`right(x.id, 3) <> '_rb' and x.state in
  ('queued', 'delivered', 'accepted', 'prechecking', 'prefetched', 'applying', 'rebooting', 'verifying', 'rolling-back')`;

const busyRow = z.object({ endpointId: z.string(), site: z.string() });

/** Endpoints of the whole fleet that other deployments are changing now, with their sites. */
export const readBusy = (db: Db, deploymentId: string) =>
  queryRows(
    db,
    busyRow,
    sql`select x.endpoint_id as "endpointId", coalesce(endpoint.site, 'default') as site
      from execution x left join endpoint on endpoint.id = x.endpoint_id
      where x.deployment_id <> ${deploymentId} and ${inFlight}`,
  );

const millis = z.coerce.number().transform((ms) => ms as Instant);
const changeRow = z.object({
  endpointId: z.string(),
  deploymentId: z.string(),
  from: millis,
  to: millis.nullable(),
  watchedUntil: millis.nullable(),
});
const ms = (column: "started_at" | "finished_at" | "watched_until") => sql`(extract(epoch from x.${sql.raw(column)}) * 1000)::bigint::text`;

/** What other deployments change on these endpoints now, or changed and ended since a moment. What was refused or cancelled changed nothing. A deployment that is over watches nothing any more. */
export async function readElsewhere(
  db: Db,
  deploymentId: string,
  endpointIds: readonly string[],
  since: Instant,
): Promise<ReadonlyMap<string, readonly ForeignChange[]>> {
  const rows = await queryRows(
    db,
    changeRow,
    sql`select x.endpoint_id as "endpointId", x.deployment_id as "deploymentId", ${ms("started_at")} as "from",
        case when ${inFlight} then null else ${ms("finished_at")} end as "to",
        case when d.state in ('scheduled', 'running', 'paused') then ${ms("watched_until")} end as "watchedUntil"
      from execution x join deployment d on d.id = x.deployment_id
      where x.endpoint_id in (select unnest(${sql.param([...endpointIds])}::text[])) and x.deployment_id <> ${deploymentId}
        and x.started_at is not null and right(x.id, 3) <> '_rb' and x.state not in ('refused', 'cancelled')
        and (${inFlight} or x.finished_at >= ${formatInstant(since)}::timestamptz)`,
  );
  const changes = new Map<string, ForeignChange[]>();
  for (const { endpointId, deploymentId: by, from, to, watchedUntil } of rows) {
    const known = changes.get(endpointId) ?? [];
    known.push({ deploymentId: by, from, ...(to === null ? {} : { to }), ...(watchedUntil === null ? {} : { watchedUntil }) });
    changes.set(endpointId, known);
  }
  return changes;
}
