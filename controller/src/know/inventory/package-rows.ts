import type { WirePackage__Output, WirePendingUpdate__Output } from "@breakwater/shared/wire";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, queryRows, type schema } from "../../store/index.ts";
import { bulkRows } from "../rows.ts";

/** Packages of one endpoint's release, ready for bulk statements: named "input". */
function packageInput(distribution: string, packages: readonly WirePackage__Output[]) {
  return bulkRows(packages, {
    distribution: { type: "text", of: () => distribution },
    ecosystem: { type: "text", of: (p) => p.ecosystem },
    name: { type: "text", of: (p) => p.name },
    version: { type: "text", of: (p) => p.version },
    architecture: { type: "text", of: (p) => p.architecture },
    source_name: { type: "text", of: (p) => p.sourceName || p.name },
    source_version: { type: "text", of: (p) => p.sourceVersion || p.version },
    vendor: { type: "text", of: (p) => p.vendor },
    status: { type: "text", of: (p) => p.status || "installed" },
    held: { type: "boolean", of: (p) => p.held },
    module: { type: "text", of: (p) => p.module.slice(0, 200) },
  });
}

const SAME_PACKAGE = sql`c.distribution = i.distribution and c.ecosystem = i.ecosystem and c.name = i.name and c.version = i.version
  and c.architecture = i.architecture and c.source_name = i.source_name and c.source_version = i.source_version`;

/**
 * Puts packages into the catalogue and onto the endpoint. Rows are written in the order of their keys, so that two
 * endpoints that report at once cannot lock each other out.
 * @returns catalogue entries that are new to the endpoint or changed there
 */
export async function putPackages(
  tx: Db,
  endpointId: string,
  distribution: string,
  packages: readonly WirePackage__Output[],
): Promise<number[]> {
  if (packages.length === 0) return [];
  const input = packageInput(distribution, packages);
  await tx.execute(sql`
    insert into package_catalogue (distribution, ecosystem, name, version, architecture, source_name, source_version, vendor, module)
    select distinct on (distribution, ecosystem, name, version, architecture, source_name, source_version)
      distribution, ecosystem, name, version, architecture, source_name, source_version, coalesce(vendor, ''), module
    from ${input} i
    where not exists (select 1 from package_catalogue c where ${SAME_PACKAGE})
    order by distribution, ecosystem, name, version, architecture, source_name, source_version, vendor
    on conflict do nothing`);
  const changed = await queryRows(
    tx,
    z.object({ package_id: z.coerce.number() }),
    sql`
    insert into endpoint_package (endpoint_id, package_id, status, held)
    select distinct on (c.id) ${endpointId}, c.id, i.status, i.held from ${input} i join package_catalogue c on ${SAME_PACKAGE}
    order by c.id
    on conflict (endpoint_id, package_id) do update set status = excluded.status, held = excluded.held
      where endpoint_package.status <> excluded.status or endpoint_package.held <> excluded.held
    returning package_id`,
  );
  return changed.map((row) => row.package_id);
}

/**
 * Takes everything off the endpoint that the list does not name, within the ecosystems that were looked at.
 * @returns the catalogue entries that went
 */
export async function removeOtherPackages(
  tx: Db,
  endpointId: string,
  distribution: string,
  packages: readonly WirePackage__Output[],
  kept: ReadonlySet<string>,
): Promise<number[]> {
  const gone = await queryRows(
    tx,
    z.object({ package_id: z.coerce.number() }),
    sql`
    delete from endpoint_package e using package_catalogue p
    where e.endpoint_id = ${endpointId} and p.id = e.package_id
      and not (p.ecosystem = any(${sql.param([...kept])}::text[]))
      and not exists (select 1 from ${packageInput(distribution, packages)} i join package_catalogue c on ${SAME_PACKAGE} where c.id = e.package_id)
    returning e.package_id`,
  );
  return gone.map((row) => row.package_id);
}

/** What names a package on an endpoint, whatever its version. */
export interface PackageName {
  readonly ecosystem: string;
  readonly name: string;
  readonly architecture: string;
}

/** Takes every version of the named packages off the endpoint. @returns the catalogue entries that went */
export async function removePackages(tx: Db, endpointId: string, keys: readonly PackageName[]): Promise<number[]> {
  if (keys.length === 0) return [];
  const input = bulkRows(keys, {
    ecosystem: { type: "text", of: (k) => k.ecosystem },
    name: { type: "text", of: (k) => k.name },
    architecture: { type: "text", of: (k) => k.architecture },
  });
  const gone = await queryRows(
    tx,
    z.object({ package_id: z.coerce.number() }),
    sql`
    delete from endpoint_package e using package_catalogue p, ${input} i
    where e.endpoint_id = ${endpointId} and p.id = e.package_id
      and p.ecosystem = i.ecosystem and p.name = i.name and p.architecture = i.architecture
    returning e.package_id`,
  );
  return gone.map((row) => row.package_id);
}

const UpdateId = z.object({ id: z.coerce.number() });

/** Replaces what the endpoint's repositories offer it. @returns the updates that came, went, or are described otherwise than before */
export async function putPendingUpdates(
  tx: Db,
  endpointId: string,
  distribution: string,
  updates: readonly WirePendingUpdate__Output[],
): Promise<number[]> {
  const input = bulkRows(updates, {
    distribution: { type: "text", of: () => distribution },
    ecosystem: { type: "text", of: (u) => u.ecosystem },
    name: { type: "text", of: (u) => u.name },
    architecture: { type: "text", of: (u) => u.architecture },
    from_version: { type: "text", of: (u) => u.installedVersion },
    to_version: { type: "text", of: (u) => u.candidateVersion },
    source_name: { type: "text", of: (u) => u.sourceName || u.name },
    source_version: { type: "text", of: (u) => u.sourceVersion || u.candidateVersion },
    origin: { type: "text", of: (u) => u.origin },
    label: { type: "text", of: (u) => u.label },
    suite: { type: "text", of: (u) => u.suite },
    security: { type: "boolean", of: (u) => u.security },
    download_size_bytes: { type: "bigint", of: (u) => Math.max(0, Math.trunc(Number(u.downloadSizeBytes) || 0)) },
    phased_percent: { type: "int", of: (u) => Math.min(100, u.phasedPercent) },
    held: { type: "boolean", of: (u) => u.held },
    brings: {
      type: "jsonb",
      of: (u) => JSON.stringify(u.brings.map(({ name, architecture, version }): schema.NewPackage => ({ name, architecture, version }))),
    },
    brings_unknown: { type: "boolean", of: (u) => u.bringsUnknown },
  });
  const before = await queryRows(tx, UpdateId, sql`delete from pending_update where endpoint_id = ${endpointId} returning update_id as id`);
  if (updates.length === 0) return before.map((row) => row.id);
  const written = await queryRows(
    tx,
    UpdateId,
    sql`
    insert into update_catalogue (distribution, ecosystem, name, architecture, from_version, to_version, source_name, source_version,
      origin, label, suite, security, download_size_bytes)
    select distinct on (distribution, ecosystem, name, architecture, from_version, to_version)
      distribution, ecosystem, name, architecture, from_version, to_version, source_name, source_version,
      origin, label, suite, security, download_size_bytes
    from ${input} i order by distribution, ecosystem, name, architecture, from_version, to_version
    on conflict (distribution, ecosystem, name, architecture, from_version, to_version)
      do update set security = true, origin = excluded.origin, label = excluded.label, suite = excluded.suite
      where excluded.security and not update_catalogue.security
    returning id`,
  );
  const now = await queryRows(
    tx,
    UpdateId,
    sql`
    insert into pending_update (endpoint_id, name, architecture, update_id, held, phased_percent, brings, brings_unknown)
    select distinct on (i.name, i.architecture) ${endpointId}, i.name, i.architecture, u.id, i.held, i.phased_percent, i.brings, i.brings_unknown
    from ${input} i join update_catalogue u using (distribution, ecosystem, name, architecture, from_version, to_version)
    order by i.name, i.architecture, u.id desc
    returning update_id as id`,
  );
  const [old, fresh, rewritten] = [before, now, written].map((rows) => new Set(rows.map((row) => row.id)));
  const touched = (id: number) => !(old?.has(id) && fresh?.has(id)) || rewritten?.has(id);
  return [...new Set([...(old ?? []), ...(fresh ?? [])])].filter(touched);
}
