import { formatInstant, type Instant } from "@breakwater/shared/core";
import type { ComponentKey__Output, WireComponent__Output } from "@breakwater/shared/wire";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, queryRows } from "../../store/index.ts";
import { batches, bulkRows } from "../rows.ts";
import { type ComponentScan, isCovered } from "./component-scan.ts";

/** Rows in one statement: some 300 bytes each. */
const BATCH = 5_000;
const MAX_USES = 10;
/** In bytes: a key of the database holds some 2,700. Agents refuse what is longer. */
const KEY_LIMITS = { name: 400, version: 128, path: 1_500 } as const;
const cut = (text: string, bytes: number) =>
  Buffer.byteLength(text) <= bytes
    ? text
    : Buffer.from(text)
        .subarray(0, bytes - 3)
        .toString("utf8");

const keyColumns = {
  ecosystem: { type: "text", of: (c: ComponentKey__Output) => c.ecosystem.slice(0, 20) },
  name: { type: "text", of: (c: ComponentKey__Output) => cut(c.name, KEY_LIMITS.name) },
  version: { type: "text", of: (c: ComponentKey__Output) => cut(c.version, KEY_LIMITS.version) },
  path: { type: "text", of: (c: ComponentKey__Output) => cut(c.path, KEY_LIMITS.path) },
} as const;

/** Components belong to no release of an operating system, and to no architecture: one row a version for the whole fleet. */
const SAME = sql`c.distribution = '' and c.ecosystem = i.ecosystem and c.name = i.name and c.version = i.version and c.architecture = ''
  and c.source_name = i.name and c.source_version = i.version`;

const Changed = z.object({ package_id: z.coerce.number() });

/** Puts components into the catalogue and onto the endpoint, as seen now. @returns catalogue entries, once a place that is new to the endpoint or changed */
export async function putComponents(tx: Db, endpointId: string, components: readonly WireComponent__Output[]): Promise<number[]> {
  const changed: number[] = [];
  for (const part of batches(components, BATCH)) {
    const input = bulkRows(part, {
      ...keyColumns,
      evidence: { type: "text", of: (c) => c.evidence.slice(0, 40) },
      sha1: { type: "text", of: (c) => (/^[0-9a-f]{40}$/.test(c.sha1) ? c.sha1 : "") },
      owner: { type: "text", of: (c) => c.owner.slice(0, 200) },
      uses: { type: "jsonb", of: (c) => JSON.stringify(usesOf(c)) },
      reach: { type: "text", of: (c) => c.reach.slice(0, 20) },
    });
    await tx.execute(sql`
      insert into package_catalogue (distribution, ecosystem, name, version, architecture, source_name, source_version)
      select distinct '', ecosystem, name, version, '', name, version from ${input} i
      where not exists (select 1 from package_catalogue c where ${SAME})
      order by ecosystem, name, version on conflict do nothing`);
    const rows = await queryRows(
      tx,
      Changed,
      sql`
      insert into endpoint_component as e (endpoint_id, package_id, path, evidence, sha1, owner, uses, reach)
      select distinct on (c.id, i.path) ${endpointId}, c.id, i.path, i.evidence, i.sha1, i.owner, i.uses, i.reach
      from ${input} i join package_catalogue c on ${SAME} order by c.id, i.path
      on conflict (endpoint_id, package_id, path) do update set evidence = excluded.evidence, sha1 = excluded.sha1,
        owner = excluded.owner, uses = excluded.uses, reach = excluded.reach, unseen_since = null
        where (e.evidence, e.sha1, e.owner, e.uses, e.reach) is distinct from
          (excluded.evidence, excluded.sha1, excluded.owner, excluded.uses, excluded.reach) or e.unseen_since is not null
      returning package_id`,
    );
    for (const row of rows) changed.push(row.package_id);
  }
  return changed;
}

const usesOf = (c: WireComponent__Output) =>
  c.uses.slice(0, MAX_USES).map(({ pid, process, unit, how }) => ({
    pid,
    process: process.slice(0, 100),
    unit: unit.slice(0, 200),
    how: how.slice(0, 40),
  }));

const Stale = z.object({ packageId: z.coerce.number(), path: z.string() });

/**
 * Takes off the endpoint what a whole look did not see, where it looked. What lies in a place that it did not look at stays, marked
 * as not seen since: absence of evidence closes nothing.
 */
export async function dropUnseen(
  tx: Db,
  endpointId: string,
  seen: readonly WireComponent__Output[],
  scan: ComponentScan,
  now: Instant,
): Promise<Dropped> {
  const input = bulkRows(seen, keyColumns);
  const unseen = await queryRows(
    tx,
    Stale,
    sql`
    select e.package_id as "packageId", e.path from endpoint_component e where e.endpoint_id = ${endpointId}
      and not exists (select 1 from ${input} i join package_catalogue c on ${SAME} where c.id = e.package_id and i.path = e.path)`,
  );
  return settle(tx, endpointId, unseen, scan, now);
}

/** What a look took off an endpoint, as catalogue entries: once a place: what is gone, and what could not be looked at since now. */
export interface Dropped {
  readonly gone: readonly number[];
  readonly unseen: readonly number[];
}

/** The same of what a later look says is no longer there, and of what an earlier one could not tell and this one can. */
export async function dropRemoved(
  tx: Db,
  endpointId: string,
  removed: readonly ComponentKey__Output[],
  scan: ComponentScan,
  now: Instant,
): Promise<Dropped> {
  const input = bulkRows(removed, keyColumns);
  const unseen = await queryRows(
    tx,
    Stale,
    sql`
    select e.package_id as "packageId", e.path from endpoint_component e where e.endpoint_id = ${endpointId}
      and (e.unseen_since is not null
        or exists (select 1 from ${input} i join package_catalogue c on ${SAME} where c.id = e.package_id and i.path = e.path))`,
  );
  return settle(tx, endpointId, unseen, scan, now);
}

async function settle(
  tx: Db,
  endpointId: string,
  unseen: readonly z.infer<typeof Stale>[],
  scan: ComponentScan,
  now: Instant,
): Promise<Dropped> {
  const gone = unseen.filter(({ path }) => isCovered(path, scan));
  const unknown = unseen.filter(({ path }) => !isCovered(path, scan));
  const rows = (part: typeof unseen) =>
    bulkRows(part, { package_id: { type: "bigint", of: (r) => r.packageId }, path: { type: "text", of: (r) => r.path } });
  const these = (part: typeof unseen) =>
    sql`e.endpoint_id = ${endpointId} and (e.package_id, e.path) in (select package_id, path from ${rows(part)} i)`;
  if (gone.length > 0) await tx.execute(sql`delete from endpoint_component e where ${these(gone)}`);
  const marked =
    unknown.length === 0
      ? []
      : await queryRows(
          tx,
          Changed,
          sql`update endpoint_component e set unseen_since = ${formatInstant(now)}::timestamptz
            where e.unseen_since is null and ${these(unknown)} returning package_id`,
        );
  return { gone: gone.map((row) => row.packageId), unseen: marked.map((row) => row.package_id) };
}
