import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, queryRows } from "../../store/index.ts";
import { pathsTo, readTopology } from "../fleet/index.ts";
import { readFacts } from "../inventory/index.ts";
import { groupBy } from "../rows.ts";
import { type JudgedPackage, judgeCatalogue } from "./catalogue-verdicts.ts";
import type { ComponentPlace } from "./component-place.ts";
import { type Subject, subjectRows } from "./scope.ts";
import { mayRunOldCode } from "./still-running.ts";
import type { EndpointView, PendingUpdate } from "./wanted-findings.ts";

const EndpointRow = z.object({
  id: z.string(),
  facts: z.unknown(),
  declaredExposure: z.enum(["loopback", "private", "public"]).nullable().catch(null),
  criticality: z.coerce.number(),
  zone: z.string().nullable(),
  tags: z.array(z.string()),
  packageIds: z.string().nullable(),
});

const PlaceRow = z.object({
  endpointId: z.string(),
  packageId: z.coerce.number(),
  path: z.string(),
  evidence: z.string(),
  reach: z.string(),
  process: z.string().nullable(),
  unit: z.string().nullable(),
  unseenSince: z.string().nullable(),
});

const PendingRow = z.object({
  endpointId: z.string(),
  id: z.coerce.number(),
  ecosystem: z.string(),
  name: z.string(),
  architecture: z.string(),
  fromVersion: z.string(),
  toVersion: z.string(),
  sourceName: z.string(),
  sourceVersion: z.string(),
  origin: z.string(),
  distribution: z.string(),
  describedAt: z.string().nullable(),
  cves: z.array(z.string()),
});

/**
 * Reads the endpoints, and judges the catalogue entries among their packages that were not judged yet.
 * @param subjects the packages that are looked at; undefined: all of them
 */
export async function loadViews(
  db: Db,
  ids: readonly string[],
  judged: Map<number, JudgedPackage>,
  subjects?: readonly Subject[],
): Promise<EndpointView[]> {
  const param = sql`${sql.param([...ids])}::text[]`;
  const among = (owner: string) =>
    subjects === undefined
      ? sql``
      : sql` and exists (select 1 from package_catalogue c join ${subjectRows(subjects)} s on s.ecosystem = c.ecosystem and s.name = c.name
          where c.id = ${sql.raw(owner)}.package_id and s.endpoint_id = ${sql.raw(owner)}.endpoint_id)`;
  const endpoints = await queryRows(
    db,
    EndpointRow,
    sql`
    select e.id, e.facts, e.declared_exposure as "declaredExposure", e.criticality, e.zone, e.tags,
      (select string_agg(p.package_id::text, ',' order by p.package_id) from endpoint_package p
        where p.endpoint_id = e.id and p.status not in ('config-files', 'not-installed')${among("p")}) as "packageIds"
    from endpoint e where e.id = any(${param}) order by e.id`,
  );
  const topology = await readTopology(db);
  const pending = groupBy(
    await queryRows(
      db,
      PendingRow,
      sql`
      select p.endpoint_id as "endpointId", u.id, u.ecosystem, u.name, u.architecture, u.from_version as "fromVersion",
        u.to_version as "toVersion", u.source_name as "sourceName", u.source_version as "sourceVersion",
        coalesce(nullif(u.label, ''), u.origin) as origin, u.distribution, u.described_at::text as "describedAt", u.cves
      from pending_update p join update_catalogue u on u.id = p.update_id
      where p.endpoint_id = any(${param}) order by p.endpoint_id, u.name, u.architecture`,
    ),
    (row) => row.endpointId,
  );
  // What came with a package of the operating system is that package's, and told of with it.
  const components = groupBy(
    await queryRows(
      db,
      PlaceRow,
      sql`
      select endpoint_id as "endpointId", package_id as "packageId", path, evidence, reach, uses->0->>'process' as process,
        uses->0->>'unit' as unit, unseen_since::text as "unseenSince"
      from endpoint_component p where endpoint_id = any(${param}) and owner = ''${among("p")} order by endpoint_id, package_id, path`,
    ),
    (row) => row.endpointId,
  );
  const packagesOf = new Map(endpoints.map((e) => [e.id, e.packageIds ? e.packageIds.split(",").map(Number) : []]));
  const everyId = [...[...packagesOf.values()].flat(), ...[...components.values()].flatMap((places) => places.map((p) => p.packageId))];
  const unjudged = new Set(everyId.filter((id) => !judged.has(id)));
  for (const [id, result] of await judgeCatalogue(db, [...unjudged])) judged.set(id, result);
  return endpoints.map((e) => ({
    endpointId: e.id,
    installed: [
      ...(packagesOf.get(e.id) ?? []).flatMap((packageId) => {
        const found = judged.get(packageId);
        return found ? [{ packageId, judged: found }] : [];
      }),
      ...[...groupBy(components.get(e.id) ?? [], (row) => row.packageId)].flatMap(([packageId, rows]) => {
        const found = judged.get(packageId);
        return found ? [{ packageId, judged: found, places: rows.map(placeOf) }] : [];
      }),
    ],
    pending: (pending.get(e.id) ?? []).map(({ endpointId: _endpointId, ...update }): PendingUpdate => update),
    facts: readFacts(e.facts),
    declaredExposure: e.declaredExposure,
    criticality: e.criticality,
    paths: pathsTo(e, topology),
  }));
}

const placeOf = ({ path, evidence, reach, process, unit, unseenSince }: z.infer<typeof PlaceRow>): ComponentPlace => ({
  path,
  evidence,
  reach,
  process: process ?? "",
  unit: unit ?? "",
  unseenSince,
});

/** Vulnerabilities that the findings of these endpoints may be of: by what is installed and pending there, and by what may still run. */
export async function vulnerabilitiesOf(db: Db, views: readonly EndpointView[], subjects?: readonly Subject[]): Promise<string[]> {
  const ids = new Set<string>();
  const seen = new Set<number>();
  for (const view of views) {
    for (const { packageId, judged } of view.installed) {
      if (seen.has(packageId)) continue;
      seen.add(packageId);
      for (const finding of judged.findings) ids.add(finding.vulnerabilityId);
    }
    const looked = subjects && new Set(view.installed.map(({ judged: { pkg } }) => `${pkg.ecosystem} ${pkg.name}`));
    for (const update of view.pending)
      if (!looked || looked.has(`${update.ecosystem} ${update.name}`)) for (const cve of update.cves) ids.add(cve);
  }
  const running = views.filter(mayRunOldCode).map((v) => v.endpointId);
  const among = subjects
    ? sql` join ${subjectRows(subjects)} s on s.endpoint_id = f.endpoint_id and s.ecosystem = f.ecosystem and s.name = f.package_name`
    : sql``;
  const open = sql`select distinct f.vulnerability_id as id from finding f${among} where f.endpoint_id = any(${sql.param(running)}::text[]) and f.closed_at is null`;
  if (running.length > 0) for (const { id } of await queryRows(db, z.object({ id: z.string() }), open)) ids.add(id);
  return [...ids];
}
