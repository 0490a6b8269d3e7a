import type { AgentExecutionState } from "@breakwater/shared/command";
import { fail, type Instant, ok, type Result } from "@breakwater/shared/core";
import type { ReportCommand } from "./commands.ts";
import { ask } from "./ending.ts";
import type { Story } from "./evolve.ts";
import { type ExecutionState, isBeforeChange, isInFlight, mayFollow } from "./phases.ts";
import type { Rules } from "./rules.ts";
import type { Execution } from "./state.ts";

/** Takes in one step of an endpoint's journal. Steps that were seen already change nothing, in whatever order they come. */
export function takeReport(story: Story, report: ReportCommand, now: Instant, rules: Rules): Result<void> {
  const execution = story.state.executions.get(report.endpointId);
  if (!execution) return fail({ code: "unknown-execution", message: `${report.endpointId} has no execution in this deployment.` });
  const seen = report.of === "apply" ? execution.lastStep : execution.lastRollbackStep;
  if (rules.steps && report.step <= seen) return ok(undefined);
  const step = { of: report.of, number: report.step };
  const to = report.of === "apply" ? report.state : meaningInRollback(report.state);
  if (to === execution.state || !mayFollow("execution", execution.state, to)) {
    story.tell({ type: "report-noted", endpointId: report.endpointId, step, reported: report.state });
    return ok(undefined);
  }
  moveTo(story, execution, to, now, { step, failureClass: report.failureClass, message: report.message });
  return ok(undefined);
}

/** A rollback has its own journal with the same words; for the execution they mean the way back. */
function meaningInRollback(state: AgentExecutionState): ExecutionState {
  switch (state) {
    case "succeeded":
    case "rolled-back":
      return "rolled-back";
    case "failed":
    case "refused":
    case "cancelled":
    case "rollback-failed":
      return "rollback-failed";
    default:
      return "rolling-back";
  }
}

/** Moves an execution, and tells a person where only a person can help. */
export function moveTo(
  story: Story,
  execution: Execution,
  to: ExecutionState,
  now: Instant,
  how: {
    readonly step?: { readonly of: "apply" | "rollback"; readonly number: number };
    readonly failureClass?: string;
    readonly message?: string;
  } = {},
): void {
  const { endpointId, wave } = execution;
  story.tell({
    type: "execution-moved",
    endpointId,
    wave,
    to,
    ...(how.step ? { step: how.step } : {}),
    failureClass: how.failureClass ?? "",
    message: how.message ?? "",
  });
  const asked = story.state.decisions.filter((d) => d.endpointId === endpointId);
  for (const d of asked)
    if (d.kind === "not-ended" || to === "rolled-back") story.tell({ type: "decision-closed", kind: d.kind, wave: d.wave, endpointId });
  if (to === "rollback-failed")
    ask(
      story,
      {
        kind: "rollback-failed",
        wave,
        endpointId,
        question: `The rollback on ${endpointId} failed: ${how.message || "no reason given"}. It needs a person.`,
      },
      now,
    );
}

/** Gives an endpoint up for now. What it has not begun, it must not begin later: by then its place is taken. */
export function giveUp(story: Story, execution: Execution, now: Instant, message: string): void {
  if (!isInFlight(execution.state)) return;
  const mayBegin = isBeforeChange(execution.state);
  moveTo(story, execution, "unreachable", now, { message });
  if (mayBegin && execution.cancelRequestedAt === undefined)
    story.tell({ type: "execution-cancel-requested", endpointId: execution.endpointId, reason: message });
}
