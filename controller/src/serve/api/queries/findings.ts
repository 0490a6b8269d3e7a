import { formatInstant, parseInstant } from "@breakwater/shared/core";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { readDueRules } from "../../../know/due-rules/index.ts";
import { isUnresolved, UNRESOLVED } from "../../../know/matching/index.ts";
import { type Demand, type DueRules, dueOf, readCvss, readSsvc } from "../../../know/risk/index.ts";
import type { Db } from "../../../store/index.ts";
import { decodePlace, encodePlace } from "../cursor.ts";
import { assessmentSchema, factorSchema, type findingQuery, findingRowSchema } from "../schemas/index.ts";
import { FINDING_ORDERS } from "./finding-order.ts";
import { allOf, contains, int, json, moment, momentOrNull, real, realOrNull, select, textArray } from "./select.ts";

/** Factors as stored by know/risk; an unknown shape shows none rather than failing the list. */
export const factors = json(z.array(factorSchema).catch([]));

/** Kinds of packages that an agent can change. */
const PATCHED = ["deb"];
/** Proofs as stored by know/matching; an unknown shape shows none. */
const proofs = json(z.array(z.object({ kind: z.string(), record: z.string(), statement: z.string() })).catch([]));

export const findingRow = z.object({
  id: int,
  endpointId: z.string(),
  hostname: z.string(),
  vulnerabilityId: z.string(),
  summary: z.string(),
  ecosystem: z.string(),
  packageName: z.string(),
  sourceName: z.string(),
  installedVersion: z.string(),
  fixedVersion: z.string().nullable(),
  state: findingRowSchema.shape.state,
  noFixBecause: findingRowSchema.shape.noFixBecause.catch(null),
  assessment: json(assessmentSchema.nullable().catch(null)),
  risk: real,
  factors,
  cvssScore: realOrNull,
  epss: realOrNull,
  kev: z.boolean(),
  inventoryOnly: z.boolean(),
  stillRuns: z.string().nullable(),
  proofs,
  updateAvailable: z.boolean(),
  openedAt: moment,
  closedAt: momentOrNull,
  closedBy: z.string().nullable(),
  simulated: z.boolean(),
  exposure: z.string(),
  criticality: int,
  cvssVector: z.string(),
  kevSince: momentOrNull,
  publicExploit: z.boolean(),
  ssvc: json(z.unknown()),
});

export type FindingRow = z.output<typeof findingRow>;

/** What a page of findings shows of each. */
export const columns = sql`f.id, f.endpoint_id as "endpointId", e.hostname, f.vulnerability_id as "vulnerabilityId", coalesce(v.summary, '') as summary,
  f.ecosystem, f.ecosystem <> all(${textArray(PATCHED)}) as "inventoryOnly", f.package_name as "packageName", f.source_name as "sourceName", f.installed_version as "installedVersion", f.fixed_version as "fixedVersion",
  f.state, f.no_fix_because as "noFixBecause", case when f.state = 'restart-needed' then jsonb_path_query_first(f.proofs, '$[*] ? (@.kind == "running")')->>'statement' end as "stillRuns", f.assessment, f.risk, f.factors, f.proofs, v.cvss_score as "cvssScore",
  (select max(s.value) from signal s where s.vulnerability_id = f.vulnerability_id and s.kind = 'epss') as epss,
  exists (select 1 from signal s where s.vulnerability_id = f.vulnerability_id and s.kind = 'kev') as kev,
  f.update_id is not null as "updateAvailable", f.opened_at as "openedAt", f.closed_at as "closedAt", f.closed_by as "closedBy", e.simulated,
  f.exposure, e.criticality, coalesce(v.cvss_vector, '') as "cvssVector",
  (select min(s.at) from signal s where s.vulnerability_id = f.vulnerability_id and s.kind = 'kev') as "kevSince",
  exists (select 1 from signal s where s.vulnerability_id = f.vulnerability_id and s.kind = 'exploit') as "publicExploit",
  (select s.data from signal s where s.vulnerability_id = f.vulnerability_id and s.kind = 'ssvc' order by s.source limit 1) as ssvc`;

const kev = sql`f.vulnerability_id in (select vulnerability_id from signal where kind = 'kev')`;

export async function listFindings(db: Db, query: z.output<typeof findingQuery>) {
  const order = FINDING_ORDERS[query.sort];
  const place = decodePlace(query.cursor, query.sort);
  const filters = [
    query.noFixBecause !== undefined && sql`f.no_fix_because = ${query.noFixBecause}`,
    query.vulnerability !== undefined && sql`f.vulnerability_id = ${query.vulnerability}`,
    query.package !== undefined && sql`(f.package_name = ${query.package} or f.source_name = ${query.package})`,
    query.endpoint !== undefined && sql`f.endpoint_id = ${query.endpoint}`,
    query.minRisk !== undefined && sql`f.risk >= ${query.minRisk}`,
    query.kev !== undefined && (query.kev ? kev : sql`not ${kev}`),
    query.q !== undefined &&
      sql`(${contains(sql`f.vulnerability_id`, query.q)} or ${contains(sql`f.package_name`, query.q)}
        or f.endpoint_id in (select id from endpoint where ${contains(sql`hostname`, query.q)}))`,
  ];
  const where = allOf(
    query.state === "unresolved" && sql`f.state in ${UNRESOLVED}`,
    query.state !== "unresolved" && query.state !== "any" && sql`f.state = ${query.state}`,
    ...filters,
  );
  // All findings are walked in their order until the page is full. Of a filter few may be left, spread over all: they are gathered first.
  const gathered = filters.some((f) => f !== false) ? sql`materialized` : sql`not materialized`;
  const found = await select(
    db,
    findingRow.extend({ key: z.string() }),
    sql`with hit as ${gathered} (select f.id, ${order.key} as key from finding f where ${where}),
        page as materialized (select id, key from hit where ${place ? order.after(place) : sql`true`} order by ${order.by(sql`hit`)} limit ${query.limit + 1})
      select ${columns}, ${order.told} as key
      from page join finding f on f.id = page.id join endpoint e on e.id = f.endpoint_id left join vulnerability v on v.id = f.vulnerability_id
      order by ${order.by(sql`page`)}`,
  );
  const [total] = await select(db, z.object({ n: int }), sql`select count(*) as n from finding f where ${where}`);
  const rules = await readDueRules(db);
  const shown = found.slice(0, query.limit);
  const last = shown.at(-1);
  return {
    rows: shown.map(({ key: _key, ...r }) => withDue(r, rules)),
    total: total?.n ?? 0,
    next: last && found.length > query.limit ? encodePlace({ sort: query.sort, value: last.key, id: last.id }) : null,
  };
}

/** Due dates are calculated when asked for: they follow from facts that are stored, and from no predicted score. */
export function demandsOf(finding: FindingRow, rules: DueRules) {
  const detectedAt = parseInstant(finding.openedAt);
  if (!isUnresolved(finding.state) || detectedAt === undefined) return { first: null, demands: [] };
  const { cvssVector, publicExploit, exposure, criticality } = finding;
  const severity = (cvssVector === "" ? null : readCvss(cvssVector)?.baseScore) ?? finding.cvssScore;
  const kev = finding.kev ? { since: (finding.kevSince === null ? undefined : parseInstant(finding.kevSince)) ?? null } : null;
  const { first, demands } = dueOf(
    { detectedAt, kev, publicExploit, exposure, ssvc: readSsvc(finding.ssvc), severity, criticality },
    rules,
  );
  return { first: first && told(first), demands: demands.map(told) };
}

const told = ({ dueAt, policy, why, forensic }: Demand) => ({ at: dueAt === null ? null : formatInstant(dueAt), policy, why, forensic });

function withDue(row: FindingRow, rules: DueRules) {
  const { exposure, criticality, cvssVector, kevSince, publicExploit, ssvc, ...finding } = row;
  return { ...finding, due: demandsOf(row, rules).first };
}
