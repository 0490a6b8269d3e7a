import { counted } from "@breakwater/shared/core";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { UNRESOLVED } from "../../../know/matching/index.ts";
import type { Db } from "../../../store/index.ts";
import type { queueRowSchema } from "../schemas/index.ts";
import { factors } from "./findings.ts";
import type { QueueGroup } from "./queue.ts";
import { int, json, real, realOrNull, select, textArray } from "./select.ts";

/** Vulnerabilities shown per patch; their number is in `findings`. */
const MAX_VULNERABILITIES = 25;

const vulnerabilityRow = z.object({
  updateId: int,
  id: z.string(),
  summary: z.string(),
  kev: z.boolean(),
  epss: realOrNull,
  cvssScore: realOrNull,
  risk: real,
  factors,
});
const exposedRow = z.object({ updateId: int, endpointId: z.string() });
const scriptRow = z.object({ id: int, scripts: json(z.array(z.string())) });
const plannedRow = z.object({ planId: z.string(), state: z.string(), name: z.string(), to: z.string() });

/** Adds to each patch of a page what its score stands on. One query per kind of fact, whatever the number of rows. */
export async function queueDetails(db: Db, groups: readonly QueueGroup[]): Promise<z.infer<typeof queueRowSchema>[]> {
  const ids = textArray(groups.flatMap((g) => g.updateIds.map(String)));
  const chosen = sql`select unnest(${ids})::bigint`;
  const vulnerabilities = await select(
    db,
    vulnerabilityRow,
    sql`select distinct on (f.update_id, f.vulnerability_id) f.update_id as "updateId", f.vulnerability_id as id, coalesce(v.summary, '') as summary,
      exists (select 1 from signal s where s.vulnerability_id = f.vulnerability_id and s.kind = 'kev') as kev,
      (select max(s.value) from signal s where s.vulnerability_id = f.vulnerability_id and s.kind = 'epss') as epss,
      v.cvss_score as "cvssScore", f.risk, f.factors
      from finding f left join vulnerability v on v.id = f.vulnerability_id
      where f.update_id in (${chosen}) and f.state in ${UNRESOLVED} order by f.update_id, f.vulnerability_id, f.risk desc`,
  );
  const exposed = await select(
    db,
    exposedRow,
    sql`select distinct u.id as "updateId", pu.endpoint_id as "endpointId"
      from update_catalogue u join pending_update pu on pu.update_id = u.id join endpoint e on e.id = pu.endpoint_id,
        jsonb_array_elements(case when jsonb_typeof(e.facts->'loadedPackages') = 'array' then e.facts->'loadedPackages' else '[]' end) l
      where u.id in (${chosen}) and l->>'name' = u.name and l->>'reach' = 'public'`,
  );
  const scripts = await select(db, scriptRow, sql`select id, maintainer_scripts as scripts from update_catalogue where id in (${chosen})`);
  const planned = await select(
    db,
    plannedRow,
    sql`select distinct p.id as "planId", p.state, k->>'name' as name, k->>'to' as "to"
      from plan p join plan_action a on a.plan_id = p.id and a.revision = p.revision,
        jsonb_array_elements(convert_from(a.action, 'UTF8')::jsonb->'packages') k
      where p.state in ('draft', 'approved') or exists (select 1 from deployment d where d.plan_id = p.id and d.plan_revision = p.revision and d.finished_at is null)`,
  );
  return groups.map((group) => {
    const mine = new Set(group.updateIds);
    const worstById = new Map<string, z.infer<typeof vulnerabilityRow>>();
    for (const v of vulnerabilities) if (mine.has(v.updateId) && v.risk >= (worstById.get(v.id)?.risk ?? -1)) worstById.set(v.id, v);
    const ranked = [...worstById.values()].sort((a, b) => b.risk - a.risk || (a.id < b.id ? -1 : 1));
    const exposedEndpoints = new Set(exposed.filter((e) => mine.has(e.updateId)).map((e) => e.endpointId)).size;
    const plans = planned.filter((p) => group.packages.some((k) => k.name === p.name && k.to === p.to));
    const row = {
      ...group,
      exposedEndpoints,
      kev: ranked.some((v) => v.kev),
      epssHighest: highest(ranked.map((v) => v.epss)),
      cvssHighest: highest(ranked.map((v) => v.cvssScore)),
      vulnerabilities: ranked
        .slice(0, MAX_VULNERABILITIES)
        .map(({ id, summary, kev, epss, cvssScore, risk }) => ({ id, summary, kev, epss, cvssScore, risk })),
      factors: ranked[0]?.factors ?? [],
      planned: [...new Map(plans.map((p) => [p.planId, { planId: p.planId, state: p.state }])).values()],
      maintainerScripts: [...new Set(scripts.filter((s) => mine.has(s.id)).flatMap((s) => s.scripts))].sort(),
    };
    return { ...row, why: reasons(row, ranked.length) };
  });
}

type Reasoned = Omit<z.infer<typeof queueRowSchema>, "why">;

/** Why the patch stands where it stands, in sentences; what is unknown is said too. */
function reasons(row: Reasoned, distinct: number): string[] {
  const worst = row.vulnerabilities[0];
  return [
    row.findings > 0
      ? `Closes ${counted(row.findings, "finding")} of ${counted(distinct, "vulnerability", "vulnerabilities")} on ${counted(row.endpoints, "endpoint")}.`
      : row.described
        ? `Fixes nothing that is known as a vulnerability; pending on ${counted(row.endpoints, "endpoint")}.`
        : `What it fixes is not known yet: its changelog was not read. Pending on ${counted(row.endpoints, "endpoint")}.`,
    ...(worst && row.riskHighest > 0 ? [`Worst is ${worst.id} with risk ${worst.risk.toFixed(1)} of 100.`] : []),
    ...(row.kev ? ["Known to be exploited (CISA KEV)."] : []),
    ...(row.epssHighest !== null && row.epssHighest >= 0.1
      ? [`EPSS gives ${(row.epssHighest * 100).toFixed(0)} % for exploitation within 30 days.`]
      : []),
    ...(row.exposedEndpoints > 0
      ? [`On ${counted(row.exposedEndpoints, "endpoint")} a process that has it loaded listens on a public address.`]
      : []),
    ...(row.heldEndpoints > 0 ? [`Held by the owner on ${counted(row.heldEndpoints, "endpoint")}: it is not planned there.`] : []),
    ...(row.bringingEndpoints > 0
      ? [`On ${counted(row.bringingEndpoints, "endpoint")} it also installs packages that are not there yet (new).`]
      : []),
    ...(row.unbroughtEndpoints > 0
      ? [
          `On ${counted(row.unbroughtEndpoints, "endpoint")} it is not planned: what it would install besides is not known there, or the endpoint installs nothing new.`,
        ]
      : []),
    ...(row.phasedPercent < 100 ? [`The vendor offers it to ${row.phasedPercent} % of machines so far.`] : []),
    ...row.planned.map((p) => `In plan ${p.planId} (${p.state}).`),
  ];
}

const highest = (values: readonly (number | null)[]): number | null =>
  values.reduce<number | null>((max, v) => (v === null ? max : Math.max(v, max ?? v)), null);
