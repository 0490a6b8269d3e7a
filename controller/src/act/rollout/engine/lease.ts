import { addMs, formatInstant, type Instant } from "@breakwater/shared/core";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, rowsOf } from "../../../store/index.ts";

const leasedRows = z.array(z.object({ id: z.string(), fencing_token: z.coerce.number().int() }));

export interface Leased {
  readonly id: string;
  readonly fencingToken: number;
}

/**
 * Takes or renews the leases of all deployments that have anything left to do: not over, or over with a report of an
 * endpoint that came back late, or with a question that nobody has answered. The fencing token grows with each change of hands; a driver that was away too long fails
 * at its next write.
 */
export async function takeLeases(db: Db, holder: string, now: Instant, leaseMs: number, simulated: boolean | undefined): Promise<Leased[]> {
  const at = formatInstant(now);
  const rows = await db.execute(sql`
    with due as (
      select id from deployment d
      where (d.finished_at is null or jsonb_array_length(coalesce(d.snapshot->'decisions', '[]'::jsonb)) > 0
          or exists (select 1 from execution e join execution_report r on r.execution_id = e.id and r.step > e.last_step where e.deployment_id = d.id))
        and (d.lease_holder is null or d.lease_holder = ${holder} or d.lease_until <= ${at}::timestamptz)
        ${simulated === undefined ? sql`` : sql`and d.simulated = ${simulated}`}
      order by d.created_at for update skip locked)
    update deployment set
      fencing_token = case when deployment.lease_holder = ${holder} and deployment.lease_until > ${at}::timestamptz
        then deployment.fencing_token else deployment.fencing_token + 1 end,
      lease_holder = ${holder}, lease_until = ${formatInstant(addMs(now, leaseMs))}::timestamptz
    from due where deployment.id = due.id
    returning deployment.id, deployment.fencing_token::text as fencing_token`);
  return leasedRows.parse(rowsOf(rows)).map((row) => ({ id: row.id, fencingToken: row.fencing_token }));
}

/** Lets another replica take over at once. */
export async function giveLeasesBack(db: Db, holder: string): Promise<void> {
  await db.execute(sql`update deployment set lease_holder = null, lease_until = null where lease_holder = ${holder}`);
}
