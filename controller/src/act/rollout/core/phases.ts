import { AGENT_EXECUTION_STATES, type AgentExecutionState } from "@breakwater/shared/command";
import type { Instant } from "@breakwater/shared/core";

/** Why a deployment stands still. The cause decides what lets it go on. */
export type PauseCause = "operator" | "harmful" | "not-restored" | "rollback";

/**
 * Where a deployment is. "draft" and "awaiting-approval" are states of its plan: a deployment exists from approval on.
 * The final ones end every start; reports are still taken after them.
 */
export type DeploymentPhase =
  | { readonly kind: "scheduled" }
  | { readonly kind: "running" }
  | { readonly kind: "paused"; readonly cause: PauseCause; readonly reason: string; readonly by: string; readonly since: Instant }
  | {
      readonly kind: "succeeded" | "halted" | "rolled-back" | "cancelled" | "expired";
      readonly reason: string;
      readonly by: string;
      readonly at: Instant;
    };
export type DeploymentState = DeploymentPhase["kind"];

export type WavePhase =
  | { readonly kind: "pending" }
  | { readonly kind: "gated"; readonly since: Instant }
  | { readonly kind: "running"; readonly since: Instant }
  | { readonly kind: "baking"; readonly since: Instant }
  | { readonly kind: "passed" | "failed" | "skipped"; readonly at: Instant; readonly why: string };
export type WaveState = WavePhase["kind"];

/** Where one endpoint's run is, as far as the controller knows. */
export type ExecutionState = "queued" | "delivered" | "unreachable" | AgentExecutionState;

/** Everything an agent may report next when it has not touched the machine yet. */
const anyReport: readonly ExecutionState[] = AGENT_EXECUTION_STATES;
const afterwards: readonly ExecutionState[] = ["rolling-back", "rolled-back", "rollback-failed"];

/**
 * The one table of what may follow what. Reports can be lost and repeated, so steps may be skipped forward; never back.
 * An unreachable execution may become anything that its endpoint's journal says once it is heard again.
 */
export const TRANSITIONS = {
  deployment: {
    scheduled: ["running", "paused", "halted", "cancelled", "expired"],
    running: ["paused", "succeeded", "halted", "cancelled", "expired"],
    paused: ["running", "rolled-back", "halted", "cancelled", "expired"],
    succeeded: ["paused"],
    halted: ["paused"],
    cancelled: ["paused"],
    expired: ["paused"],
    // An endpoint that was out of reach may say afterwards that it had changed: a person can have that taken back too.
    "rolled-back": ["paused"],
  },
  wave: {
    pending: ["gated", "skipped"],
    gated: ["running", "skipped"],
    running: ["baking", "failed"],
    baking: ["running", "passed", "failed"],
    passed: ["failed"],
    failed: [],
    skipped: [],
  },
  execution: {
    queued: ["delivered", ...anyReport, "unreachable"],
    delivered: [...anyReport, "unreachable"],
    accepted: [...anyReport.slice(1), "unreachable"],
    prechecking: [...anyReport.slice(2), "unreachable"],
    prefetched: [...anyReport.slice(3), "unreachable"],
    applying: ["rebooting", "verifying", "succeeded", "failed", ...afterwards, "unreachable"],
    rebooting: ["verifying", "succeeded", "failed", ...afterwards, "unreachable"],
    verifying: ["succeeded", "failed", ...afterwards, "unreachable"],
    succeeded: afterwards,
    failed: afterwards,
    "rolling-back": ["rolled-back", "rollback-failed", "unreachable"],
    "rolled-back": [],
    "rollback-failed": ["rolling-back", "rolled-back"],
    unreachable: anyReport,
    refused: [],
    cancelled: [],
  },
} as const satisfies {
  deployment: Record<DeploymentState, readonly DeploymentState[]>;
  wave: Record<WaveState, readonly WaveState[]>;
  execution: Record<ExecutionState, readonly ExecutionState[]>;
};

export function mayFollow<K extends keyof typeof TRANSITIONS>(kind: K, from: keyof (typeof TRANSITIONS)[K], to: string): boolean {
  return (TRANSITIONS[kind][from] as readonly string[]).includes(to);
}

/** Ended, as far as starting more is concerned. */
export const isFinal = (phase: DeploymentPhase): phase is Extract<DeploymentPhase, { at: Instant }> =>
  phase.kind !== "scheduled" && phase.kind !== "running" && phase.kind !== "paused";

const inFlight: ReadonlySet<ExecutionState> = new Set([
  "queued",
  "delivered",
  "accepted",
  "prechecking",
  "prefetched",
  "applying",
  "rebooting",
  "verifying",
  "rolling-back",
]);
/** Takes a place in the concurrency of wave, site and deployment. */
export const isInFlight = (state: ExecutionState): boolean => inFlight.has(state);

/** Up to here nothing on the endpoint has been changed, and a cancel still takes effect. */
export const isBeforeChange = (state: ExecutionState): boolean =>
  state === "queued" || state === "delivered" || state === "accepted" || state === "prechecking" || state === "prefetched";
