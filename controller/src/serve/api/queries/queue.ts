import { NEW_PACKAGES } from "@breakwater/shared/command";
import { type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import { UNRESOLVED } from "../../../know/matching/index.ts";
import type { Db } from "../../../store/index.ts";
import { decodeCursor, offsetPage } from "../cursor.ts";
import type { queueQuery } from "../schemas/index.ts";
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

const ORDER: Readonly<Record<z.output<typeof queueQuery>["sort"], SQL>> = {
  "-riskRemoved": sql`"riskRemoved" desc, security desc, endpoints desc, key`,
  "-riskHighest": sql`"riskHighest" desc, "riskRemoved" desc, key`,
  "-endpoints": sql`endpoints desc, key`,
  "-findings": sql`findings desc, key`,
  package: sql`"sourceName", key`,
};

/**
 * One row per (distribution, source package, source version) that is pending anywhere. A vulnerability that several binary
 * packages of one source share counts once per endpoint, so that risk is not added up twice.
 */
const groups = sql`
  with pending as (
    select u.distribution, u.source_name, u.source_version, u.id, pu.endpoint_id, pu.held, pu.brings, pu.phased_percent, e.simulated,
      pu.brings_unknown or (pu.brings <> '[]' and not e.simulated and not e.capabilities @> ${JSON.stringify([NEW_PACKAGES])}::jsonb) as unbrought
    from pending_update pu join update_catalogue u on u.id = pu.update_id join endpoint e on e.id = pu.endpoint_id and e.revoked_at is null
  ), spread as (
    select distribution, source_name, source_version, count(distinct endpoint_id) as endpoints, count(distinct endpoint_id) filter (where held) as held,
      count(distinct endpoint_id) filter (where brings <> '[]') as bringing, count(distinct endpoint_id) filter (where unbrought) as unbrought,
      min(phased_percent) as phased, bool_and(simulated) as simulated
    from pending group by 1, 2, 3
  ), brought as (
    select distribution, source_name, source_version,
      jsonb_agg(distinct jsonb_build_object('name', b->>'name', 'from', '', 'to', b->>'version', 'architecture', b->>'architecture')) as packages
    from pending, jsonb_array_elements(brings) b group by 1, 2, 3
  ), steps as (
    select u.distribution, u.source_name, u.source_version, jsonb_agg(u.id order by u.name, u.id) as ids,
      jsonb_agg(jsonb_build_object('name', u.name, 'from', u.from_version, 'to', u.to_version, 'architecture', u.architecture) order by u.name, u.id) as packages,
      bool_or(u.security) as security, max(u.origin) as origin, max(u.suite) as suite, sum(u.download_size_bytes) as size,
      bool_and(u.described_at is not null and u.problem = '') as described
    from update_catalogue u where u.id in (select id from pending) group by 1, 2, 3
  ), worst as (
    select u.distribution, u.source_name, u.source_version, f.endpoint_id, f.vulnerability_id, max(f.risk) as risk
    from finding f join update_catalogue u on u.id = f.update_id where f.state in ${UNRESOLVED} group by 1, 2, 3, 4, 5
  ), removed as (
    select distribution, source_name, source_version, count(*) as findings, sum(risk) as total, max(risk) as highest,
      bool_or(exists (select 1 from signal s where s.vulnerability_id = worst.vulnerability_id and s.kind = 'kev')) as kev
    from worst group by 1, 2, 3
  ), grouped as (
    select s.distribution || '|' || s.source_name || '|' || s.source_version as key, s.distribution, s.source_name as "sourceName",
      s.source_version as "toVersion", t.ids as "updateIds",
      t.packages || coalesce(b.packages, '[]'::jsonb) as packages, s.endpoints, s.held as "heldEndpoints", s.bringing as "bringingEndpoints", s.unbrought as "unbroughtEndpoints", s.phased as "phasedPercent",
      t.security, t.origin, t.suite, t.size as "downloadSizeBytes", t.described, s.simulated,
      coalesce(r.findings, 0) as findings, coalesce(r.total, 0) as "riskRemoved", coalesce(r.highest, 0) as "riskHighest", coalesce(r.kev, false) as kev
    from spread s join steps t using (distribution, source_name, source_version)
    left join brought b using (distribution, source_name, source_version) left join removed r using (distribution, source_name, source_version)
  )`;

export async function listQueue(db: Db, query: z.output<typeof queueQuery>) {
  const where = allOf(
    query.q !== undefined &&
      sql`(${contains(sql`"sourceName"`, query.q)} or ${contains(sql`packages::text`, query.q)} or exists (select 1 from worst w
        where w.distribution = grouped.distribution and w.source_name = grouped."sourceName" and w.source_version = grouped."toVersion"
          and ${contains(sql`w.vulnerability_id`, query.q)}))`,
    query.security !== undefined && sql`security = ${query.security}`,
    query.kev !== undefined && sql`kev = ${query.kev}`,
    query.simulated !== undefined && sql`simulated = ${query.simulated}`,
    query.exposure !== undefined &&
      sql`exists (select 1 from finding f join update_catalogue u on u.id = f.update_id where f.state in ${UNRESOLVED} and f.exposure = ${query.exposure}
        and u.distribution = grouped.distribution and u.source_name = grouped."sourceName" and u.source_version = grouped."toVersion")`,
  );
  const found = await select(
    db,
    queueGroup,
    sql`${groups} select * from grouped where ${where} order by ${ORDER[query.sort]} limit ${query.limit} offset ${decodeCursor(query.cursor) ?? 0}`,
  );
  const [total] = await select(db, z.object({ n: int }), sql`${groups} select count(*) as n from grouped where ${where}`);
  const [waiting] = await select(db, z.object({ n: int }), sql`select count(*) as n from finding where state = 'restart-needed'`);
  return { ...offsetPage(await queueDetails(db, found), query, total?.n ?? 0), restartNeeded: waiting?.n ?? 0 };
}
