import { addMs, type Instant } from "@breakwater/shared/core";
import { countPlaces, failures, generalHold, occupy, startHold } from "./admission.ts";
import { ask, end } from "./ending.ts";
import type { Story } from "./evolve.ts";
import type { Facts } from "./facts.ts";
import { evaluateGate, planned } from "./gate.ts";
import { isFinal, isInFlight } from "./phases.ts";
import { giveUp, moveTo } from "./reports.ts";
import { advanceRollback } from "./rollback.ts";
import type { Patience, Rules } from "./rules.ts";
import { accepted, currentWave, type Execution, freshExecution, type RolloutState, waveExecutions } from "./state.ts";

/** Whatever is due at this moment under these facts. Does nothing when nothing is. */
export function tick(story: Story, facts: Facts, now: Instant, rules: Rules, patience: Patience): void {
  enforceLimits(story, facts, now, patience);
  if (isFinal(story.state.phase)) return;
  if (story.state.rollback) {
    advanceRollback(story, facts, now, rules);
    return;
  }
  if (now >= story.state.expiresAt && unstarted(story.state) > 0) {
    end(story, "expired", "engine", `The plan expired with ${unstarted(story.state)} endpoints not started.`);
    return;
  }
  if (story.state.phase.kind === "scheduled" && now >= planned(story.state.plan.waves[0]?.notBefore ?? ""))
    story.tell({ type: "started", actor: "engine", reason: "its time has come" });
  if (rules.budget && unstarted(story.state) > 0 && story.state.phase.kind !== "scheduled") {
    const failed = failures(story.state);
    if (failed >= story.state.plan.errorBudget) {
      const reason = `The error budget is used up: ${failed} executions failed, ${story.state.plan.errorBudget} end it.`;
      end(story, "halted", "engine", reason);
      return;
    }
  }
  settleCurrentWave(story);
  if (story.state.phase.kind !== "running" && rules.standstill) return;
  advanceWaves(story, facts, now, rules, patience);
}

const unstarted = (state: RolloutState): number => Object.keys(state.plan.endpoints).length - state.executions.size;

/** Every execution ends: by its report, or by these limits. */
function enforceLimits(story: Story, facts: Facts, now: Instant, patience: Patience): void {
  for (const execution of [...story.state.executions.values()]) {
    if (!isInFlight(execution.state)) continue;
    const since = execution.rollback?.requestedAt ?? execution.startedAt ?? execution.changedAt;
    const limit = story.state.plan.executionLimitMs;
    if (now - since >= limit) {
      giveUp(story, execution, now, `It had not ended after ${Math.round(limit / 60_000)} minutes.`);
      ask(
        story,
        {
          kind: "not-ended",
          wave: execution.wave,
          endpointId: execution.endpointId,
          question: `${execution.endpointId} has not said how its ${execution.rollback ? "rollback" : "execution"} ended. It has to be looked into.`,
        },
        now,
      );
      continue;
    }
    const notTakenOn =
      execution.state === "queued" ||
      execution.state === "delivered" ||
      (execution.state === "rolling-back" && execution.rollback !== undefined && execution.lastRollbackStep === 0);
    const seen = facts.endpoints.get(execution.endpointId);
    if (notTakenOn && !seen?.connected && now - Math.max(seen?.lastSeenAt ?? 0, since) >= patience.unreachableAfterMs)
      giveUp(story, execution, now, "It was not connected and had not taken its command on.");
  }
}

/** A running wave whose executions have all ended bakes; one that bakes runs again when an endpoint comes back in the middle of its work. */
function settleCurrentWave(story: Story): void {
  const wave = currentWave(story.state);
  const phase = story.state.waves[wave]?.phase.kind;
  const executions = waveExecutions(story.state, wave);
  const ended = executions.length === story.state.plan.waves[wave]?.endpointIds.length && executions.every((e) => !isInFlight(e.state));
  if (phase === "running" && ended) story.tell({ type: "wave-baking", wave });
  if (phase === "baking" && !ended) story.tell({ type: "wave-opened", wave });
}

function advanceWaves(story: Story, facts: Facts, now: Instant, rules: Rules, patience: Patience): void {
  for (const _ of story.state.plan.waves) {
    const wave = currentWave(story.state);
    const progress = story.state.waves[wave];
    if (!progress) break;
    if (progress.phase.kind === "pending") gateWave(story, wave, now);
    if (story.state.waves[wave]?.phase.kind === "gated" && !mayOpen(story, wave, now)) return;
    startMembers(story, facts, wave, now, rules, patience);
    settleCurrentWave(story);
    if (!rules["wave-order"]) startMembers(story, facts, wave + 1, now, rules, patience);
    const phase = story.state.waves[wave]?.phase;
    if (phase?.kind !== "baking") return;
    const gate = evaluateGate(story.state, facts, wave, phase.since, now);
    if (gate.kind === "ask") {
      ask(story, { kind: gate.about, wave, question: gate.question }, now);
      return;
    }
    if (gate.kind !== "open") return;
    story.tell({ type: "wave-passed", wave, why: gate.why });
  }
  if (currentWave(story.state) === story.state.waves.length) end(story, "succeeded", "engine", "Every wave passed its gate.");
}

function gateWave(story: Story, wave: number, now: Instant): void {
  story.tell({ type: "wave-gated", wave });
  if (!needsApproval(story.state, wave)) return;
  const name = story.state.plan.waves[wave]?.name ?? "";
  ask(story, { kind: "approval", wave, question: `The wave before passed. May wave "${name}" begin?` }, now);
}

/** The gate before it says that a person must open this wave, and nobody has. */
export const needsApproval = (state: RolloutState, wave: number): boolean =>
  wave > 0 && state.plan.waves[wave - 1]?.gate.approval === true && state.waves[wave]?.approvedBy === undefined;

function mayOpen(story: Story, wave: number, now: Instant): boolean {
  const plannedWave = story.state.plan.waves[wave];
  const progress = story.state.waves[wave];
  if (!plannedWave || !progress || needsApproval(story.state, wave) || now < planned(plannedWave.notBefore)) return false;
  if (now > planned(plannedWave.notAfter) && !accepted(progress, "overdue")) {
    ask(
      story,
      { kind: "overdue", wave, question: `Wave "${plannedWave.name}" should have begun by ${plannedWave.notAfter}. Begin it late?` },
      now,
    );
    return false;
  }
  return true;
}

/** Starts whoever may start. Whoever may but cannot be reached is waited for, and given up when the wait is over. */
function startMembers(story: Story, facts: Facts, wave: number, now: Instant, rules: Rules, patience: Patience): void {
  const members = story.state.plan.waves[wave]?.endpointIds ?? [];
  takeInReturned(story, facts, members);
  // What is told below neither fails nor stops anything, so this holds for all members or for none.
  if (generalHold(story.state, facts, rules)) return;
  const places = countPlaces(story.state, facts);
  for (const endpointId of members) {
    if (rules.once && story.state.executions.has(endpointId)) continue;
    const hold = startHold(story.state, facts, places, endpointId, wave, now, rules);
    if (hold && hold.kind !== "disconnected") continue;
    if (story.state.waves[wave]?.phase.kind === "gated") story.tell({ type: "wave-opened", wave });
    if (hold) {
      awaitEndpoint(story, endpointId, wave, now, patience);
      continue;
    }
    story.tell({ type: "execution-started", endpointId, wave, notAfter: notAfter(story.state, facts, endpointId, now) });
    occupy(story.state, places, endpointId, wave);
  }
}

function awaitEndpoint(story: Story, endpointId: string, wave: number, now: Instant, patience: Patience): void {
  const until = story.state.awaited.get(endpointId);
  if (until === undefined) {
    story.tell({ type: "endpoint-awaited", endpointId, until: addMs(now, patience.unreachableAfterMs) });
    return;
  }
  if (now >= until)
    moveTo(story, freshExecution(story.state.deploymentId, endpointId, wave, now), "unreachable", now, {
      message: "It was not connected when its turn came.",
    });
}

/** An endpoint that was given up before anything was sent, and is back while its wave still runs, gets its turn after all. */
function takeInReturned(story: Story, facts: Facts, members: readonly string[]): void {
  for (const endpointId of members) {
    const execution = story.state.executions.get(endpointId);
    if (execution && mayReturn(execution) && facts.endpoints.get(endpointId)?.connected)
      story.tell({ type: "execution-withdrawn", endpointId });
  }
}

export const mayReturn = (execution: Execution): boolean => execution.state === "unreachable" && execution.startedAt === undefined;

/** The endpoint must not begin after its window closed, the plan expired, or the controller has given it up. */
function notAfter(state: RolloutState, facts: Facts, endpointId: string, now: Instant): Instant {
  const limits = [facts.windows.closesAt(endpointId, now), state.expiresAt, addMs(now, state.plan.executionLimitMs)];
  return Math.min(...limits.filter((at) => at !== undefined)) as Instant;
}
