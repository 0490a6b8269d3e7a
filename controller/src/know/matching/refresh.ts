import { type Clock, formatInstant, type Instant } from "@breakwater/shared/core";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, type DomainEvent, queryRows, recordEvents, type Store } from "../../store/index.ts";
import { readFacts } from "../inventory/index.ts";
import { batches, bulkRows, groupBy } from "../rows.ts";
import { type JudgedPackage, judgeCatalogue, loadEvidence } from "./catalogue-verdicts.ts";
import type { VulnerabilityEvidence } from "./evidence.ts";
import { type FindingChanges, findingChanges, type StoredFinding } from "./finding-changes.ts";
import { type EndpointView, type PendingUpdate, type WantedFinding, wantedFindings } from "./wanted-findings.ts";

/** Endpoints in one transaction: about 15,000 findings, a fraction of a second on the embedded database. */
const ENDPOINT_BATCH = 50;
const FINDING_BATCH = 5_000;
/** CVE ids that an event names; it counts them all. */
const MAX_NAMED = 100;

/** What a refresh came to, over all endpoints that it looked at. */
export interface RefreshResult {
  readonly endpoints: number;
  readonly opened: number;
  readonly changed: number;
  readonly closed: number;
}

export type Scope = "all" | { readonly endpointIds: readonly string[] };

export type Matching = ReturnType<typeof createMatching>;

/** Keeps the stored findings of endpoints what their packages and the intelligence say. */
export function createMatching({ store, clock }: { readonly store: Store; readonly clock: Clock }) {
  return {
    /** Brings findings up to date. Endpoints that never sent an inventory are left out: nothing is known of them. */
    async refreshFindings(scope: Scope): Promise<RefreshResult> {
      const total = { endpoints: 0, opened: 0, changed: 0, closed: 0 };
      const judged = new Map<number, JudgedPackage>();
      for (const ids of batches(await endpointsIn(store.db, scope), ENDPOINT_BATCH)) {
        const views = await loadViews(store.db, ids, judged);
        const evidence = await loadEvidence(store.db, vulnerabilitiesOf(views));
        const done = await store.db.transaction((tx) => writeBatch(tx, clock.now(), views, evidence));
        total.endpoints += views.length;
        total.opened += done.opened;
        total.changed += done.changed;
        total.closed += done.closed;
      }
      return total;
    },
  };
}

async function endpointsIn(db: Db, scope: Scope): Promise<string[]> {
  const only = scope === "all" ? sql`` : sql` and id = any(${sql.param([...scope.endpointIds])}::text[])`;
  const rows = await queryRows(
    db,
    z.object({ id: z.string() }),
    sql`select id from endpoint where inventory_at is not null and revoked_at is null${only} order by id`,
  );
  return rows.map((r) => r.id);
}

const EndpointRow = z.object({
  id: z.string(),
  facts: z.unknown(),
  declaredExposure: z.enum(["loopback", "private", "public"]).nullable().catch(null),
  criticality: z.coerce.number(),
  packageIds: z.string().nullable(),
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

/** Reads the endpoints, and judges the catalogue entries among their packages that were not judged yet. */
async function loadViews(db: Db, ids: readonly string[], judged: Map<number, JudgedPackage>): Promise<EndpointView[]> {
  const param = sql`${sql.param([...ids])}::text[]`;
  const endpoints = await queryRows(
    db,
    EndpointRow,
    sql`
    select e.id, e.facts, e.declared_exposure as "declaredExposure", e.criticality,
      (select string_agg(p.package_id::text, ',' order by p.package_id) from endpoint_package p
        where p.endpoint_id = e.id and p.status not in ('config-files', 'not-installed')) as "packageIds"
    from endpoint e where e.id = any(${param}) order by e.id`,
  );
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
  const packagesOf = new Map(endpoints.map((e) => [e.id, e.packageIds ? e.packageIds.split(",").map(Number) : []]));
  const unjudged = new Set([...packagesOf.values()].flat().filter((id) => !judged.has(id)));
  for (const [id, result] of await judgeCatalogue(db, [...unjudged])) judged.set(id, result);
  return endpoints.map((e) => ({
    endpointId: e.id,
    installed: (packagesOf.get(e.id) ?? []).flatMap((packageId) => {
      const found = judged.get(packageId);
      return found ? [{ packageId, judged: found }] : [];
    }),
    pending: (pending.get(e.id) ?? []).map(({ endpointId: _endpointId, ...update }): PendingUpdate => update),
    facts: readFacts(e.facts),
    declaredExposure: e.declaredExposure,
    criticality: e.criticality,
  }));
}

function vulnerabilitiesOf(views: readonly EndpointView[]): string[] {
  const ids = new Set<string>();
  const seen = new Set<number>();
  for (const view of views) {
    for (const { packageId, judged } of view.installed) {
      if (seen.has(packageId)) continue;
      seen.add(packageId);
      for (const v of judged.verdicts.values()) if (v.state === "open" || v.state === "no-fix") ids.add(v.vulnerability);
    }
    for (const update of view.pending) for (const cve of update.cves) ids.add(cve);
  }
  return [...ids];
}

const StoredRow = z.object({
  endpointId: z.string(),
  id: z.coerce.number(),
  packageName: z.string(),
  vulnerabilityId: z.string(),
  packageId: z.coerce.number(),
  installedVersion: z.string(),
  fixedVersion: z.string().nullable(),
  state: z.string(),
  closedBy: z.string().nullable(),
  updateId: z.coerce.number().nullable(),
  risk: z.number(),
  records: z.array(z.string()),
});

async function writeBatch(
  tx: Db,
  now: Instant,
  views: readonly EndpointView[],
  evidence: ReadonlyMap<string, VulnerabilityEvidence>,
): Promise<{ opened: number; changed: number; closed: number }> {
  // One refresh at a time: two that open the same finding would both tell of it.
  await tx.execute(sql`select pg_advisory_xact_lock(7264002)`);
  const stored = groupBy(
    await queryRows(
      tx,
      StoredRow,
      sql`
      select endpoint_id as "endpointId", id, package_name as "packageName", vulnerability_id as "vulnerabilityId", package_id as "packageId",
        installed_version as "installedVersion", fixed_version as "fixedVersion", state, closed_by as "closedBy", update_id as "updateId", risk,
        jsonb_path_query_array(proofs, '$[*].record') as records
      from finding where endpoint_id = any(${sql.param(views.map((v) => v.endpointId))}::text[])`,
    ),
    (row) => row.endpointId,
  );
  const changes = views.map((view) => {
    const before: readonly StoredFinding[] = stored.get(view.endpointId) ?? [];
    return { endpointId: view.endpointId, ...findingChanges(view, wantedFindings(view, evidence), before) };
  });
  await upsert(
    tx,
    now,
    changes.flatMap((c) => [...c.opened, ...c.changed].map((finding) => ({ ...finding, endpointId: c.endpointId }))),
  );
  await close(
    tx,
    now,
    changes.flatMap((c) => c.closed),
  );
  await recordEvents(
    tx,
    changes.flatMap((c) => eventsOf(c.endpointId, c, now)),
  );
  const count = (part: keyof FindingChanges) => changes.reduce((sum, c) => sum + c[part].length, 0);
  return { opened: count("opened"), changed: count("changed"), closed: count("closed") };
}

async function upsert(tx: Db, now: Instant, findings: readonly (WantedFinding & { readonly endpointId: string })[]): Promise<void> {
  for (const part of batches(findings, FINDING_BATCH)) {
    const input = bulkRows(part, {
      endpoint_id: { type: "text", of: (f) => f.endpointId },
      package_id: { type: "bigint", of: (f) => f.packageId },
      vulnerability_id: { type: "text", of: (f) => f.vulnerabilityId },
      package_name: { type: "text", of: (f) => f.packageName },
      source_name: { type: "text", of: (f) => f.sourceName },
      installed_version: { type: "text", of: (f) => f.installedVersion },
      fixed_version: { type: "text", of: (f) => f.fixedVersion },
      state: { type: "text", of: (f) => f.state },
      update_id: { type: "bigint", of: (f) => f.updateId },
      risk: { type: "float8", of: (f) => f.risk },
      factors: { type: "jsonb", of: (f) => JSON.stringify(f.factors) },
      exposure: { type: "text", of: (f) => f.exposure },
      proofs: { type: "jsonb", of: (f) => JSON.stringify(f.proofs) },
    });
    await tx.execute(sql`
      insert into finding (endpoint_id, package_id, vulnerability_id, package_name, source_name, installed_version, fixed_version,
        state, update_id, risk, factors, exposure, proofs, opened_at)
      select i.*, ${formatInstant(now)}::timestamptz from ${input} i order by endpoint_id, package_name, vulnerability_id
      on conflict (endpoint_id, package_name, vulnerability_id) do update set
        package_id = excluded.package_id, source_name = excluded.source_name, installed_version = excluded.installed_version,
        fixed_version = excluded.fixed_version, state = excluded.state, update_id = excluded.update_id, risk = excluded.risk,
        factors = excluded.factors, exposure = excluded.exposure, proofs = excluded.proofs, closed_at = null, closed_by = null,
        opened_at = case when finding.closed_at is null then finding.opened_at else excluded.opened_at end`);
  }
}

async function close(tx: Db, now: Instant, closed: FindingChanges["closed"]): Promise<void> {
  for (const part of batches(closed, FINDING_BATCH)) {
    const input = bulkRows(part, {
      id: { type: "bigint", of: (f) => f.id },
      state: { type: "text", of: (f) => f.state },
      because: { type: "text", of: (f) => f.because.slice(0, 300) },
    });
    await tx.execute(sql`
      update finding f set state = i.state, closed_by = i.because, closed_at = ${formatInstant(now)}::timestamptz, update_id = null
      from ${input} i where f.id = i.id`);
  }
}

/** One event an endpoint and kind of change, however many findings it concerns. */
function eventsOf(endpointId: string, { opened, closed }: FindingChanges, at: Instant): DomainEvent[] {
  const base = { at, actor: "intel", subject: `endpoint:${endpointId}` };
  const events: DomainEvent[] = [];
  if (opened.length > 0)
    events.push({
      ...base,
      type: "finding.opened",
      data: {
        count: opened.length,
        vulnerabilities: named(opened.map((f) => f.vulnerabilityId)),
        highestRisk: Math.max(...opened.map((f) => f.risk)),
      },
    });
  if (closed.length > 0) {
    const count = (state: string) => closed.filter((f) => f.state === state).length;
    events.push({
      ...base,
      type: "finding.closed",
      data: {
        count: closed.length,
        fixed: count("fixed"),
        gone: count("gone"),
        ignored: count("ignored"),
        vulnerabilities: named(closed.map((f) => f.vulnerabilityId)),
      },
    });
  }
  return events;
}

const named = (ids: readonly string[]) => [...new Set(ids)].sort().slice(0, MAX_NAMED);
