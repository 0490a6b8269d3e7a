import type { Instant } from "@breakwater/shared/core";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { readIntroduced } from "../../../know/matching/index.ts";
import { type Db, queryRows } from "../../../store/index.ts";
import type { PlanKey } from "./superseded.ts";

/** Packages of the plan's actions on these endpoints: what each would be changed to. */
const planned = (plan: PlanKey, endpointIds: readonly string[]) => sql`
  plan_action a cross join lateral jsonb_array_elements(convert_from(a.action, 'UTF8')::jsonb->'packages') k
  where a.plan_id = ${plan.planId} and a.revision = ${plan.revision} and a.endpoint_id in (select unnest(${sql.param([...endpointIds])}::text[]))`;

const plannedRow = z.object({ endpointId: z.string(), name: z.string(), architecture: z.string(), from: z.string(), to: z.string() });
const PLANNED = sql`a.endpoint_id as "endpointId", k.value->>'name' as name, k.value->>'architecture' as architecture,
  k.value->>'from' as "from", k.value->>'to' as "to"`;

/** The repositories of an endpoint, which has what the plan starts from, do not offer any update of the package any more. */
export async function readWithdrawn(db: Db, plan: PlanKey, endpointIds: readonly string[]): Promise<Map<string, string>> {
  const rows = await queryRows(
    db,
    plannedRow,
    sql`
    select p.* from (select ${PLANNED} from ${planned(plan, endpointIds)}) p
    where p."from" <> p."to" and exists (
        select 1 from endpoint_package i join package_catalogue c on c.id = i.package_id
        where i.endpoint_id = p."endpointId" and c.name = p.name and c.architecture = p.architecture and c.version = p."from")
      and not exists (
        select 1 from pending_update u where u.endpoint_id = p."endpointId" and u.name = p.name and u.architecture = p.architecture)`,
  );
  return new Map(
    rows.map((row) => [
      row.endpointId,
      `${row.name} ${row.to} is not offered any more, and nothing in its place: it may have been withdrawn.`,
    ]),
  );
}

const changeRow = z.object({
  endpointId: z.string(),
  name: z.string(),
  architecture: z.string(),
  from: z.string(),
  to: z.string(),
  ecosystem: z.string(),
  distribution: z.string(),
  sourceName: z.string(),
  fromSource: z.string(),
  toSource: z.string(),
  vendor: z.string(),
  closes: z.coerce.number(),
});

/**
 * An advisory speaks of the planned version and not of the installed one. It holds the endpoint back where that weighs at
 * least as much as the worst that the plan closes there: to wait with a grave one because of a slight one would be harm.
 */
export async function readVulnerable(db: Db, plan: PlanKey, endpointIds: readonly string[], now: Instant): Promise<Map<string, string>> {
  const rows = await queryRows(
    db,
    changeRow,
    sql`
    select p.*, c.ecosystem, c.distribution, c.source_name as "sourceName", c.source_version as "fromSource", c.vendor,
      coalesce(u.source_version, p."to") as "toSource",
      coalesce((select max(f.risk) from finding f join update_catalogue by on by.id = f.update_id
        where f.endpoint_id = p."endpointId" and f.package_name = p.name and f.state = 'open' and by.to_version = p."to"), 0) as closes
    from (select ${PLANNED} from ${planned(plan, endpointIds)}) p
    join endpoint_package i on i.endpoint_id = p."endpointId"
    join package_catalogue c on c.id = i.package_id and c.name = p.name and c.architecture = p.architecture and c.version = p."from"
    left join update_catalogue u on u.distribution = c.distribution and u.ecosystem = c.ecosystem and u.name = c.name
      and u.architecture = c.architecture and u.from_version = p."from" and u.to_version = p."to"
    where p."from" <> p."to"`,
  );
  const keyOf = (row: z.output<typeof changeRow>) =>
    [row.distribution, row.ecosystem, row.name, row.architecture, row.from, row.to].join("\n");
  const distinct = [...new Map(rows.map((row) => [keyOf(row), row])).entries()];
  const introduced = await readIntroduced(
    db,
    distinct.map(([, row]) => ({
      from: { ...row, version: row.from, sourceVersion: row.fromSource },
      to: { ...row, version: row.to, sourceVersion: row.toSource },
    })),
    now,
  );
  const worst = new Map(distinct.map(([key], i) => [key, introduced[i]?.[0]]));
  return new Map(
    rows.flatMap((row) => {
      const bad = worst.get(keyOf(row));
      if (!bad || bad.risk < row.closes) return [];
      const way = bad.fixedVersion === null ? "no fixed version is known" : `${bad.fixedVersion} closes it`;
      const why = `${row.name} ${row.to}, which the plan installs, is itself affected by ${bad.vulnerability}, and the installed ${row.from} is not; ${way}.`;
      return [[row.endpointId, why] as const];
    }),
  );
}

/** Harmful waves that are looked at, the newest first. */
const HARMFUL_REMEMBERED = 20;

/**
 * Since the plan was made, the judge has proven harm in another deployment that brought the same version of the same package,
 * and nobody has overruled that. Who plans a version again after that has seen it.
 */
export async function readHarmedElsewhere(db: Db, plan: PlanKey, endpointIds: readonly string[]): Promise<Map<string, string>> {
  const rows = await queryRows(
    db,
    plannedRow.extend({ title: z.string() }),
    sql`
    with harmful as (
      select d.title, d.plan_id, d.plan_revision from deployment d cross join lateral jsonb_array_elements(d.snapshot->'waves') w
      where w.value->'verdict'->>'verdict' = 'harmful' and d.plan_id <> ${plan.planId}
        and not exists (select 1 from jsonb_array_elements(w.value->'overrides') o where o.value->>'kind' = 'harmful')
        and exists (select 1 from plan mine where mine.id = ${plan.planId} and mine.revision = ${plan.revision}
          and mine.simulated = d.simulated and (w.value->'verdict'->>'at')::numeric > extract(epoch from mine.created_at) * 1000)
      order by d.created_at desc limit ${HARMFUL_REMEMBERED}),
    bad as (
      select distinct h.title, b.value->>'name' as name, b.value->>'to' as version
      from harmful h join lateral (
        select action from plan_action x where x.plan_id = h.plan_id and x.revision = h.plan_revision) x on true
      cross join lateral jsonb_array_elements(convert_from(x.action, 'UTF8')::jsonb->'packages') b)
    select p.*, bad.title from (select ${PLANNED} from ${planned(plan, endpointIds)}) p
    join bad on bad.name = p.name and bad.version = p."to" order by bad.title`,
  );
  return new Map(
    rows.map((row) => [row.endpointId, `${row.name} ${row.to} was part of what the judge found harmful in the deployment "${row.title}".`]),
  );
}
