import { formatInstant, type Instant } from "@breakwater/shared/core";
import { asc, eq } from "drizzle-orm";
import { type Db, schema } from "../../../store/index.ts";
import {
  countsAsFailure,
  type Execution,
  evaluateGate,
  explain,
  type Facts,
  forecast,
  isInFlight,
  type RolloutState,
  successShare,
  type Wait,
} from "../core/index.ts";
import { readHistory } from "./history.ts";
import { momentOf } from "./rows.ts";

const iso = (at: Instant | undefined): string | undefined => (at === undefined ? undefined : formatInstant(at));

/** Everything that a page shows of one deployment, times as RFC 3339. */
export async function viewDeployment(
  db: Db,
  state: RolloutState,
  facts: Facts,
  now: Instant,
  judgeProblem: { message: string; since: Instant } | undefined,
) {
  const [row] = await db.select().from(schema.deployment).where(eq(schema.deployment.id, state.deploymentId));
  if (!row) throw new Error(`deployment ${state.deploymentId} is gone`);
  const history = await readHistory(db, state.deploymentId);
  const verdicts = await db
    .select()
    .from(schema.verdict)
    .where(eq(schema.verdict.deploymentId, state.deploymentId))
    .orderBy(asc(schema.verdict.id));
  const executions = [...state.executions.values()];
  return {
    id: state.deploymentId,
    planId: state.plan.planId,
    planRevision: state.plan.revision,
    planDigest: state.planDigest,
    title: row.title,
    simulated: row.simulated,
    state: state.phase.kind,
    phase: state.phase,
    createdAt: formatInstant(state.createdAt),
    finishedAt: row.finishedAt === null ? undefined : formatInstant(momentOf(row.finishedAt)),
    expiresAt: formatInstant(state.expiresAt),
    waves: state.plan.waves.map((planned, index) => waveView(state, facts, now, planned, index)),
    executions: executions.map((e) => executionView(state, e)),
    budget: {
      failed: executions.filter(countsAsFailure).length,
      limit: state.plan.errorBudget,
      inFlight: executions.filter((e) => isInFlight(e.state)).length,
      maxConcurrent: state.plan.maxConcurrent,
    },
    decisions: state.decisions.map((d) => ({ ...d, since: formatInstant(d.since) })),
    rollback: state.rollback && { ...state.rollback, since: formatInstant(state.rollback.since) },
    waits: waitsOf(state, facts, now, judgeProblem),
    forecast: forecast(state, facts, now),
    verdicts: verdicts.map((v) => ({ wave: v.wave, at: formatInstant(momentOf(v.at)), verdict: v.verdict, evidence: v.evidence })),
    timeline: history.map(({ at, type, ...data }, i) => ({ sequence: i + 1, at: formatInstant(at), type, data })),
  };
}
export type DeploymentView = Awaited<ReturnType<typeof viewDeployment>>;

/** What is waited for, and that the judge is silent when it is. */
export function waitsOf(
  state: RolloutState,
  facts: Facts,
  now: Instant,
  judgeProblem: { message: string; since: Instant } | undefined,
): Wait[] {
  const waits = explain(state, facts, now);
  if (!judgeProblem) return waits;
  return [
    ...waits,
    {
      what: `The judge has not answered since ${formatInstant(judgeProblem.since)}: ${judgeProblem.message}`,
      afterwards: "It is asked again every few seconds; no gate opens without it, and at the bake limit a person is asked.",
    },
  ];
}

function waveView(state: RolloutState, facts: Facts, now: Instant, planned: RolloutState["plan"]["waves"][number], index: number) {
  const progress = state.waves[index];
  const phase = progress?.phase ?? { kind: "pending" as const };
  return {
    index,
    name: planned.name,
    state: phase.kind,
    phase,
    endpointIds: planned.endpointIds,
    notBefore: planned.notBefore,
    notAfter: planned.notAfter,
    onHarmful: planned.onHarmful,
    maxConcurrent: planned.maxConcurrent,
    approvedBy: progress?.approvedBy,
    overrides: progress?.overrides ?? [],
    verdict: progress?.verdict && { ...progress.verdict, at: formatInstant(progress.verdict.at) },
    gate: {
      rules: planned.gate,
      share: successShare(state, index),
      says: phase.kind === "baking" ? evaluateGate(state, facts, index, phase.since, now) : undefined,
    },
  };
}

function executionView(state: RolloutState, e: Execution) {
  const endpoint = state.plan.endpoints[e.endpointId];
  return {
    id: e.id,
    endpointId: e.endpointId,
    hostname: endpoint?.hostname ?? "",
    site: endpoint?.site ?? "",
    wave: e.wave,
    state: e.state,
    failureClass: e.failureClass,
    message: e.message,
    startedAt: iso(e.startedAt),
    patchedAt: iso(e.patchedAt),
    finishedAt: iso(e.finishedAt),
    rollback: e.rollback && { reason: e.rollback.reason, requestedAt: formatInstant(e.rollback.requestedAt) },
  };
}
