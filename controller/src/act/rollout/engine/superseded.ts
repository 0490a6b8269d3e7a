import type { Instant } from "@breakwater/shared/core";
import { compareVersions } from "@breakwater/shared/version";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, rowsOf } from "../../../store/index.ts";
import { readHarmedElsewhere, readVulnerable, readWithdrawn } from "./superseded-itself.ts";

const offeredRows = z.array(
  z.object({ endpoint_id: z.string(), ecosystem: z.string(), name: z.string(), planned: z.string(), offered: z.string() }),
);

const advisedRows = z.array(
  z.object({ endpoint_id: z.string(), name: z.string(), vulnerability: z.string(), fixed: z.string(), planned: z.string() }),
);

export type PlanKey = { readonly planId: string; readonly revision: number };

/**
 * Endpoints that should get something else than what was approved, each with the reason as a sentence: their repositories
 * offer another version by now (a newer one has come out, or the approved one was withdrawn), or something became known
 * since that the approved version does not close and that is as bad as what it closes, or the approved version itself turned
 * out to be bad: it is vulnerable where the installed one is not, did harm in another deployment, or was withdrawn.
 */
export async function readSuperseded(db: Db, plan: PlanKey, endpointIds: readonly string[], now: Instant): Promise<Map<string, string>> {
  if (endpointIds.length === 0) return new Map();
  // The later overrule the earlier: what a repository does not offer any more cannot be installed, whatever else is said of it.
  return new Map([
    ...(await readAdvised(db, plan, endpointIds)),
    ...(await readVulnerable(db, plan, endpointIds, now)),
    ...(await readHarmedElsewhere(db, plan, endpointIds)),
    ...(await readWithdrawn(db, plan, endpointIds)),
    ...(await readOffered(db, plan, endpointIds)),
  ]);
}

async function readOffered(db: Db, plan: PlanKey, endpointIds: readonly string[]): Promise<Map<string, string>> {
  const rows = await db.execute(sql`
    select a.endpoint_id, u.ecosystem, u.name, k.value->>'to' as planned, u.to_version as offered
    from plan_action a
    cross join lateral jsonb_array_elements(convert_from(a.action, 'UTF8')::jsonb->'packages') k
    join pending_update p on p.endpoint_id = a.endpoint_id and p.name = k.value->>'name' and p.architecture = k.value->>'architecture'
    join update_catalogue u on u.id = p.update_id
    where a.plan_id = ${plan.planId} and a.revision = ${plan.revision} and not p.held and p.phased_percent = 100
      and a.endpoint_id in (select unnest(${sql.param([...endpointIds])}::text[])) and u.to_version <> k.value->>'to'`);
  const found = new Map<string, string>();
  for (const row of offeredRows.parse(rowsOf(rows)))
    found.set(
      row.endpoint_id,
      compareVersions(row.ecosystem, row.offered, row.planned) === ">"
        ? `${row.name} ${row.offered} is out, and the plan installs ${row.planned}.`
        : `${row.name} ${row.planned} is not offered any more; the repository has ${row.offered}.`,
    );
  return found;
}

/**
 * Findings that were opened after the plan was made and that the planned update does not close, as matching sees it (it
 * knows that a Debian advisory speaks of source packages). Only what weighs at least as much as the worst that the plan
 * closes on the endpoint holds it back: to wait with a grave one because of a slight one would be harm, not care.
 */
async function readAdvised(db: Db, plan: PlanKey, endpointIds: readonly string[]): Promise<Map<string, string>> {
  const rows = await db.execute(sql`
    select a.endpoint_id, f.package_name as name, f.vulnerability_id as vulnerability, f.fixed_version as fixed, k.value->>'to' as planned
    from plan_action a
    join plan on plan.id = a.plan_id and plan.revision = a.revision
    cross join lateral jsonb_array_elements(convert_from(a.action, 'UTF8')::jsonb->'packages') k
    join finding f on f.endpoint_id = a.endpoint_id and f.package_name = k.value->>'name'
    left join update_catalogue u on u.id = f.update_id
    where a.plan_id = ${plan.planId} and a.revision = ${plan.revision}
      and a.endpoint_id in (select unnest(${sql.param([...endpointIds])}::text[]))
      and f.state = 'open' and f.fixed_version is not null and f.opened_at > plan.created_at
      and u.to_version is distinct from k.value->>'to'
      and f.risk >= coalesce((
        select max(closed.risk) from finding closed join update_catalogue by on by.id = closed.update_id
        where closed.endpoint_id = f.endpoint_id and closed.package_name = f.package_name and closed.state = 'open'
          and by.to_version = k.value->>'to'), 0)
    order by f.risk, f.vulnerability_id desc`);
  return new Map(
    advisedRows
      .parse(rowsOf(rows))
      .map((row) => [
        row.endpoint_id,
        `${row.vulnerability} became known after the plan was made: ${row.name} ${row.fixed} closes it, and the plan installs ${row.planned}.`,
      ]),
  );
}
