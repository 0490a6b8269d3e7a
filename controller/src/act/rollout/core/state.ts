import { DEFAULT_REBOOT_LIMIT_MS } from "@breakwater/shared/command";
import type { DeploymentId, ExecutionId, Instant } from "@breakwater/shared/core";
import type { WaveSize } from "../../../decide/growth/index.ts";
import type { Branch, RolloutPlan } from "../../../decide/planning/index.ts";
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
  /** After it the endpoint must not begin any more. */
  readonly notAfter?: Instant;
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
  /** While its machine goes down and comes back for the change. */
  readonly rebootingSince?: Instant;
  readonly failureClass: string;
  readonly message: string;
  readonly cancelRequestedAt?: Instant;
  /** Asked for by the engine; an agent that restores by itself sets none. */
  readonly rollback?: { readonly reason: string; readonly requestedAt: Instant };
}

/** How long a machine may take to come back from a reboot for its plan. */
export const rebootLimitOf = (plan: RolloutPlan): number => plan.rebootLimitMs ?? DEFAULT_REBOOT_LIMIT_MS;

/** An open question that only a person may answer. */
export interface Decision {
  readonly kind:
    | "undecided"
    | "success-share"
    | "harmful"
    | "approval"
    | "overdue"
    | "superseded"
    | "stalled"
    | "rollback-failed"
    | "rollback-partial"
    | "not-ended";
  readonly wave: number;
  readonly endpointId?: string;
  readonly question: string;
  readonly since: Instant;
  /** How often it was told again because nobody had answered. */
  readonly reminded?: number;
}

/** Questions about endpoints that need hands: they outlive the deployment, until a person says that they were seen to. */
export const needsHands = (kind: Decision["kind"]): boolean =>
  kind === "rollback-failed" || kind === "rollback-partial" || kind === "not-ended";

/** A trigger whose condition holds; it fires when it has held for its time. */
export interface TriggerHolds {
  /** Index among the wave's triggers. */
  readonly trigger: number;
  readonly since: Instant;
  readonly sentence: string;
  readonly endpointIds: readonly string[];
}

/** A branch of the wave's rollback tree that came true. */
export interface BranchTaken {
  readonly branch: number;
  readonly at: Instant;
  readonly action: Branch["action"];
  readonly why: string;
  readonly endpointIds: readonly string[];
}

export interface WaveProgress {
  readonly phase: WavePhase;
  /** Where the plan grows by belief: the numbers by which its size was decided. */
  readonly sized?: Omit<WaveSize, "endpointIds">;
  readonly approvedBy?: string;
  /** What a person decided to accept, with the reason. */
  readonly overrides: readonly { readonly kind: Decision["kind"]; readonly reason: string; readonly by: string; readonly at: Instant }[];
  readonly verdict?: { readonly verdict: Verdict; readonly at: Instant; readonly summary: string };
  readonly holding: readonly TriggerHolds[];
  readonly branches: readonly BranchTaken[];
  /** Its endpoints could start, but something without an end of its own holds all of them. */
  readonly held?: { readonly since: Instant; readonly why: string };
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
  /** Whom it serves first; without one, those that were patched last. */
  readonly order?: Branch["order"];
  /** Endpoints on which harm was seen. */
  readonly harmed?: readonly string[];
}

/**
 * All that is known of one deployment: evolved from its events and nothing else, except the plan, which is immutable and
 * named by its digest. Its waves are those of the plan as growth has cut them so far, by its own signed rails.
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

/** Taken out of the deployment by a person before its turn came. */
export const leftOut = (execution: Execution): boolean => execution.state === "cancelled" && execution.startedAt === undefined;

/** Index of the first wave that has not passed; the number of waves when all have. */
export function currentWave(state: RolloutState): number {
  const index = state.waves.findIndex((w) => w.phase.kind !== "passed" && w.phase.kind !== "skipped");
  return index < 0 ? state.waves.length : index;
}

export function waveExecutions(state: RolloutState, wave: number): Execution[] {
  const executions: Execution[] = [];
  for (const id of state.plan.waves[wave]?.endpointIds ?? []) {
    const execution = state.executions.get(id);
    if (execution) executions.push(execution);
  }
  return executions;
}

/** Did something on the endpoint that a rollback of its wave has to take back, and has not taken back. */
export function remainsChanged(state: RolloutState, execution: Execution): boolean {
  if (state.unchanging.has(execution.endpointId)) return false;
  if (execution.state === "rolled-back" || execution.state === "refused" || execution.state === "cancelled") return false;
  return execution.touched || execution.state === "succeeded";
}

/** Steps of a journal before the first that changes anything: accepted, prechecking, prefetched. */
const STEPS_BEFORE_CHANGE = 3;

/**
 * The same, and whatever may have changed something unheard: it fell silent after it had taken its command on, or failed
 * at a step so late that steps which nobody heard must have changed something.
 */
export function mayRemainChanged(state: RolloutState, execution: Execution): boolean {
  if (state.unchanging.has(execution.endpointId)) return false;
  const silent = execution.state === "unreachable" && execution.begun;
  const late = execution.state === "failed" && execution.lastStep - 1 > STEPS_BEFORE_CHANGE;
  return silent || late || remainsChanged(state, execution);
}

export const accepted = (wave: WaveProgress, kind: Decision["kind"]): boolean => wave.overrides.some((o) => o.kind === kind);
