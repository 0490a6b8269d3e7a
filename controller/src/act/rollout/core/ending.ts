import type { Story } from "./evolve.ts";
import { isBeforeChange, isInFlight } from "./phases.ts";
import type { Decision } from "./state.ts";

/** Ends the deployment: no wave opens any more, what is in flight comes to its own end. */
export function end(
  story: Story,
  as: "succeeded" | "halted" | "rolled-back" | "cancelled" | "expired",
  actor: string,
  reason: string,
): void {
  for (const [wave, { phase }] of story.state.waves.entries()) {
    if (phase.kind === "pending" || phase.kind === "gated") story.tell({ type: "wave-skipped", wave, why: reason });
    if (phase.kind === "running" || phase.kind === "baking") story.tell({ type: "wave-failed", wave, why: reason });
  }
  story.tell({ type: "ended", as, actor, reason });
}

/** Executions whose command was taken out of the outbox before it left: as if they had never been started. */
export function takeBackWithdrawn(story: Story, withdrawn: readonly string[] | undefined, as: "waiting" | "cancelled"): void {
  for (const endpointId of withdrawn ?? []) {
    const execution = story.state.executions.get(endpointId);
    if (execution?.state !== "queued") continue;
    if (as === "waiting") story.tell({ type: "execution-withdrawn", endpointId });
    else
      story.tell({
        type: "execution-moved",
        endpointId,
        wave: execution.wave,
        to: "cancelled",
        failureClass: "",
        message: "Stopped before its command had left.",
      });
  }
}

/** Asks every endpoint that has not changed anything yet to stop at its next safe point. */
export function cancelBeforeChange(story: Story, reason: string): void {
  for (const execution of [...story.state.executions.values()]) {
    if (isInFlight(execution.state) && isBeforeChange(execution.state) && execution.cancelRequestedAt === undefined)
      story.tell({ type: "execution-cancel-requested", endpointId: execution.endpointId, reason });
  }
}

/** Asks a person, once. */
export function ask(story: Story, decision: Omit<Decision, "since">, now: Decision["since"]): void {
  const open = story.state.decisions.some(
    (d) => d.kind === decision.kind && d.wave === decision.wave && d.endpointId === decision.endpointId,
  );
  if (!open) story.tell({ type: "decision-needed", decision: { ...decision, since: now } });
}
