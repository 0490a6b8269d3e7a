import { addMs, formatInstant, type Instant } from "@breakwater/shared/core";
import { and, eq, inArray, sql } from "drizzle-orm";
import type { RolloutPlan } from "../../../decide/planning/index.ts";
import { type Db, recordEvents, schema } from "../../../store/index.ts";
import {
  currentWave,
  type Execution,
  executionEffects,
  isFinal,
  isInFlight,
  type RolloutEvent,
  type RolloutState,
  rollbackExecutionId,
} from "../core/index.ts";
import { domainEventOf } from "./domain-events.ts";
import { appendHistory } from "./history.ts";
import { settleOutbox } from "./outbox.ts";
import { writeOutcomes } from "./outcomes.ts";
import { chunks } from "./rows.ts";

const { deployment, execution, commandOutbox, verdict } = schema;

/** Somebody else decided meanwhile, or took the lease over. Read again and decide again. */
export class Overtaken extends Error {}

/** Everything that follows from one decision, in the caller's transaction: all of it is written, or nothing. */
export async function writeDecision(
  tx: Db,
  decision: {
    readonly before: { readonly sequence: number };
    readonly after: RolloutState;
    readonly events: readonly RolloutEvent[];
    readonly now: Instant;
    /** Given by a driver that holds the lease: the write fails when another has taken it over. */
    readonly fencingToken?: number;
    /** What the judge showed for its verdict. */
    readonly evidence?: unknown;
  },
): Promise<number> {
  const { after, events, now, before } = decision;
  const sequence = before.sequence + events.length;
  await writeDeployment(tx, after, before.sequence, sequence, now, decision.fencingToken);
  await appendHistory(tx, after.deploymentId, before.sequence, events);
  const touched = touchedExecutions(after, events);
  await writeExecutions(tx, after, events, touched);
  const notAfter = new Map(events.flatMap((e) => (e.type === "execution-started" ? [[e.endpointId, e.notAfter] as const] : [])));
  await settleOutbox(tx, after, touched.flatMap(executionEffects), notAfter, now);
  await writeOutcomes(tx, after, touched, now);
  const verdicts = events.flatMap((e) =>
    e.type === "verdict-changed"
      ? [
          {
            deploymentId: after.deploymentId,
            wave: e.wave,
            at: formatInstant(e.at),
            verdict: e.verdict,
            evidence: { summary: e.summary, evidence: decision.evidence ?? null },
          },
        ]
      : [],
  );
  if (verdicts.length > 0) await tx.insert(verdict).values(verdicts);
  await recordEvents(
    tx,
    events.map((e) => domainEventOf(after, e)),
  );
  return sequence;
}

/** What a page reads without a replay. Executions lie in their own table, the plan in its. */
const snapshotOf = (state: RolloutState) => ({
  phase: state.phase,
  waves: state.waves,
  wave: currentWave(state),
  decisions: state.decisions,
  rollback: state.rollback ?? null,
});

async function writeDeployment(
  tx: Db,
  state: RolloutState,
  from: number,
  to: number,
  now: Instant,
  fencingToken: number | undefined,
): Promise<void> {
  const over = isFinal(state.phase) && ![...state.executions.values()].some((e) => isInFlight(e.state));
  const updated = await tx
    .update(deployment)
    .set({
      state: state.phase.kind,
      sequence: to,
      snapshot: snapshotOf(state),
      finishedAt: over ? sql`coalesce(${deployment.finishedAt}, ${formatInstant(now)}::timestamptz)` : null,
    })
    .where(
      and(
        eq(deployment.id, state.deploymentId),
        eq(deployment.sequence, from),
        ...(fencingToken === undefined ? [] : [eq(deployment.fencingToken, fencingToken)]),
      ),
    )
    .returning({ id: deployment.id });
  if (updated.length === 0) throw new Overtaken(`deployment ${state.deploymentId} was moved on by somebody else`);
}

function touchedExecutions(state: RolloutState, events: readonly RolloutEvent[]): Execution[] {
  const ids = new Set(events.flatMap((e) => ("endpointId" in e && e.endpointId !== undefined ? [e.endpointId] : [])));
  const touched = [...ids].flatMap((id) => state.executions.get(id) ?? []);
  const recut = events.find((e) => e.type === "wave-sized");
  if (!recut) return touched;
  // Who was left out of a later wave may be in another one now.
  return [...touched, ...[...state.executions.values()].filter((e) => e.wave > recut.wave && !ids.has(e.endpointId))];
}

async function writeExecutions(tx: Db, state: RolloutState, events: readonly RolloutEvent[], touched: readonly Execution[]): Promise<void> {
  const gone = events.flatMap((e) => (e.type === "execution-withdrawn" && !state.executions.has(e.endpointId) ? [e.endpointId] : []));
  for (const part of chunks(gone)) {
    const mine = and(eq(execution.deploymentId, state.deploymentId), inArray(execution.endpointId, part));
    await tx.delete(commandOutbox).where(inArray(commandOutbox.executionId, tx.select({ id: execution.id }).from(execution).where(mine)));
    await tx.delete(execution).where(mine);
  }
  const rows = touched.flatMap((e) => rowsFor(state, e));
  for (const part of chunks(rows))
    await tx
      .insert(execution)
      .values(part)
      .onConflictDoUpdate({
        target: execution.id,
        set: {
          state: sql`excluded.state`,
          wave: sql`excluded.wave`,
          failureClass: sql`excluded.failure_class`,
          message: sql`excluded.message`,
          startedAt: sql`excluded.started_at`,
          finishedAt: sql`excluded.finished_at`,
          watchedUntil: sql`excluded.watched_until`,
          lastStep: sql`excluded.last_step`,
        },
      });
}

/** A bake after its own patch, whatever becomes of its wave: two deployments that wait for each other's endpoints wait no longer than that. */
function watchedUntil(plan: RolloutPlan, e: Execution): string | null {
  if (e.state !== "succeeded" || e.patchedAt === undefined) return null;
  return formatInstant(addMs(e.patchedAt, plan.waves[e.wave]?.gate.bakeMs ?? 0));
}

/** One row for the execution, and one for its rollback, whose reports bear that id. */
function rowsFor({ deploymentId, plan }: RolloutState, e: Execution) {
  const row = {
    id: e.id as string,
    watchedUntil: watchedUntil(plan, e),
    deploymentId,
    endpointId: e.endpointId,
    wave: e.wave,
    state: e.state as string,
    failureClass: e.failureClass,
    message: e.message,
    startedAt: e.startedAt === undefined ? null : formatInstant(e.startedAt),
    finishedAt: e.finishedAt === undefined ? null : formatInstant(e.finishedAt),
    lastStep: e.lastStep,
  };
  if (!e.rollback) return [row];
  const back = { ...row, id: rollbackExecutionId(e.id), startedAt: formatInstant(e.rollback.requestedAt), lastStep: e.lastRollbackStep };
  return [row, back];
}
