import { fail, type Instant, ok, type Problem, type Result, unreachable } from "@breakwater/shared/core";
import type { RolloutCommand } from "./commands.ts";
import { cancelBeforeChange, end, takeBackWithdrawn } from "./ending.ts";
import type { RolloutEvent } from "./events.ts";
import { type Story, storyFrom } from "./evolve.ts";
import { isFinal, mayFollow } from "./phases.ts";
import { giveUp, moveTo, takeReport } from "./reports.ts";
import { startRollback } from "./rollback.ts";
import { ALL_RULES, PATIENCE, type Patience, type Rules } from "./rules.ts";
import { accepted, freshExecution, needsHands, type RolloutState } from "./state.ts";
import { approversOf, mayReturn, needsApproval, tick } from "./tick.ts";
import { branchByVerdict, followTriggers, takeBranch } from "./tree.ts";

/**
 * What a command leads to: events, or a refusal that says what to do instead. Pure; an empty list means that nothing
 * changes (a repeated report, a tick with nothing due).
 */
export function decide(
  state: RolloutState,
  command: RolloutCommand,
  now: Instant,
  rules: Rules = ALL_RULES,
  patience: Patience = PATIENCE,
): Result<readonly RolloutEvent[]> {
  const story = storyFrom(state, now);
  const done = carryOut(story, command, now, rules, patience);
  return done.ok ? ok(story.events) : done;
}

/** What several commands lead to, and the state after it. */
export interface Decided {
  readonly events: readonly RolloutEvent[];
  readonly after: RolloutState;
}

/**
 * Decides on commands one after another, each on what the ones before it left. Those that are refused change nothing and
 * are told. One copy of the state serves all of them: a batch of reports costs as much as one.
 */
export function decideAll(
  state: RolloutState,
  commands: readonly RolloutCommand[],
  now: Instant,
  how: {
    readonly rules?: Rules | undefined;
    readonly patience?: Patience | undefined;
    readonly refused?: (command: RolloutCommand, problem: Problem) => void;
  } = {},
): Decided {
  const story = storyFrom(state, now);
  for (const command of commands) {
    const before = story.events.length;
    const done = carryOut(story, command, now, how.rules ?? ALL_RULES, how.patience ?? PATIENCE);
    if (done.ok) continue;
    if (story.events.length > before) throw new Error(`${command.type} was refused after it had told something`);
    how.refused?.(command, done.problem);
  }
  return { events: story.events, after: story.state };
}

function carryOut(story: Story, command: RolloutCommand, now: Instant, rules: Rules, patience: Patience): Result<void> {
  switch (command.type) {
    case "tick":
      tick(story, command.facts, now, rules, patience);
      return ok(undefined);
    case "report":
      return takeReport(story, command, now, rules);
    case "verdict":
      return takeVerdict(story, command, now);
    case "delivered":
    case "refuse":
    case "endpoint-unreachable":
    case "endpoint-returned":
      return onEndpoint(story, command, now);
    default:
      return onOperator(story, command, now);
  }
}

function onEndpoint(
  story: Story,
  command: Extract<RolloutCommand, { type: "delivered" | "refuse" | "endpoint-unreachable" | "endpoint-returned" }>,
  now: Instant,
): Result<void> {
  const execution = story.state.executions.get(command.endpointId);
  if (!execution) return fail({ code: "unknown-execution", message: `${command.endpointId} has no execution in this deployment.` });
  switch (command.type) {
    case "delivered":
      if (execution.state === "queued") moveTo(story, execution, "delivered", now);
      break;
    case "refuse":
      if (mayFollow("execution", execution.state, "refused"))
        moveTo(story, execution, "refused", now, { failureClass: command.code, message: command.message });
      break;
    case "endpoint-unreachable":
      giveUp(story, execution, now, command.reason);
      break;
    case "endpoint-returned":
      if (mayReturn(execution) && story.state.waves[execution.wave]?.phase.kind === "running" && story.state.phase.kind === "running")
        story.tell({ type: "execution-withdrawn", endpointId: execution.endpointId });
      break;
    default:
      unreachable(command);
  }
  return ok(undefined);
}

/** Once harmful, a wave stays harmful until a person says otherwise. */
function takeVerdict(story: Story, command: Extract<RolloutCommand, { type: "verdict" }>, now: Instant): Result<void> {
  const wave = story.state.waves[command.wave];
  const planned = story.state.plan.waves[command.wave];
  if (!wave || !planned) return fail({ code: "unknown-wave", message: `The plan has no wave ${command.wave}.` });
  const watched = wave.phase.kind === "running" || wave.phase.kind === "baking";
  const last = wave.verdict?.verdict;
  if (!watched || isFinal(story.state.phase)) return ok(undefined);
  followTriggers(story, command);
  if (last !== command.verdict && last !== "harmful")
    story.tell({ type: "verdict-changed", wave: command.wave, verdict: command.verdict, summary: command.summary });
  if (story.state.rollback) return ok(undefined);
  const found = branchByVerdict(story.state, command.wave, now);
  if (!found) return ok(undefined);
  const why = `Wave "${planned.name}" ${found.branch.when.kind === "trigger" ? "set off a trigger" : "is harmful"}: ${found.cause.why}`;
  const endpointIds = [...new Set([...found.cause.endpointIds, ...(command.harmed ?? [])])];
  const question = { kind: "harmful" as const, wave: command.wave, question: `${why} Roll back, or accept it and go on?` };
  takeBranch(story, command.wave, found.index, found.branch, { why, endpointIds, question, withdrawn: command.withdrawn }, now);
  return ok(undefined);
}

type ByPerson = Extract<RolloutCommand, { actor: string }>;

function onOperator(story: Story, command: ByPerson, now: Instant): Result<void> {
  const { phase } = story.state;
  const { actor, reason } = command;
  const answersHands = command.type === "override" && story.state.decisions.some((d) => needsHands(d.kind));
  if (isFinal(phase) && command.type !== "rollback" && !answersHands)
    return fail({
      code: "deployment-ended",
      message: `The deployment ended (${phase.kind}): ${phase.reason}`,
      next: "Propose a new plan for what is left.",
    });
  switch (command.type) {
    case "start":
      if (phase.kind !== "scheduled") return refuse("already-started", "The deployment has started already.");
      story.tell({ type: "started", actor, reason });
      return ok(undefined);
    case "pause":
      if (phase.kind === "paused") return refuse("already-paused", `The deployment is paused already: ${phase.reason}`);
      takeBackWithdrawn(story, command.withdrawn, "waiting");
      story.tell({ type: "paused", cause: "operator", actor, reason });
      return ok(undefined);
    case "resume":
      return resume(story, command);
    case "halt":
      takeBackWithdrawn(story, command.withdrawn, "cancelled");
      end(story, "halted", actor, reason);
      return ok(undefined);
    case "cancel":
      takeBackWithdrawn(story, command.withdrawn, "cancelled");
      cancelBeforeChange(story, reason);
      end(story, "cancelled", actor, reason);
      return ok(undefined);
    case "rollback":
      if (command.scope === "wave" && !story.state.waves[command.wave])
        return refuse("unknown-wave", `The plan has no wave ${command.wave}.`);
      return startRollback(story, command.scope, command.scope === "wave" ? command.wave : 0, actor, reason, command.withdrawn);
    case "approve-wave":
      if (story.state.waves[command.wave]?.phase.kind !== "gated" || !needsApproval(story.state, command.wave))
        return refuse("nothing-to-approve", "This wave does not wait for an approval.");
      if (!mayOpenFor(approversOf(story.state, command.wave), actor))
        return refuse(
          "not-the-approver",
          `The plan says that ${approversOf(story.state, command.wave)?.join(" or ")} opens wave "${story.state.plan.waves[command.wave]?.name}".`,
          "Ask that person, or end the deployment and plan anew.",
        );
      story.tell({ type: "wave-approved", wave: command.wave, actor, reason });
      story.tell({ type: "decision-closed", kind: "approval", wave: command.wave });
      return ok(undefined);
    case "override":
      return override(story, command);
    case "leave-out":
      return leaveOut(story, command, now);
    default:
      return unreachable(command);
  }
}

function resume(story: Story, command: ByPerson): Result<void> {
  const { phase, rollback, waves, decisions } = story.state;
  if (phase.kind !== "paused") return refuse("not-paused", "The deployment is not paused.");
  if (rollback) return refuse("rollback-in-progress", "A rollback is in progress; the deployment ends when it is through.");
  const harmful = waves.findIndex((w) => w.verdict?.verdict === "harmful" && !accepted(w, "harmful"));
  if (harmful >= 0)
    return refuse("harmful", `Wave ${harmful + 1} was found harmful.`, "Roll it back, or override the verdict with a reason.");
  const asked = decisions.find((d) => d.kind === "harmful");
  if (asked)
    return refuse("harmful", `An open question has to be answered first: ${asked.question}`, "Roll back, or override with a reason.");
  story.tell({ type: "resumed", actor: command.actor, reason: command.reason });
  return ok(undefined);
}

/** Endpoints that a person takes out before their turn: the way on for what a window, a group or another deployment holds back. */
function leaveOut(story: Story, command: Extract<ByPerson, { type: "leave-out" }>, now: Instant): Result<void> {
  const { endpointIds, actor, reason } = command;
  if (endpointIds.length === 0) return refuse("nothing-to-leave-out", "No endpoint was named.");
  const waveOf = (id: string) => story.state.plan.waves.findIndex((w) => w.endpointIds.includes(id));
  const foreign = endpointIds.find((id) => waveOf(id) < 0);
  if (foreign !== undefined) return refuse("unknown-endpoint", `${foreign} is not part of this deployment.`);
  const begun = endpointIds.find((id) => story.state.executions.has(id));
  if (begun !== undefined)
    return refuse("turn-has-come", `${begun} has had its turn already.`, "Cancel or roll back instead, or leave it out of the list.");
  for (const id of new Set(endpointIds))
    moveTo(story, freshExecution(story.state.deploymentId, id, waveOf(id), now), "cancelled", now, {
      message: `Left out by ${actor}: ${reason}`,
    });
  return ok(undefined);
}

function override(story: Story, command: ByPerson): Result<void> {
  const { actor, reason } = command;
  const open = story.state.decisions.filter((d) => d.kind !== "approval");
  const force = story.state.rollback !== undefined && !story.state.rollback.forced;
  if (open.length === 0 && !force) return refuse("nothing-to-override", "No open question waits for an answer.");
  for (const { kind, wave, endpointId } of open) {
    story.tell({ type: "overridden", kind, wave, actor, reason });
    story.tell({ type: "decision-closed", kind, wave, ...(endpointId === undefined ? {} : { endpointId }) });
  }
  if (force) story.tell({ type: "rollback-forced", actor, reason });
  const { phase } = story.state;
  if (phase.kind === "paused" && (phase.cause === "harmful" || phase.cause === "not-restored"))
    story.tell({ type: "resumed", actor, reason });
  return ok(undefined);
}

/** Whoever may approve, where the plan names nobody. */
const mayOpenFor = (approvers: readonly string[] | undefined, actor: string): boolean =>
  approvers === undefined || approvers.some((name) => actor === `user:${name}`);

const refuse = (code: string, message: string, next?: string): { ok: false; problem: Problem } =>
  fail({ code, message, ...(next === undefined ? {} : { next }) });
