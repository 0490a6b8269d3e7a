import { compareVersions } from "@breakwater/shared/version";
import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "../../store/index.ts";
import { queryRows } from "../rows.ts";
import { Factor } from "./findings.ts";

/** Endpoints that a queue entry names; it counts them all. */
const MAX_ENDPOINT_IDS = 10_000;

const GroupRow = z.object({
  distribution: z.string(),
  ecosystem: z.string(),
  source: z.string(),
  /** Null where no endpoint's repositories offer it yet. */
  target: z.string().nullable(),
  fixedVersions: z.array(z.string()),
  riskRemoved: z.number(),
  findings: z.coerce.number(),
  endpointIds: z.array(z.string()),
  exposedEndpoints: z.coerce.number(),
  cves: z.array(z.string()),
  kevCount: z.coerce.number(),
  maxEpss: z.number().nullable(),
  heldEndpoints: z.coerce.number(),
  phasedEndpoints: z.coerce.number(),
  updateIds: z.array(z.coerce.number()),
  topFindingId: z.coerce.number(),
  topRisk: z.number(),
  security: z.boolean(),
});
type GroupRow = z.infer<typeof GroupRow>;

/** One patch: what it closes across the fleet, and what it would take. The queue is of patches, not of CVEs. */
export interface QueuedPatch {
  readonly distribution: string;
  readonly ecosystem: string;
  /** Source package, whose binary packages are upgraded together. */
  readonly source: string;
  /** Version of the source that closes the findings. */
  readonly targetVersion: string;
  /** Whether some endpoint's repositories offer it; else the fix is known and not yet to be had there. */
  readonly available: boolean;
  readonly security: boolean;
  /** Sum of the risks of the findings that it closes. */
  readonly riskRemoved: number;
  readonly findings: number;
  readonly endpoints: number;
  readonly endpointIds: readonly string[];
  /** Endpoints on which the package is reached from public addresses. */
  readonly exposedEndpoints: number;
  readonly cves: readonly string[];
  readonly kevCount: number;
  readonly maxEpss: number | null;
  /** Endpoints that hold the package, and those that the vendor does not offer it to yet. */
  readonly heldEndpoints: number;
  readonly phasedEndpoints: number;
  /** Rows of the update catalogue, for the planner. */
  readonly updateIds: readonly number[];
  /** The riskiest finding that it closes, with its waterfall. */
  readonly top: {
    readonly findingId: number;
    readonly risk: number;
    readonly vulnerabilityId: string;
    readonly hostname: string;
    readonly packageName: string;
    readonly factors: readonly z.infer<typeof Factor>[];
  } | null;
}

const TopRow = z.object({
  id: z.coerce.number(),
  vulnerabilityId: z.string(),
  hostname: z.string(),
  packageName: z.string(),
  factors: z
    .array(Factor)
    .nullable()
    .transform((f) => f ?? []),
});

/** Open findings, grouped by the patch that closes them; most risk removed first. Findings without a fix are in no group. */
export async function patchQueue(db: Db): Promise<QueuedPatch[]> {
  const rows = await queryRows(
    db,
    GroupRow,
    sql`
    with known as (
      select s.vulnerability_id, bool_or(s.kind = 'kev') as kev, max(s.value) filter (where s.kind = 'epss') as epss
      from signal s where s.vulnerability_id in (select vulnerability_id from finding where state = 'open') group by 1),
    base as materialized (
      select dense_rank() over (order by c.distribution, c.ecosystem, f.source_name, u.source_version) as patch,
        c.distribution, c.ecosystem, f.source_name as source, u.source_version as target, f.id, f.endpoint_id, f.vulnerability_id,
        f.fixed_version, f.risk, f.exposure, f.update_id, u.security
      from finding f join package_catalogue c on c.id = f.package_id left join update_catalogue u on u.id = f.update_id
      where f.state = 'open' and f.fixed_version is not null),
    totals as (
      select patch, min(distribution) as distribution, min(ecosystem) as ecosystem, min(source) as source, min(target) as target,
        sum(risk)::float8 as risk, count(*) as findings, max(array[risk, -id::float8]) as top, coalesce(bool_or(security), false) as security
      from base group by patch),
    by_endpoint as (
      select patch, jsonb_agg(endpoint_id order by endpoint_id) as ids, count(*) filter (where exposed) as exposed,
        count(*) filter (where held) as held, count(*) filter (where phased) as phased
      from (select b.patch, b.endpoint_id, bool_or(b.exposure = 'public') as exposed,
          coalesce(bool_or(p.held), false) as held, coalesce(bool_or(p.phased_percent < 100), false) as phased
        from base b left join pending_update p on p.update_id = b.update_id and p.endpoint_id = b.endpoint_id
        group by b.patch, b.endpoint_id) e group by patch),
    by_cve as (
      select patch, jsonb_agg(vulnerability_id order by vulnerability_id) as cves, count(*) filter (where k.kev) as kevs, max(k.epss) as epss
      from (select distinct patch, vulnerability_id from base) v left join known k using (vulnerability_id) group by patch),
    by_fix as (select patch, jsonb_agg(fixed_version) as versions from (select distinct patch, fixed_version from base) v group by patch),
    by_update as (
      select patch, jsonb_agg(update_id order by update_id) as ids
      from (select distinct patch, update_id from base where update_id is not null) v group by patch)
    select t.distribution, t.ecosystem, t.source, t.target, t.risk as "riskRemoved", t.findings, t.security,
      t.top[1] as "topRisk", -t.top[2] as "topFindingId", f.versions as "fixedVersions", e.ids as "endpointIds",
      e.exposed as "exposedEndpoints", e.held as "heldEndpoints", e.phased as "phasedEndpoints",
      c.cves, c.kevs as "kevCount", c.epss as "maxEpss", coalesce(u.ids, '[]') as "updateIds"
    from totals t join by_endpoint e using (patch) join by_cve c using (patch) join by_fix f using (patch) left join by_update u using (patch)`,
  );
  const tops = new Map(
    (
      await queryRows(
        db,
        TopRow,
        sql`
        select f.id, f.vulnerability_id as "vulnerabilityId", e.hostname, f.package_name as "packageName", f.factors
        from finding f join endpoint e on e.id = f.endpoint_id
        where f.id = any(${sql.param(rows.map((r) => String(r.topFindingId)))}::text[]::bigint[])`,
      )
    ).map((row) => [row.id, row]),
  );
  return rows
    .map((row) => patchOf(row, tops.get(row.topFindingId)))
    .sort((a, b) => b.riskRemoved - a.riskRemoved || (a.source < b.source ? -1 : 1));
}

function patchOf(row: GroupRow, top: z.infer<typeof TopRow> | undefined): QueuedPatch {
  const highestFix = row.fixedVersions.reduce((a, b) => (compareVersions(row.ecosystem, a, b) === "<" ? b : a), row.fixedVersions[0] ?? "");
  return {
    distribution: row.distribution,
    ecosystem: row.ecosystem,
    source: row.source,
    targetVersion: row.target ?? highestFix,
    available: row.target !== null,
    security: row.security,
    riskRemoved: row.riskRemoved,
    findings: row.findings,
    endpoints: row.endpointIds.length,
    endpointIds: row.endpointIds.slice(0, MAX_ENDPOINT_IDS),
    exposedEndpoints: row.exposedEndpoints,
    cves: row.cves,
    kevCount: row.kevCount,
    maxEpss: row.maxEpss,
    heldEndpoints: row.heldEndpoints,
    phasedEndpoints: row.phasedEndpoints,
    updateIds: row.updateIds,
    top: top
      ? {
          findingId: top.id,
          risk: row.topRisk,
          vulnerabilityId: top.vulnerabilityId,
          hostname: top.hostname,
          packageName: top.packageName,
          factors: top.factors,
        }
      : null,
  };
}
