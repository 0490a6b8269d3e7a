import { type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "../../../store/index.ts";
import { decodeCursor, offsetPage } from "../cursor.ts";
import { factorSchema, type findingQuery } from "../schemas/index.ts";
import { allOf, contains, int, json, moment, momentOrNull, real, realOrNull, select } from "./select.ts";

/** Factors as stored by know/risk; an unknown shape shows none rather than failing the list. */
export const factors = json(z.array(factorSchema).catch([]));

const row = z.object({
  id: int,
  endpointId: z.string(),
  hostname: z.string(),
  vulnerabilityId: z.string(),
  summary: z.string(),
  packageName: z.string(),
  sourceName: z.string(),
  installedVersion: z.string(),
  fixedVersion: z.string().nullable(),
  state: z.enum(["open", "no-fix", "fixed", "gone", "ignored"]),
  risk: real,
  factors,
  cvssScore: realOrNull,
  epss: realOrNull,
  kev: z.boolean(),
  updateAvailable: z.boolean(),
  openedAt: moment,
  closedAt: momentOrNull,
  closedBy: z.string().nullable(),
  simulated: z.boolean(),
});

const ORDER: Readonly<Record<z.output<typeof findingQuery>["sort"], SQL>> = {
  "-risk": sql`f.risk desc, f.id`,
  risk: sql`f.risk, f.id`,
  "-opened": sql`f.opened_at desc, f.id desc`,
  opened: sql`f.opened_at, f.id`,
  vulnerability: sql`f.vulnerability_id, f.id`,
  package: sql`f.package_name, f.id`,
};

const kev = sql`exists (select 1 from signal s where s.vulnerability_id = f.vulnerability_id and s.kind = 'kev')`;

export async function listFindings(db: Db, query: z.output<typeof findingQuery>) {
  const from = sql`
    from finding f join endpoint e on e.id = f.endpoint_id left join vulnerability v on v.id = f.vulnerability_id
    where ${allOf(
      query.state === "unresolved" && sql`f.state in ('open', 'no-fix')`,
      query.state !== "unresolved" && query.state !== "any" && sql`f.state = ${query.state}`,
      query.vulnerability !== undefined && sql`f.vulnerability_id = ${query.vulnerability}`,
      query.package !== undefined && sql`(f.package_name = ${query.package} or f.source_name = ${query.package})`,
      query.endpoint !== undefined && sql`f.endpoint_id = ${query.endpoint}`,
      query.minRisk !== undefined && sql`f.risk >= ${query.minRisk}`,
      query.kev !== undefined && (query.kev ? kev : sql`not ${kev}`),
      query.q !== undefined &&
        sql`(${contains(sql`f.vulnerability_id`, query.q)} or ${contains(sql`f.package_name`, query.q)} or ${contains(sql`e.hostname`, query.q)})`,
    )}`;
  const rows = await select(
    db,
    row,
    sql`select f.id, f.endpoint_id as "endpointId", e.hostname, f.vulnerability_id as "vulnerabilityId", coalesce(v.summary, '') as summary,
      f.package_name as "packageName", f.source_name as "sourceName", f.installed_version as "installedVersion", f.fixed_version as "fixedVersion",
      f.state, f.risk, f.factors, v.cvss_score as "cvssScore",
      (select max(s.value) from signal s where s.vulnerability_id = f.vulnerability_id and s.kind = 'epss') as epss, ${kev} as kev,
      f.update_id is not null as "updateAvailable", f.opened_at as "openedAt", f.closed_at as "closedAt", f.closed_by as "closedBy", e.simulated
      ${from} order by ${ORDER[query.sort]} limit ${query.limit} offset ${decodeCursor(query.cursor) ?? 0}`,
  );
  const [total] = await select(db, z.object({ n: int }), sql`select count(*) as n ${from}`);
  return offsetPage(rows, query, total?.n ?? 0);
}
