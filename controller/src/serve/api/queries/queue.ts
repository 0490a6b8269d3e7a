import { NEW_PACKAGES } from "@breakwater/shared/command";
import { type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import { UNRESOLVED } from "../../../know/matching/index.ts";
import type { Db } from "../../../store/index.ts";
import { decodeCursor, offsetPage } from "../cursor.ts";
import type { queueQuery } from "../schemas/index.ts";
import { createPlannedPackages, type PlannedPackages } from "./planned-packages.ts";
import { queueDetails } from "./queue-details.ts";
import { allOf, contains, int, json, real, select } from "./select.ts";

export const queueGroup = z.object({
  key: z.string(),
  distribution: z.string(),
  sourceName: z.string(),
  toVersion: z.string(),
  updateIds: json(z.array(int)),
  packages: json(z.array(z.object({ name: z.string(), from: z.string(), to: z.string(), architecture: z.string() }))),
  endpoints: int,
  heldEndpoints: int,
  bringingEndpoints: int,
  unbroughtEndpoints: int,
  phasedPercent: int,
  security: z.boolean(),
  origin: z.string(),
  suite: z.string(),
  downloadSizeBytes: real,
  described: z.boolean(),
  simulated: z.boolean(),
  findings: int,
  riskRemoved: real,
  riskHighest: real,
});
export type QueueGroup = z.infer<typeof queueGroup>;
const pageRow = z.object({ group: json(queueGroup.nullable()), total: int, riskMost: real, riskTotal: real });

const ORDER: Readonly<Record<z.output<typeof queueQuery>["sort"], SQL>> = {
  "-riskRemoved": sql`"riskRemoved" desc, security desc, endpoints desc, key`,
  "-riskHighest": sql`"riskHighest" desc, "riskRemoved" desc, key`,
  "-endpoints": sql`endpoints desc, key`,
  "-findings": sql`findings desc, key`,
  package: sql`"sourceName", key`,
};

/**
 * One row per (distribution, source package, source version) that is pending anywhere. A vulnerability that several binary
 * packages of one source share counts once per endpoint, so that risk is not added up twice. Within the statement a patch goes by the
 * lowest id of its updates: three texts in the keys of a hundred thousand rows make it several times as slow.
 */
const groups = sql`
  with named as materialized (
    select id, min(id) over (partition by distribution, source_name, source_version) as patch from update_catalogue
  ), pending as (
    select n.patch, pu.endpoint_id, bool_or(pu.held) as held, bool_or(pu.brings <> '[]') as bringing, bool_or(pu.brings_unknown) as untold,
      min(pu.phased_percent) as phased
    from pending_update pu join named n on n.id = pu.update_id group by 1, 2
  ), spread as (
    select p.patch, count(*) as endpoints, count(*) filter (where p.held) as held, count(*) filter (where p.bringing) as bringing,
      count(*) filter (where p.untold or (p.bringing and not e.simulated and not e.capabilities @> ${JSON.stringify([NEW_PACKAGES])}::jsonb)) as unbrought,
      min(p.phased) as phased, bool_and(e.simulated) as simulated
    from pending p join endpoint e on e.id = p.endpoint_id and e.revoked_at is null group by 1
  ), brought as (
    select n.patch,
      jsonb_agg(distinct jsonb_build_object('name', b->>'name', 'from', '', 'to', b->>'version', 'architecture', b->>'architecture')) as packages
    from pending_update pu join named n on n.id = pu.update_id join endpoint e on e.id = pu.endpoint_id and e.revoked_at is null,
      jsonb_array_elements(pu.brings) b
    where pu.brings <> '[]' group by 1
  ), steps as (
    select n.patch, jsonb_agg(u.id order by u.name, u.id) as ids,
      jsonb_agg(jsonb_build_object('name', u.name, 'from', u.from_version, 'to', u.to_version, 'architecture', u.architecture) order by u.name, u.id) as packages,
      bool_or(u.security) as security, max(u.origin) as origin, max(u.suite) as suite, sum(u.download_size_bytes) as size,
      bool_and(u.described_at is not null and u.problem = '') as described
    from named n join update_catalogue u on u.id = n.id
    where exists (select 1 from pending_update pu join endpoint e on e.id = pu.endpoint_id and e.revoked_at is null where pu.update_id = n.id) group by 1
  ), worst as materialized (
    select n.patch, f.endpoint_id, f.vulnerability_id, max(f.risk) as risk
    from finding f join named n on n.id = f.update_id where f.state in ${UNRESOLVED} group by 1, 2, 3
  ), removed as (
    select patch, sum(n) as findings, sum(total) as total, max(highest) as highest,
      bool_or(k.vulnerability_id is not null) as kev
    from (select patch, vulnerability_id, count(*) as n, sum(risk) as total, max(risk) as highest from worst group by 1, 2) each
    left join (select distinct vulnerability_id from signal where kind = 'kev') k using (vulnerability_id) group by 1
  ), grouped as (
    select s.patch, u.distribution || '|' || u.source_name || '|' || u.source_version as key, u.distribution, u.source_name as "sourceName",
      u.source_version as "toVersion", t.ids as "updateIds", t.packages || coalesce(b.packages, '[]'::jsonb) as packages,
      s.endpoints, s.held as "heldEndpoints", s.bringing as "bringingEndpoints", s.unbrought as "unbroughtEndpoints", s.phased as "phasedPercent",
      t.security, t.origin, t.suite, t.size as "downloadSizeBytes", t.described, s.simulated,
      coalesce(r.findings, 0) as findings, coalesce(r.total, 0) as "riskRemoved", coalesce(r.highest, 0) as "riskHighest", coalesce(r.kev, false) as kev
    from spread s join steps t using (patch) join update_catalogue u on u.id = s.patch left join brought b using (patch) left join removed r using (patch)
  )`;

export async function listQueue(db: Db, query: z.output<typeof queueQuery>, plannedPackages: PlannedPackages = createPlannedPackages()) {
  const where = allOf(
    query.q !== undefined &&
      sql`(${contains(sql`"sourceName"`, query.q)} or ${contains(sql`packages::text`, query.q)}
        or patch in (select w.patch from worst w where ${contains(sql`w.vulnerability_id`, query.q)}))`,
    query.security !== undefined && sql`security = ${query.security}`,
    query.kev !== undefined && sql`kev = ${query.kev}`,
    query.simulated !== undefined && sql`simulated = ${query.simulated}`,
    query.exposure !== undefined &&
      sql`patch in (select n.patch from finding f join named n on n.id = f.update_id where f.state in ${UNRESOLVED} and f.exposure = ${query.exposure})`,
  );
  const held = sql`${groups}, held as materialized (select * from grouped where ${where})`;
  // One statement gives the page and what is told of all pages, so that all is gathered once. A page behind the end is one row without a patch.
  const found = await select(
    db,
    pageRow,
    sql`${held}, page as (
        select *, row_number() over (order by ${ORDER[query.sort]}) as nth from held order by nth limit ${query.limit} offset ${decodeCursor(query.cursor) ?? 0}
      )
      select case when page.patch is not null then to_jsonb(page) end as "group", t.total, t."riskMost", t."riskTotal"
      from (select count(*) as total, coalesce(max("riskRemoved"), 0) as "riskMost", coalesce(sum("riskRemoved"), 0) as "riskTotal" from held) t
      left join page on true order by page.nth`,
  );
  const { total, riskMost, riskTotal } = found[0] ?? { total: 0, riskMost: 0, riskTotal: 0 };
  const rows = await queueDetails(
    db,
    found.flatMap((f) => f.group ?? []),
    plannedPackages,
  );
  const [waiting] = await select(db, z.object({ n: int }), sql`select count(*) as n from finding where state = 'restart-needed'`);
  return { ...offsetPage(rows, query, total), riskMost, riskTotal, restartNeeded: waiting?.n ?? 0 };
}
