import { type Clock, days, formatInstant, type Instant, instant } from "@breakwater/shared/core";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, queryRows, recordEvents, type Store } from "../../store/index.ts";
import { batches, bulkRows, groupBy } from "../rows.ts";
import { type JudgedPackage, loadEvidence } from "./catalogue-verdicts.ts";
import { type DecidedFinding, type Decisions, decidedFindings, isSetAside, NO_DECISIONS } from "./decision.ts";
import type { Evidence } from "./evidence.ts";
import { type FindingChanges, findingChanges, isAlive, type StoredFinding } from "./finding-changes.ts";
import { tellChanges } from "./finding-events.ts";
import { loadViews, vulnerabilitiesOf } from "./load-views.ts";
import { type Scope, type Subject, subjectRows, subjectsOf } from "./scope.ts";
import type { EndpointView, ScoreMemo } from "./wanted-findings.ts";

/** Endpoints in one transaction: about 15,000 findings, a fraction of a second on the embedded database. */
const ENDPOINT_BATCH = 50;
const FINDING_BATCH = 5_000;

/** What a refresh came to, over all endpoints that it looked at. */
export interface RefreshResult {
  readonly endpoints: number;
  readonly opened: number;
  readonly changed: number;
  readonly closed: number;
}

/** Reads the decisions that hold at a moment, of these endpoints and vulnerabilities. */
export type ReadDecisions = (
  tx: Db,
  about: { readonly endpointIds: readonly string[]; readonly vulnerabilityIds: readonly string[]; readonly now: Instant },
) => Promise<Decisions>;

export type Matching = ReturnType<typeof createMatching>;

/** Keeps the stored findings of endpoints what their packages, the intelligence and the decisions about them say. */
export function createMatching({
  store,
  clock,
  readDecisions = async () => NO_DECISIONS,
}: {
  readonly store: Store;
  readonly clock: Clock;
  readonly readDecisions?: ReadDecisions;
}) {
  return {
    /**
     * Brings findings up to date: of the packages that something can have changed of, and once a day, when an endpoint is looked at first, of all of
     * its packages, since facts age. Endpoints that never sent an inventory are left out: nothing is known of them.
     */
    async refreshFindings(scope: Scope): Promise<RefreshResult> {
      const total = { endpoints: 0, opened: 0, changed: 0, closed: 0 };
      const judged = new Map<number, JudgedPackage>();
      const { whole, partly } = await endpointsIn(store.db, scope, startOfDay(clock.now()));
      const add = (endpoints: number, done: Written) => {
        total.endpoints += endpoints;
        total.opened += done.opened;
        total.changed += done.changed;
        total.closed += done.closed;
      };
      for (const ids of batches(whole, ENDPOINT_BATCH)) {
        const at = clock.now();
        add(ids.length, await refreshBatch(ids, judged));
        await store.db.execute(
          sql`update endpoint set findings_at = ${formatInstant(at)}::timestamptz where id = any(${sql.param([...ids])}::text[])`,
        );
      }
      if (scope !== "all" && scope.touched)
        for (const ids of batches(partly, ENDPOINT_BATCH)) {
          const subjects = await subjectsOf(store.db, ids, scope.touched);
          if (subjects.size > 0) add(ids.length, await refreshBatch([...subjects.keys()], judged, [...subjects.values()].flat()));
          else add(ids.length, NOTHING_WRITTEN);
        }
      return total;
    },
  };

  async function refreshBatch(ids: readonly string[], judged: Map<number, JudgedPackage>, subjects?: readonly Subject[]): Promise<Written> {
    const views = await loadViews(store.db, ids, judged, subjects);
    const vulnerabilityIds = await vulnerabilitiesOf(store.db, views, subjects);
    const evidence = await loadEvidence(store.db, vulnerabilityIds, startOfDay(clock.now()));
    return store.db.transaction(async (tx) => {
      // One refresh at a time: two that open the same finding would both tell of it.
      await tx.execute(sql`select pg_advisory_xact_lock(7264002)`);
      const decisions = await readDecisions(tx, { endpointIds: ids, vulnerabilityIds, now: clock.now() });
      return writeBatch(tx, clock.now(), { views, subjects, evidence, decisions });
    });
  }
}

/** Facts age by the day: within one, the same facts have the same score. */
const startOfDay = (at: Instant): Instant => instant(at - (at % days(1)));

/** The endpoints of a scope: of which all packages are looked at, and of which only those that something touched. */
async function endpointsIn(db: Db, scope: Scope, day: Instant): Promise<{ readonly whole: string[]; readonly partly: string[] }> {
  const asked = scope === "all" ? null : new Set(scope.endpointIds);
  const ids = scope === "all" ? [] : [...new Set([...scope.endpointIds, ...(scope.touched?.endpointIds ?? [])])];
  const only = scope === "all" ? sql`` : sql` and id = any(${sql.param(ids)}::text[])`;
  const rows = await queryRows(
    db,
    z.object({ id: z.string(), fresh: z.boolean() }),
    sql`select id, coalesce(findings_at >= ${formatInstant(day)}::timestamptz, false) as fresh from endpoint
      where inventory_at is not null and revoked_at is null${only} order by id`,
  );
  const partly = asked === null ? [] : rows.filter((r) => r.fresh && !asked.has(r.id)).map((r) => r.id);
  const apart = new Set(partly);
  return { whole: rows.map((r) => r.id).filter((id) => !apart.has(id)), partly };
}

/** What was written of some endpoints. */
type Written = Omit<RefreshResult, "endpoints">;
const NOTHING_WRITTEN: Written = { opened: 0, changed: 0, closed: 0 };

const StoredRow = z.object({
  endpointId: z.string(),
  id: z.coerce.number(),
  ecosystem: z.string(),
  packageName: z.string(),
  vulnerabilityId: z.string(),
  sourceName: z.string(),
  packageId: z.coerce.number(),
  installedVersion: z.string(),
  fixedVersion: z.string().nullable(),
  state: z.string(),
  closedBy: z.string().nullable(),
  updateId: z.coerce.number().nullable(),
  noFixBecause: z.string().nullable(),
  decision: z.string().nullable(),
  setAside: z.boolean(),
  risk: z.number(),
  records: z.array(z.string()),
});

async function writeBatch(
  tx: Db,
  now: Instant,
  {
    views,
    subjects,
    evidence,
    decisions,
  }: {
    readonly views: readonly EndpointView[];
    readonly subjects: readonly Subject[] | undefined;
    readonly evidence: Evidence;
    readonly decisions: Decisions;
  },
): Promise<Written> {
  const scores: ScoreMemo = new Map();
  const stored = groupBy(
    await queryRows(
      tx,
      StoredRow,
      sql`
      select endpoint_id as "endpointId", id, ecosystem, package_name as "packageName", vulnerability_id as "vulnerabilityId",
        source_name as "sourceName", package_id as "packageId", installed_version as "installedVersion", fixed_version as "fixedVersion", state, closed_by as "closedBy", update_id as "updateId", no_fix_because as "noFixBecause", risk,
        assessment->>'key' as decision, set_aside_at is not null and closed_at is null as "setAside",
        jsonb_path_query_array(proofs, '$[*].record') as records
      from finding f where endpoint_id = any(${sql.param(views.map((v) => v.endpointId))}::text[])${
        subjects
          ? sql` and exists (select 1 from ${subjectRows(subjects)} s
              where s.endpoint_id = f.endpoint_id and s.ecosystem = f.ecosystem and s.name = f.package_name)`
          : sql``
      }`,
    ),
    (row) => row.endpointId,
  );
  const changes = views.map((view) => {
    const before: readonly StoredFinding[] = stored.get(view.endpointId) ?? [];
    const wanted = decidedFindings(view, evidence, scores, decisions, before.filter(isAlive));
    return { endpointId: view.endpointId, ...findingChanges(view, wanted, before) };
  });
  await decisions.settle();
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
    changes.flatMap((c) => tellChanges(c).map((told) => ({ at: now, actor: "intel", subject: `endpoint:${c.endpointId}`, ...told }))),
  );
  const count = (part: keyof FindingChanges) => changes.reduce((sum, c) => sum + c[part].length, 0);
  return { opened: count("opened"), changed: count("changed"), closed: count("closed") };
}

async function upsert(tx: Db, now: Instant, findings: readonly (DecidedFinding & { readonly endpointId: string })[]): Promise<void> {
  for (const part of batches(findings, FINDING_BATCH)) {
    const input = bulkRows(part, {
      endpoint_id: { type: "text", of: (f) => f.endpointId },
      package_id: { type: "bigint", of: (f) => f.packageId },
      vulnerability_id: { type: "text", of: (f) => f.vulnerabilityId },
      ecosystem: { type: "text", of: (f) => f.ecosystem },
      package_name: { type: "text", of: (f) => f.packageName },
      source_name: { type: "text", of: (f) => f.sourceName },
      installed_version: { type: "text", of: (f) => f.installedVersion },
      fixed_version: { type: "text", of: (f) => f.fixedVersion },
      state: { type: "text", of: (f) => f.state },
      no_fix_because: { type: "text", of: (f) => f.noFixBecause },
      update_id: { type: "bigint", of: (f) => f.updateId },
      risk: { type: "float8", of: (f) => f.risk },
      factors: { type: "jsonb", of: (f) => JSON.stringify(f.factors) },
      exposure: { type: "text", of: (f) => f.exposure },
      proofs: { type: "jsonb", of: (f) => JSON.stringify(f.proofs) },
      assessment: {
        type: "jsonb",
        of: (f) => (f.decision === null ? null : JSON.stringify({ key: f.decision.key, ...Object(f.decision.detail) })),
      },
      set_aside_at: { type: "timestamptz", of: (f) => (isSetAside(f) ? formatInstant(now) : null) },
    });
    await tx.execute(sql`
      insert into finding (endpoint_id, package_id, vulnerability_id, ecosystem, package_name, source_name, installed_version, fixed_version,
        state, no_fix_because, update_id, risk, factors, exposure, proofs, assessment, set_aside_at, opened_at)
      select i.*, ${formatInstant(now)}::timestamptz from ${input} i order by endpoint_id, ecosystem, package_name, vulnerability_id
      on conflict (endpoint_id, ecosystem, package_name, vulnerability_id) do update set
        package_id = excluded.package_id, source_name = excluded.source_name, installed_version = excluded.installed_version,
        fixed_version = excluded.fixed_version, state = excluded.state, no_fix_because = excluded.no_fix_because, update_id = excluded.update_id, risk = excluded.risk,
        factors = excluded.factors, exposure = excluded.exposure, proofs = excluded.proofs, closed_at = null, closed_by = null,
        assessment = excluded.assessment,
        set_aside_at = case when excluded.set_aside_at is null then null else coalesce(finding.set_aside_at, excluded.set_aside_at) end,
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
      update finding f set state = i.state, closed_by = i.because, closed_at = ${formatInstant(now)}::timestamptz, update_id = null,
        no_fix_because = null,
        assessment = null,
        proofs = case when f.state = 'restart-needed' then jsonb_path_query_array(f.proofs, '$[*] ? (@.kind != "running")') else f.proofs end
      from ${input} i where f.id = i.id`);
  }
}
