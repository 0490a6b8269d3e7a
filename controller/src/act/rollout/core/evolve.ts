import { type Instant, unreachable } from "@breakwater/shared/core";
import type { RolloutPlan } from "../../../decide/planning/index.ts";
import type { RolloutEvent } from "./events.ts";
import { afterCut } from "./growth.ts";
import { isInFlight, mayFollow, type WavePhase } from "./phases.ts";
import { type Execution, freshExecution, needsHands, type RolloutState, type WaveProgress } from "./state.ts";

/** A state under construction: one copy per batch, so that replaying a long history stays linear. */
type Draft = Mutable<RolloutState> & {
  executions: Map<string, Execution>;
  awaited: Map<string, Instant>;
  waves: WaveProgress[];
};

/** Gives a draft that still shares its collections with the state it came from its own ones. */
function own(draft: RolloutState): asserts draft is Draft {
  Object.assign(draft, { executions: new Map(draft.executions), awaited: new Map(draft.awaited), waves: [...draft.waves] });
}

/** The state of a deployment that was just created. */
export function begin(plan: RolloutPlan, event: Extract<RolloutEvent, { type: "created" }>): RolloutState {
  return {
    deploymentId: event.deploymentId,
    plan,
    planDigest: event.planDigest,
    expiresAt: event.expiresAt,
    createdAt: event.at,
    phase: { kind: "scheduled" },
    waves: plan.waves.map(() => ({ phase: { kind: "pending" }, overrides: [], holding: [], branches: [] })),
    executions: new Map(),
    awaited: new Map(),
    decisions: [],
    unchanging: new Set(event.unchanging),
    irreversible: new Set(event.irreversible),
  };
}

/** The state after further events. Throws on an event that the transition table does not know: history was tampered with. */
export const evolve = (state: RolloutState, ...events: readonly RolloutEvent[]): RolloutState => evolveAll(state, events);

/** The same for a list of any length, which arguments of a call are not. */
export function evolveAll(state: RolloutState, events: readonly RolloutEvent[]): RolloutState {
  const draft: RolloutState = { ...state };
  own(draft);
  for (const event of events) apply(draft, event);
  return draft;
}

/** A decision in the making: what was told so far, and the state after it. */
export interface Story {
  readonly state: RolloutState;
  readonly events: readonly RolloutEvent[];
  tell(event: DistributiveOmit<RolloutEvent, "at">): void;
}
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** Begins a decision at a moment. The given state stays as it is. */
export function storyFrom(state: RolloutState, now: Instant): Story {
  const draft: RolloutState = { ...state };
  const events: RolloutEvent[] = [];
  return {
    state: draft,
    events,
    tell: (told) => {
      // Most decisions tell nothing: only the first thing that is told is worth a copy.
      if (events.length === 0) own(draft);
      const event = { ...told, at: now } as RolloutEvent;
      apply(draft as Draft, event);
      events.push(event);
    },
  };
}

/** Replays a whole history. */
export function replay(plan: RolloutPlan, events: readonly RolloutEvent[]): RolloutState {
  const [first, ...rest] = events;
  if (first?.type !== "created") throw new Error("a deployment's history begins with its creation");
  return evolveAll(begin(plan, first), rest);
}

function apply(draft: Draft, event: RolloutEvent): void {
  const at = event.at;
  switch (event.type) {
    case "created":
      throw new Error("a deployment is created once");
    case "started":
    case "resumed":
      turn(draft, { kind: "running" });
      return;
    case "paused":
      turn(draft, { kind: "paused", cause: event.cause, reason: event.reason, by: event.actor, since: at });
      return;
    case "ended":
      draft.decisions = draft.decisions.filter((d) => needsHands(d.kind));
      draft.awaited.clear();
      delete draft.rollback;
      turn(draft, { kind: event.as, reason: event.reason, by: event.actor, at });
      return;
    case "wave-gated":
      wave(draft, event.wave, { kind: "gated", since: at });
      return;
    case "wave-opened":
      wave(draft, event.wave, { kind: "running", since: at });
      return;
    case "wave-baking":
      wave(draft, event.wave, { kind: "baking", since: at });
      return;
    case "wave-passed":
      wave(draft, event.wave, { kind: "passed", at, why: event.why });
      return;
    case "wave-failed":
      wave(draft, event.wave, { kind: "failed", at, why: event.why });
      return;
    case "wave-skipped":
      wave(draft, event.wave, { kind: "skipped", at, why: event.why });
      return;
    case "wave-sized":
      Object.assign(draft, afterCut(draft, event));
      return;
    case "wave-approved":
      change(draft, event.wave, { approvedBy: event.actor });
      return;
    case "verdict-changed":
      change(draft, event.wave, { verdict: { verdict: event.verdict, at, summary: event.summary } });
      return;
    case "trigger-held": {
      const { trigger, since, sentence, endpointIds } = event;
      change(draft, event.wave, { holding: [...progress(draft, event.wave).holding, { trigger, since, sentence, endpointIds }] });
      return;
    }
    case "trigger-ceased":
      change(draft, event.wave, { holding: progress(draft, event.wave).holding.filter((h) => h.trigger !== event.trigger) });
      return;
    case "branch-taken": {
      const { branch, action, why, endpointIds } = event;
      change(draft, event.wave, { branches: [...progress(draft, event.wave).branches, { branch, at, action, why, endpointIds }] });
      return;
    }
    case "wave-held":
      change(draft, event.wave, { held: { since: at, why: event.why } });
      return;
    case "wave-freed": {
      const { held: _held, ...rest } = progress(draft, event.wave);
      draft.waves[event.wave] = rest;
      return;
    }
    case "decision-reminded":
      draft.decisions = draft.decisions.map((d) =>
        d.kind === event.kind && d.wave === event.wave && d.endpointId === event.endpointId ? { ...d, reminded: (d.reminded ?? 0) + 1 } : d,
      );
      return;
    case "decision-needed":
      draft.decisions = [...draft.decisions, event.decision];
      return;
    case "decision-closed":
      draft.decisions = draft.decisions.filter(
        (d) => !(d.kind === event.kind && d.wave === event.wave && d.endpointId === event.endpointId),
      );
      return;
    case "overridden": {
      const taken = { kind: event.kind, reason: event.reason, by: event.actor, at };
      change(draft, event.wave, { overrides: [...progress(draft, event.wave).overrides, taken] });
      return;
    }
    case "rollback-started":
      draft.awaited.clear();
      draft.rollback = {
        scope: event.scope,
        waves: event.waves,
        reason: event.reason,
        by: event.actor,
        since: at,
        forced: false,
        ...(event.order === undefined ? {} : { order: event.order }),
        harmed: event.harmed ?? [],
      };
      return;
    case "rollback-forced":
      if (draft.rollback) draft.rollback = { ...draft.rollback, forced: true };
      return;
    case "rollback-finished":
      delete draft.rollback;
      return;
    case "endpoint-awaited":
      draft.awaited.set(event.endpointId, event.until);
      return;
    case "execution-started":
      draft.awaited.delete(event.endpointId);
      draft.executions.set(event.endpointId, {
        ...freshExecution(draft.deploymentId, event.endpointId, event.wave, at),
        state: "queued",
        startedAt: at,
        notAfter: event.notAfter,
      });
      return;
    case "execution-withdrawn":
      draft.executions.delete(event.endpointId);
      return;
    case "execution-moved":
      move(draft, event);
      return;
    case "report-noted":
      stepTaken(draft, event.endpointId, event.step);
      return;
    case "execution-cancel-requested":
      update(draft, event.endpointId, { cancelRequestedAt: at });
      return;
    case "execution-rollback-requested": {
      const { finishedAt: _finishedAt, ...before } = existing(draft, event.endpointId);
      if (!mayFollow("execution", before.state, "rolling-back")) impossible(before.state, "rolling-back");
      const rollback = { reason: event.reason, requestedAt: at };
      draft.executions.set(event.endpointId, { ...before, state: "rolling-back", changedAt: at, rollback });
      return;
    }
    default:
      unreachable(event);
  }
}

function turn(draft: Draft, to: RolloutState["phase"]): void {
  if (draft.phase.kind !== to.kind && !mayFollow("deployment", draft.phase.kind, to.kind)) impossible(draft.phase.kind, to.kind);
  draft.phase = to;
}

function wave(draft: Draft, index: number, phase: WavePhase): void {
  const from = draft.waves[index]?.phase.kind ?? "pending";
  if (!mayFollow("wave", from, phase.kind)) impossible(from, phase.kind);
  change(draft, index, { phase });
}

function change(draft: Draft, index: number, part: Partial<WaveProgress>): void {
  draft.waves[index] = { ...progress(draft, index), ...part };
}

function progress(draft: Draft, index: number): WaveProgress {
  const found = draft.waves[index];
  if (!found) throw new Error(`the plan has no wave ${index}`);
  return found;
}

function existing(draft: Draft, endpointId: string): Execution {
  const execution = draft.executions.get(endpointId);
  if (!execution) throw new Error(`${endpointId} has no execution`);
  return execution;
}

function update(draft: Draft, endpointId: string, part: Partial<Execution>): void {
  draft.executions.set(endpointId, { ...existing(draft, endpointId), ...part });
}

function stepTaken(draft: Draft, endpointId: string, step: { readonly of: "apply" | "rollback"; readonly number: number }): void {
  update(draft, endpointId, step.of === "apply" ? { lastStep: step.number } : { lastRollbackStep: step.number });
}

function move(draft: Draft, event: Extract<RolloutEvent, { type: "execution-moved" }>): void {
  const before = draft.executions.get(event.endpointId) ?? freshExecution(draft.deploymentId, event.endpointId, event.wave, event.at);
  draft.awaited.delete(event.endpointId);
  const { to, step } = event;
  if (!mayFollow("execution", before.state, to)) impossible(before.state, to);
  const patched = to === "verifying" || to === "succeeded";
  const patchedAt = to === "rolled-back" ? undefined : (before.patchedAt ?? (patched ? event.at : undefined));
  // Written out instead of spread: most of a history is this, and a restart replays all of it.
  const after: Mutable<Execution> = {
    id: before.id,
    endpointId: before.endpointId,
    wave: before.wave,
    state: to,
    changedAt: event.at,
    lastStep: step?.of === "apply" ? step.number : before.lastStep,
    lastRollbackStep: step?.of === "rollback" ? step.number : before.lastRollbackStep,
    begun: before.begun || (step !== undefined && to !== "refused"),
    touched: before.touched || touches(to),
    failureClass: to === "succeeded" ? "" : event.failureClass || before.failureClass,
    message: event.message || (to === "succeeded" ? "" : before.message),
  };
  if (before.startedAt !== undefined) after.startedAt = before.startedAt;
  if (before.notAfter !== undefined) after.notAfter = before.notAfter;
  if (patchedAt !== undefined) after.patchedAt = patchedAt;
  if (!isInFlight(to)) after.finishedAt = event.at;
  if (to === "rebooting") after.rebootingSince = event.at;
  if (before.cancelRequestedAt !== undefined) after.cancelRequestedAt = before.cancelRequestedAt;
  if (before.rollback !== undefined) after.rollback = before.rollback;
  draft.executions.set(event.endpointId, after);
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const touches = (to: Execution["state"]): boolean =>
  to === "applying" ||
  to === "rebooting" ||
  to === "verifying" ||
  to === "succeeded" ||
  to === "rolling-back" ||
  to === "rolled-back" ||
  to === "rollback-failed";

function impossible(from: string, to: string): never {
  throw new Error(`${to} cannot follow ${from}`);
}
