import { type AgentExecutionState, type EndpointAction, endpointActionSchema } from "@breakwater/shared/command";
import type { Instant, Random } from "@breakwater/shared/core";
import type { ExecutionReport__Output } from "@breakwater/shared/wire";
import type { OutboxCommand } from "../act/rollout/index.ts";

/** One step that a simulated agent will report. */
export interface TimedStep {
  readonly state: AgentExecutionState;
  readonly at: Instant;
}

const SECOND = 1000;
/** Seconds after the command at which each step is reached; what a small Debian server takes. */
export const APPLY_STEPS: readonly (readonly [AgentExecutionState, number])[] = [
  ["accepted", 1],
  ["prechecking", 4],
  ["prefetched", 35],
  ["applying", 42],
  ["verifying", 130],
  ["succeeded", 165],
];
export const ROLLBACK_STEPS: readonly (readonly [AgentExecutionState, number])[] = [
  ["rolling-back", 4],
  ["rolled-back", 95],
];
const CANCEL: readonly (readonly [AgentExecutionState, number])[] = [["cancelled", 2]];

/** When a simulated agent that got a command will report what. Every agent is a little faster or slower than the next. */
export function timeline(kind: OutboxCommand["kind"], from: Instant, random: Random): TimedStep[] {
  const pace = 0.7 + 0.8 * random.next();
  const steps = kind === "apply" ? APPLY_STEPS : kind === "rollback" ? ROLLBACK_STEPS : CANCEL;
  return steps.map(([state, seconds]) => ({ state, at: (from + Math.round(seconds * pace * SECOND)) as Instant }));
}

export const isTerminal = (state: AgentExecutionState): boolean =>
  state === "succeeded" || state === "rolled-back" || state === "cancelled";

/** The packages of an apply. The bytes were checked when the plan was approved; the simulation believes them. */
export const packagesOfAction = (action: string): EndpointAction["packages"] =>
  endpointActionSchema.parse(JSON.parse(Buffer.from(action, "base64").toString("utf8"))).packages;

/** A report as an agent sends it. */
export function reportOf(
  executionId: string,
  step: number,
  timed: TimedStep,
  at: string,
  packages: EndpointAction["packages"],
  check: { readonly name: string; readonly latencyMs: number },
): ExecutionReport__Output {
  const done = timed.state === "succeeded" || timed.state === "rolled-back";
  return {
    executionId,
    step,
    state: timed.state,
    at,
    failureClass: "",
    message: "",
    output: timed.state === "applying" ? packages.map((p) => `Setting up ${p.name} (${p.to}) ... (simulated)`).join("\n") : "",
    packages: done
      ? packages.map((p) => ({
          name: p.name,
          architecture: p.architecture,
          before: timed.state === "succeeded" ? p.from : p.to,
          wanted: timed.state === "succeeded" ? p.to : p.from,
          after: timed.state === "succeeded" ? p.to : p.from,
          status: "installed",
        }))
      : [],
    checks: done ? [{ name: check.name, passed: true, detail: "", latencyMs: check.latencyMs }] : [],
    packageManagerHealth: done ? "healthy" : "",
    live: null,
    rehearsal: null,
    terminal: isTerminal(timed.state),
    journalDigest: "",
  };
}
