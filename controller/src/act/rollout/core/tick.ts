import { addMs, formatInstant, type Instant } from "@breakwater/shared/core";
import { treeOfWave } from "../../../decide/rollback/index.ts";
import { countPlaces, failures, generalHold, occupy, startHold } from "./admission.ts";
import { ask, end } from "./ending.ts";
import type { Story } from "./evolve.ts";
import type { Facts } from "./facts.ts";
import { evaluateGate, everybodyLeftOut, planned } from "./gate.ts";
import { growInto } from "./growth.ts";
import { isFinal, isInFlight } from "./phases.ts";
import { giveUp, moveTo } from "./reports.ts";
import { advanceRollback } from "./rollback.ts";
import type { Patience, Rules } from "./rules.ts";
import { watchForStall } from "./stall.ts";
import {
  accepted,
  countsAsFailure,
  currentWave,
  type Decision,
  type Execution,
  freshExecution,
  type RolloutState,
  rebootLimitOf,
  waveExecutions,
} from "./state.ts";
import { react } from "./tree.ts";

const DAY_MS = 86_400_000;

/** Whatever is due at this moment under these facts. Does nothing when nothing is. */
export function tick(story: Story, facts: Facts, now: Instant, rules: Rules, patience: Patience): void {
  enforceLimits(story, facts, now, patience);
  remind(story, now, patience);
  if (rules.danger) reactToUnrestored(story, now);
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
      useUp(story, reason, now);
      if (isFinal(story.state.phase) || story.state.rollback) return;
    }
  }
  settleCurrentWave(story);
  if (story.state.phase.kind !== "running" && rules.standstill) return;
  advanceWaves(story, facts, now, rules, patience);
}

/** What the tree of the wave in progress says of a used-up budget; a plan that says nothing is ended. */
function useUp(story: Story, why: string, now: Instant): void {
  const wave = Math.min(currentWave(story.state), story.state.waves.length - 1);
  const planned = story.state.plan.waves[wave];
  if (!planned || !treeOfWave(planned).some((b) => b.when.kind === "budget-used-up")) {
    end(story, "halted", "engine", why);
    return;
  }
  const failed = [...story.state.executions.values()].filter(countsAsFailure).map((e) => e.endpointId);
  const question = { kind: "stalled" as const, wave, question: `${why} Roll back, halt, or propose a new plan for what is left.` };
  react(story, wave, "budget-used-up", { why, endpointIds: failed, question }, now);
}

/** An endpoint that could not be restored stops the rollout until a person has seen to it. */
function reactToUnrestored(story: Story, now: Instant): void {
  if (isFinal(story.state.phase) || story.state.rollback) return;
  const open = story.state.decisions.find((d) => d.kind === "rollback-failed");
  const taken =
    open && story.state.waves[open.wave]?.branches.some((b) => b.at >= open.since && b.endpointIds.includes(open.endpointId ?? ""));
  if (!open || taken) return;
  const { since: _since, ...question } = open;
  react(story, open.wave, "not-restored", { why: open.question, endpointIds: [open.endpointId ?? ""], question }, now);
}

/** Nobody answered: the question is told again, ever more rarely. */
function remind(story: Story, now: Instant, patience: Patience): void {
  for (const d of story.state.decisions)
    if (now >= remindsAt(d, patience))
      story.tell({
        type: "decision-reminded",
        kind: d.kind,
        wave: d.wave,
        ...(d.endpointId === undefined ? {} : { endpointId: d.endpointId }),
      });
}

/** When an open question is told again: after the patience, then after twice as long, and so on up to once a day. */
export function remindsAt(d: Decision, patience: Patience): Instant {
  let at: number = d.since;
  for (let i = 0; i <= (d.reminded ?? 0); i += 1) at += Math.min(patience.remindAfterMs * 2 ** i, DAY_MS);
  return at as Instant;
}

const unstarted = (state: RolloutState): number => Object.keys(state.plan.endpoints).length - state.executions.size;

/** Every execution ends: by its report, or by these limits. */
function enforceLimits(story: Story, facts: Facts, now: Instant, patience: Patience): void {
  const flying: Execution[] = [];
  for (const execution of story.state.executions.values()) if (isInFlight(execution.state)) flying.push(execution);
  for (const execution of flying) {
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
    if (neverCameBack(story, execution, facts, now)) continue;
    const notTakenOn =
      execution.state === "queued" ||
      execution.state === "delivered" ||
      (execution.state === "rolling-back" && execution.rollback !== undefined && execution.lastRollbackStep === 0);
    const seen = facts.endpoints.get(execution.endpointId);
    const { notAfter: latest } = execution;
    if (notTakenOn && latest !== undefined && execution.state !== "rolling-back" && now >= latest + patience.unreachableAfterMs) {
      giveUp(story, execution, now, "Its time to begin ran out before it had taken its command on.");
      continue;
    }
    if (notTakenOn && !seen?.connected && now - Math.max(seen?.lastSeenAt ?? 0, since) >= patience.unreachableAfterMs)
      giveUp(story, execution, now, "It was not connected and had not taken its command on.");
  }
}

/** A machine that went down for its plan and is not heard of within the limit needs hands: nobody can say from here why. */
function neverCameBack(story: Story, execution: Execution, facts: Facts, now: Instant): boolean {
  const { rebootingSince: since, endpointId, wave } = execution;
  const limit = rebootLimitOf(story.state.plan);
  if (since === undefined || facts.endpoints.get(endpointId)?.connected || now - since < limit) return false;
  const why = `Rebooting since ${formatInstant(since)}; it has not come back within ${Math.round(limit / 60_000)} minutes.`;
  giveUp(story, execution, now, why);
  ask(story, { kind: "not-ended", wave, endpointId, question: `${endpointId}: ${why} It has to be looked into.` }, now);
  return true;
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
    if (progress.phase.kind === "pending") gateWave(story, wave, now, rules);
    if (story.state.waves[wave]?.phase.kind === "gated" && !mayOpen(story, wave, now)) return;
    startMembers(story, facts, wave, now, rules, patience);
    watchForStall(story, facts, wave, now, rules, patience);
    if (story.state.waves[wave]?.phase.kind === "gated" && everybodyLeftOut(story.state, wave)) story.tell({ type: "wave-opened", wave });
    settleCurrentWave(story);
    if (!rules["wave-order"]) startMembers(story, facts, wave + 1, now, rules, patience);
    const phase = story.state.waves[wave]?.phase;
    if (phase?.kind !== "baking") return;
    const gate = evaluateGate(story.state, facts, wave, phase.since, now, rules);
    if (gate.kind === "ask") {
      const question = { kind: gate.about, wave, question: gate.question };
      const cause = { why: gate.question, endpointIds: [], question };
      if (gate.about === "harmful") ask(story, question, now);
      else react(story, wave, gate.about === "undecided" ? "undecided" : "too-few-succeeded", cause, now);
      return;
    }
    if (gate.kind !== "open") return;
    story.tell({ type: "wave-passed", wave, why: gate.why });
  }
  if (currentWave(story.state) === story.state.waves.length) end(story, "succeeded", "engine", "Every wave passed its gate.");
}

function gateWave(story: Story, wave: number, now: Instant, rules: Rules): void {
  growInto(story, wave, rules);
  story.tell({ type: "wave-gated", wave });
  if (!needsApproval(story.state, wave)) return;
  const name = story.state.plan.waves[wave]?.name ?? "";
  ask(story, { kind: "approval", wave, question: `The wave before passed. May wave "${name}" begin?${openedBy(story.state, wave)}` }, now);
}

/** The gate before it says that a person must open this wave, and nobody has. */
export const needsApproval = (state: RolloutState, wave: number): boolean =>
  wave > 0 && state.plan.waves[wave - 1]?.gate.approval === true && state.waves[wave]?.approvedBy === undefined;

/** Who opens this wave, where its plan says who. */
export const approversOf = (state: RolloutState, wave: number): readonly string[] | undefined => state.plan.waves[wave - 1]?.gate.approvers;

/** " The plan says that ada or bo opens it.", or nothing. */
export function openedBy(state: RolloutState, wave: number): string {
  const approvers = approversOf(state, wave);
  return approvers ? ` The plan says that ${approvers.join(" or ")} opens it.` : "";
}

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
