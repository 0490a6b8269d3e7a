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
  exposedIds: z.array(z.string()),
  cves: z.array(z.string()),
  kevs: z.array(z.string()),
  maxEpss: z.number().nullable(),
  heldIds: z.array(z.string()),
  phasedIds: z.array(z.string()),
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
      from signal s where s.vulnerability_id in (select vulnerability_id from finding where state = 'open') group by 1)
    select c.distribution, c.ecosystem, f.source_name as source, u.source_version as target,
      jsonb_agg(distinct f.fixed_version) as "fixedVersions", sum(f.risk)::float8 as "riskRemoved", count(*) as findings,
      jsonb_agg(distinct f.endpoint_id) as "endpointIds",
      coalesce(jsonb_agg(distinct f.endpoint_id) filter (where f.factors @> '[{"value": "public"}]'), '[]') as "exposedIds",
      jsonb_agg(distinct f.vulnerability_id) as cves,
      coalesce(jsonb_agg(distinct f.vulnerability_id) filter (where k.kev), '[]') as kevs, max(k.epss) as "maxEpss",
      coalesce(jsonb_agg(distinct f.endpoint_id) filter (where p.held), '[]') as "heldIds",
      coalesce(jsonb_agg(distinct f.endpoint_id) filter (where p.phased_percent < 100), '[]') as "phasedIds",
      coalesce(jsonb_agg(distinct u.id) filter (where u.id is not null), '[]') as "updateIds",
      (array_agg(f.id order by f.risk desc, f.id))[1] as "topFindingId", max(f.risk) as "topRisk",
      coalesce(bool_or(u.security), false) as security
    from finding f
    join package_catalogue c on c.id = f.package_id
    left join update_catalogue u on u.id = f.update_id
    left join pending_update p on p.update_id = u.id and p.endpoint_id = f.endpoint_id
    left join known k on k.vulnerability_id = f.vulnerability_id
    where f.state = 'open' and f.fixed_version is not null
    group by c.distribution, c.ecosystem, f.source_name, u.source_version`,
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
    exposedEndpoints: row.exposedIds.length,
    cves: row.cves,
    kevCount: row.kevs.length,
    maxEpss: row.maxEpss,
    heldEndpoints: row.heldIds.length,
    phasedEndpoints: row.phasedIds.length,
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
