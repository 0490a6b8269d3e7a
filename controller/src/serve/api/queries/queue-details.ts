import { counted } from "@breakwater/shared/core";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { UNRESOLVED } from "../../../know/matching/index.ts";
import type { Db } from "../../../store/index.ts";
import type { queueRowSchema } from "../schemas/index.ts";
import { factors } from "./findings.ts";
import { type PlannedPackages, packageStep } from "./planned-packages.ts";
import type { QueueGroup } from "./queue.ts";
import { int, json, real, realOrNull, select, textArray } from "./select.ts";

/** Vulnerabilities shown per patch; their number is in `findings`. */
const MAX_VULNERABILITIES = 25;

const worstRow = z.object({ updateId: int, id: z.string(), risk: real, findingId: int });
const knownRow = z.object({ id: z.string(), summary: z.string(), cvssScore: realOrNull, kev: z.boolean(), epss: realOrNull });
type VulnerabilityRow = z.infer<typeof worstRow> & z.infer<typeof knownRow>;
const factorsRow = z.object({ id: int, factors });
const exposedRow = z.object({ updateId: int, endpointId: z.string() });
const scriptRow = z.object({ id: int, scripts: json(z.array(z.string())) });

/** Adds to each patch of a page what its score stands on. One query per kind of fact, whatever the number of rows. */
export async function queueDetails(
  db: Db,
  groups: readonly QueueGroup[],
  plannedPackages: PlannedPackages,
): Promise<z.infer<typeof queueRowSchema>[]> {
  if (groups.length === 0) return [];
  const ids = textArray(groups.flatMap((g) => g.updateIds.map(String)));
  const chosen = sql`select unnest(${ids})::bigint`;
  const worstOf = await select(
    db,
    worstRow,
    sql`select distinct on (f.update_id, f.vulnerability_id) f.update_id as "updateId", f.vulnerability_id as id, f.risk, f.id as "findingId" from finding f
      where f.update_id in (${chosen}) and f.state in ${UNRESOLVED} order by f.update_id, f.vulnerability_id, f.risk desc, f.id`,
  );
  const names = textArray([...new Set(worstOf.map((w) => w.id))]);
  const known = await select(
    db,
    knownRow,
    sql`select n.id, coalesce(v.summary, '') as summary, v.cvss_score as "cvssScore", coalesce(s.kev, false) as kev, s.epss
      from unnest(${names}) n(id) left join vulnerability v on v.id = n.id
      left join (select vulnerability_id, bool_or(kind = 'kev') as kev, max(value) filter (where kind = 'epss') as epss from signal
        where vulnerability_id = any(${names}) and kind in ('kev', 'epss') group by 1) s on s.vulnerability_id = n.id`,
  );
  const knownById = new Map(known.map((k) => [k.id, k]));
  const vulnerabilities = byUpdate(worstOf.flatMap((w) => ({ ...(knownById.get(w.id) as z.infer<typeof knownRow>), ...w })));
  const ranked = new Map(groups.map((g) => [g.key, rankedOf(g.updateIds.flatMap((id) => vulnerabilities.get(id) ?? []))]));
  const worst = textArray([...ranked.values()].flatMap((r) => (r[0] ? [String(r[0].findingId)] : [])));
  const factorsOf = new Map(
    (await select(db, factorsRow, sql`select id, factors from finding where id in (select unnest(${worst})::bigint)`)).map((r) => [
      r.id,
      r.factors,
    ]),
  );
  // What listens in public is read once an endpoint, and only where there is any, not once for each of its updates.
  const exposed = byUpdate(
    await select(
      db,
      exposedRow,
      sql`with loaded as materialized (
          select e.id, jsonb_path_query_array(e.facts, '$.loadedPackages[*] ? (@.reach == "public").name') as names from endpoint e where e.public_package
        )
        select u.id as "updateId", l.id as "endpointId" from update_catalogue u
        join pending_update pu on pu.update_id = u.id join loaded l on l.id = pu.endpoint_id where u.id in (${chosen}) and l.names ? u.name`,
    ),
  );
  const scripts = new Map(
    (await select(db, scriptRow, sql`select id, maintainer_scripts as scripts from update_catalogue where id in (${chosen})`)).map((s) => [
      s.id,
      s.scripts,
    ]),
  );
  const planned = await plannedPackages.read(db);
  return groups.map((group) => {
    const mine = ranked.get(group.key) ?? [];
    const exposedEndpoints = new Set(group.updateIds.flatMap((id) => (exposed.get(id) ?? []).map((e) => e.endpointId))).size;
    const plans = planned.filter((p) => group.packages.some((k) => p.packages.has(packageStep(k.name, k.to))));
    const row = {
      ...group,
      exposedEndpoints,
      kev: mine.some((v) => v.kev),
      epssHighest: highest(mine.map((v) => v.epss)),
      cvssHighest: highest(mine.map((v) => v.cvssScore)),
      vulnerabilities: mine
        .slice(0, MAX_VULNERABILITIES)
        .map(({ id, summary, kev, epss, cvssScore, risk }) => ({ id, summary, kev, epss, cvssScore, risk })),
      factors: (mine[0] && factorsOf.get(mine[0].findingId)) ?? [],
      planned: [...new Map(plans.map((p) => [p.planId, { planId: p.planId, state: p.state }])).values()],
      maintainerScripts: [...new Set(group.updateIds.flatMap((id) => scripts.get(id) ?? []))].sort(),
    };
    return { ...row, why: reasons(row, mine.length) };
  });
}

/** Each vulnerability once, as its worst finding among the updates has it; the worst one first. */
function rankedOf(found: readonly VulnerabilityRow[]): VulnerabilityRow[] {
  const worstById = new Map<string, VulnerabilityRow>();
  for (const v of found) if (v.risk >= (worstById.get(v.id)?.risk ?? -1)) worstById.set(v.id, v);
  return [...worstById.values()].sort((a, b) => b.risk - a.risk || (a.id < b.id ? -1 : 1));
}

function byUpdate<T extends { readonly updateId: number }>(rows: readonly T[]): ReadonlyMap<number, readonly T[]> {
  const found = new Map<number, T[]>();
  for (const row of rows) {
    const known = found.get(row.updateId);
    if (known) known.push(row);
    else found.set(row.updateId, [row]);
  }
  return found;
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
