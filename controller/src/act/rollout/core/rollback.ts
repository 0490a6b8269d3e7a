import { fail, type Instant, ok, type Problem, type Result } from "@breakwater/shared/core";
import { countPlaces, occupy, rollbackHold } from "./admission.ts";
import { ask, cancelBeforeChange, end, takeBackWithdrawn } from "./ending.ts";
import type { Story } from "./evolve.ts";
import type { Facts } from "./facts.ts";
import { hostnames } from "./gate.ts";
import { isInFlight } from "./phases.ts";
import type { Rules } from "./rules.ts";
import { type Execution, type RollbackInProgress, type RolloutState, remainsChanged } from "./state.ts";

/** The waves that a rollback of this scope takes back. */
export const wavesInScope = (state: RolloutState, scope: "wave" | "deployment", wave: number): number[] =>
  scope === "wave" ? [wave] : state.waves.map((_, index) => index);

/** Whether a rollback could do anything at all. */
export function rollbackProblem(state: RolloutState, waves: readonly number[]): Problem | undefined {
  if (state.rollback) return { code: "rollback-in-progress", message: "A rollback is in progress already." };
  const changed = [...state.executions.values()].filter(
    (e) => waves.includes(e.wave) && (remainsChanged(state, e) || (isInFlight(e.state) && e.state !== "rolling-back")),
  );
  if (changed.length === 0)
    return { code: "nothing-to-roll-back", message: "Nothing in this scope was changed, so there is nothing to take back." };
  if (changed.every((e) => state.irreversible.has(e.endpointId)))
    return {
      code: "not-reversible",
      message: "The approved actions of these endpoints forbid a rollback.",
      next: "Restore them by hand, or propose a plan that goes back to the old versions.",
    };
  return undefined;
}

/** Stops everything and begins to take back. The deployment ends when that is through: what failed needs a new plan. */
export function startRollback(
  story: Story,
  scope: "wave" | "deployment",
  wave: number,
  actor: string,
  reason: string,
  withdrawn: readonly string[] | undefined,
  how: Pick<RollbackInProgress, "order" | "harmed"> = {},
): Result<void> {
  const waves = wavesInScope(story.state, scope, wave);
  const problem = rollbackProblem(story.state, waves);
  if (problem) return fail(problem);
  takeBackWithdrawn(story, withdrawn, "cancelled");
  story.tell({ type: "paused", cause: "rollback", actor, reason });
  story.tell({ type: "rollback-started", scope, waves, actor, reason, ...how });
  cancelBeforeChange(story, reason);
  return ok(undefined);
}

/** Executions that the rollback in progress has yet to ask, in the order in which it asks them. */
export function rollbackCandidates(state: RolloutState): Execution[] {
  const waves = state.rollback?.waves ?? [];
  const harmed = new Set(state.rollback?.order === "harmed-first" ? state.rollback.harmed : []);
  const rank = (e: Execution): number => (harmed.has(e.endpointId) ? 0 : 1);
  const open = [...state.executions.values()].filter(
    (e) =>
      waves.includes(e.wave) &&
      remainsChanged(state, e) &&
      !isInFlight(e.state) &&
      e.rollback === undefined &&
      e.state !== "rollback-failed" &&
      !state.irreversible.has(e.endpointId),
  );
  // The newest patch first: what ran longest without complaint can wait longest.
  return open.sort((a, b) => rank(a) - rank(b) || (b.patchedAt ?? b.changedAt) - (a.patchedAt ?? a.changedAt));
}

/** Asks as many endpoints as the limits allow, and ends the deployment once nothing is left to ask or to wait for. */
export function advanceRollback(story: Story, facts: Facts, now: Instant, rules: Rules): void {
  const progress = story.state.rollback;
  if (!progress) return;
  cancelBeforeChange(story, progress.reason);
  const places = countPlaces(story.state, facts);
  for (const execution of rollbackCandidates(story.state)) {
    if (rollbackHold(story.state, facts, places, execution, rules)) continue;
    story.tell({ type: "execution-rollback-requested", endpointId: execution.endpointId, reason: progress.reason });
    occupy(story.state, places, execution.endpointId, execution.wave);
  }
  const executions = [...story.state.executions.values()];
  if (rollbackCandidates(story.state).length > 0 || executions.some((e) => isInFlight(e.state))) return;
  const unrestored = executions.filter((e) => progress.waves.includes(e.wave) && remainsChanged(story.state, e));
  const left = unrestored.length;
  if (left > 0) askForHands(story, unrestored, now);
  const elsewhere = executions.filter((e) => !progress.waves.includes(e.wave) && remainsChanged(story.state, e)).length;
  for (const wave of progress.waves) {
    const { kind } = story.state.waves[wave]?.phase ?? { kind: "pending" };
    if (kind === "passed") story.tell({ type: "wave-failed", wave, why: progress.reason });
  }
  story.tell({ type: "rollback-finished", remaining: left });
  if (left === 0 && elsewhere === 0) {
    end(story, "rolled-back", progress.by, progress.reason);
    return;
  }
  const rest = [
    left > 0 ? `${left} endpoints in its scope could not be taken back` : "",
    elsewhere > 0 ? `${elsewhere} endpoints of other waves keep the new versions` : "",
  ].filter((text) => text !== "");
  end(story, "halted", progress.by, `${progress.reason} After the rollback ${rest.join(", and ")}.`);
}

/** A rollback that leaves anything behind is no rollback: a person is called, and the call outlives the deployment. */
function askForHands(story: Story, left: readonly Execution[], now: Instant): void {
  const ids = (of: (e: Execution) => boolean) => left.filter(of).map((e) => e.endpointId);
  const oneWay = (e: Execution) => story.state.irreversible.has(e.endpointId);
  const told = (text: string, of: readonly string[]) => (of.length === 0 ? "" : ` ${text}: ${hostnames(story.state, of)}.`);
  ask(
    story,
    {
      kind: "rollback-partial",
      wave: left[0]?.wave ?? 0,
      question:
        `The rollback is over and ${left.length} ${left.length === 1 ? "endpoint keeps" : "endpoints keep"} the new versions.` +
        told("Their approved action forbids a rollback", ids(oneWay)) +
        told(
          "Restoring failed",
          ids((e) => !oneWay(e) && e.state === "rollback-failed"),
        ) +
        told(
          "They do not answer",
          ids((e) => !oneWay(e) && e.state !== "rollback-failed"),
        ) +
        " Restore them by hand, or propose a plan that goes back to the old versions.",
    },
    now,
  );
}
