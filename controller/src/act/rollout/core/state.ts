import type { DeploymentId, ExecutionId, Instant } from "@breakwater/shared/core";
import type { RolloutPlan } from "../../../decide/planning/index.ts";
import type { DeploymentPhase, ExecutionState, WavePhase } from "./phases.ts";

export type Verdict = "healthy" | "undecided" | "harmful";

/** One endpoint's run. */
export interface Execution {
  readonly id: ExecutionId;
  readonly endpointId: string;
  readonly wave: number;
  readonly state: ExecutionState;
  /** When its command was written; absent when none ever was because the endpoint could not be reached. */
  readonly startedAt?: Instant;
  readonly changedAt: Instant;
  readonly finishedAt?: Instant;
  /** Highest step of the apply, and of the rollback, that was taken in. */
  readonly lastStep: number;
  readonly lastRollbackStep: number;
  /** The agent said that it took the command on. */
  readonly begun: boolean;
  /** The agent said that it began to change packages. */
  readonly touched: boolean;
  /** When the new versions were in place: the moment from which the judge watches. */
  readonly patchedAt?: Instant;
  readonly failureClass: string;
  readonly message: string;
  readonly cancelRequestedAt?: Instant;
  /** Asked for by the engine; an agent that restores by itself sets none. */
  readonly rollback?: { readonly reason: string; readonly requestedAt: Instant };
}

/** An open question that only a person may answer. */
export interface Decision {
  readonly kind: "undecided" | "success-share" | "harmful" | "approval" | "overdue" | "rollback-failed" | "not-ended";
  readonly wave: number;
  readonly endpointId?: string;
  readonly question: string;
  readonly since: Instant;
}

export interface WaveProgress {
  readonly phase: WavePhase;
  readonly approvedBy?: string;
  /** What a person decided to accept, with the reason. */
  readonly overrides: readonly { readonly kind: Decision["kind"]; readonly reason: string; readonly by: string; readonly at: Instant }[];
  readonly verdict?: { readonly verdict: Verdict; readonly at: Instant; readonly summary: string };
}

/** A taking back in progress: the executions of these waves that changed something. */
export interface RollbackInProgress {
  readonly scope: "wave" | "deployment";
  readonly waves: readonly number[];
  readonly reason: string;
  readonly by: string;
  readonly since: Instant;
  /** A person accepted that a redundancy group may fall short meanwhile. */
  readonly forced: boolean;
}

/**
 * All that is known of one deployment: evolved from its events and nothing else, except the plan, which is immutable and
 * named by its digest.
 */
export interface RolloutState {
  readonly deploymentId: DeploymentId;
  readonly plan: RolloutPlan;
  readonly planDigest: string;
  readonly expiresAt: Instant;
  readonly createdAt: Instant;
  readonly phase: DeploymentPhase;
  readonly waves: readonly WaveProgress[];
  /** By endpoint id. An endpoint without one has not had its turn. */
  readonly executions: ReadonlyMap<string, Execution>;
  /** Endpoints that could start but cannot be reached: until when they are waited for. */
  readonly awaited: ReadonlyMap<string, Instant>;
  readonly decisions: readonly Decision[];
  readonly rollback?: RollbackInProgress;
  /** Endpoints whose action changes nothing (from == to): there is nothing to take back. */
  readonly unchanging: ReadonlySet<string>;
  /** Endpoints whose approved action forbids a rollback. */
  readonly irreversible: ReadonlySet<string>;
}

/** The same endpoint in the same deployment always gets the same id, whoever derives it after whatever crash. */
export const executionIdFor = (deploymentId: string, endpointId: string): ExecutionId =>
  `ex_${deploymentId.replace(/^dp_/, "")}_${endpointId.replace(/^ep_/, "")}` as ExecutionId;
/** Under which the rollback of an execution runs on its endpoint. */
export const rollbackExecutionId = (executionId: string): ExecutionId => `${executionId}_rb` as ExecutionId;

/** The execution of an endpoint of which nothing is known yet. */
export const freshExecution = (deploymentId: string, endpointId: string, wave: number, at: Instant): Execution => ({
  id: executionIdFor(deploymentId, endpointId),
  endpointId,
  wave,
  state: "queued",
  changedAt: at,
  lastStep: 0,
  lastRollbackStep: 0,
  begun: false,
  touched: false,
  failureClass: "",
  message: "",
});

/**
 * Failed, as the error budget counts: the endpoint failed, refused, restored by itself, or fell silent after it had taken
 * the command on (a patch that cuts the network looks like that). A rollback that we asked for is no failure.
 */
export function countsAsFailure(execution: Execution): boolean {
  switch (execution.state) {
    case "failed":
    case "refused":
    case "rollback-failed":
      return true;
    case "rolling-back":
    case "rolled-back":
      return execution.rollback === undefined || execution.failureClass !== "";
    case "unreachable":
      return execution.begun;
    default:
      return execution.failureClass !== "";
  }
}

/** Index of the first wave that has not passed; the number of waves when all have. */
export function currentWave(state: RolloutState): number {
  const index = state.waves.findIndex((w) => w.phase.kind !== "passed" && w.phase.kind !== "skipped");
  return index < 0 ? state.waves.length : index;
}

export const waveExecutions = (state: RolloutState, wave: number): Execution[] =>
  (state.plan.waves[wave]?.endpointIds ?? []).flatMap((id) => state.executions.get(id) ?? []);

/** Did something on the endpoint that a rollback of its wave has to take back, and has not taken back. */
export function remainsChanged(state: RolloutState, execution: Execution): boolean {
  if (state.unchanging.has(execution.endpointId)) return false;
  if (execution.state === "rolled-back" || execution.state === "refused" || execution.state === "cancelled") return false;
  return execution.touched || execution.state === "succeeded";
}

export const accepted = (wave: WaveProgress, kind: Decision["kind"]): boolean => wave.overrides.some((o) => o.kind === kind);
