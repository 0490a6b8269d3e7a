import type { Instant } from "@breakwater/shared/core";
import type { Branch } from "../../../decide/planning/index.ts";
import { treeOfWave } from "../../../decide/rollback/index.ts";
import type { RolloutCommand } from "./commands.ts";
import { ask, end, takeBackWithdrawn } from "./ending.ts";
import type { Story } from "./evolve.ts";
import { startRollback } from "./rollback.ts";
import type { Decision, RolloutState } from "./state.ts";
import { accepted } from "./state.ts";

type Verdict = Extract<RolloutCommand, { type: "verdict" }>;

/** What made a branch come true. */
interface Cause {
  readonly why: string;
  readonly endpointIds: readonly string[];
  readonly question: Omit<Decision, "since">;
  readonly withdrawn?: readonly string[] | undefined;
}

/** Keeps account of which triggers hold, and since when: their time is counted from the events, so that a restart loses none of it. */
export function followTriggers(story: Story, command: Verdict): void {
  const before = story.state.waves[command.wave]?.holding ?? [];
  const now = command.holding ?? [];
  for (const { trigger } of before)
    if (!now.some((h) => h.trigger === trigger)) story.tell({ type: "trigger-ceased", wave: command.wave, trigger });
  for (const holds of now)
    if (!before.some((h) => h.trigger === holds.trigger)) story.tell({ type: "trigger-held", wave: command.wave, ...holds });
}

/** The first branch of the wave's tree that a trigger or the verdict makes true, and that was not taken yet. */
export function branchByVerdict(
  state: RolloutState,
  wave: number,
  now: Instant,
): { branch: Branch; index: number; cause: Omit<Cause, "question"> } | undefined {
  const planned = state.plan.waves[wave];
  const progress = state.waves[wave];
  if (!planned || !progress) return undefined;
  const acceptedAt = Math.max(...progress.overrides.filter((o) => o.kind === "harmful").map((o) => o.at), Number.NEGATIVE_INFINITY);
  for (const [index, branch] of treeOfWave(planned).entries()) {
    if (progress.branches.some((b) => b.branch === index)) continue;
    const { when } = branch;
    if (when.kind === "trigger") {
      const holds = progress.holding.find((h) => h.trigger === when.trigger);
      const forMs = planned.triggers[when.trigger]?.forMs;
      // What held when a person accepted the harm is part of what was accepted.
      if (!holds || forMs === undefined || now - holds.since < forMs || holds.since <= acceptedAt) continue;
      return { branch, index, cause: { why: holds.sentence, endpointIds: holds.endpointIds } };
    }
    if (when.kind === "harmful" && progress.verdict?.verdict === "harmful" && !accepted(progress, "harmful"))
      return { branch, index, cause: { why: progress.verdict.summary, endpointIds: [] } };
  }
  return undefined;
}

/**
 * Carries a branch of the wave's tree out: what, in which order, and who is asked is the plan's. A rollback that cannot
 * begin (nothing was changed, nothing can be restored) becomes a pause, so that a person hears of it.
 */
export function takeBranch(story: Story, wave: number, index: number, branch: Branch, cause: Cause, now: Instant): void {
  const { action, ask: who, when } = branch;
  story.tell({
    type: "branch-taken",
    wave,
    branch: index,
    when: when.kind,
    action,
    ask: who,
    why: cause.why,
    endpointIds: cause.endpointIds,
  });
  if (action === "rollback-wave" || action === "rollback-deployment") {
    const scope = action === "rollback-wave" ? "wave" : "deployment";
    const how = { order: branch.order, harmed: cause.endpointIds };
    if (startRollback(story, scope, wave, "engine", cause.why, cause.withdrawn, how).ok) return;
  }
  if (action === "halt") {
    takeBackWithdrawn(story, cause.withdrawn, "cancelled");
    end(story, "halted", "engine", cause.why);
    return;
  }
  // At a gate nothing moves anyway: there the question is enough.
  if (when.kind !== "undecided" && when.kind !== "too-few-succeeded" && story.state.phase.kind !== "paused") {
    takeBackWithdrawn(story, cause.withdrawn, "waiting");
    story.tell({ type: "paused", cause: when.kind === "not-restored" ? "not-restored" : "harmful", actor: "engine", reason: cause.why });
  }
  ask(story, cause.question, now);
}

/** Takes the branch for something that has happened, or only asks where it was taken before or the tree says nothing of it. */
export function react(story: Story, wave: number, kind: Branch["when"]["kind"], cause: Cause, now: Instant): void {
  const planned = story.state.plan.waves[wave];
  const tree = planned ? treeOfWave(planned) : [];
  const index = tree.findIndex((b) => b.when.kind === kind);
  const branch = tree[index];
  const taken = story.state.waves[wave]?.branches.some((b) => b.branch === index) ?? false;
  if (!branch || taken) ask(story, cause.question, now);
  else takeBranch(story, wave, index, branch, cause, now);
}
