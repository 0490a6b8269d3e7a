import type { Clock, Instant, Result } from "@breakwater/shared/core";
import type { Logger } from "@breakwater/shared/log";
import type { Health } from "../../act/health/index.ts";
import type { Wait } from "../../act/rollout/index.ts";
import type { Fleet } from "../../know/fleet/index.ts";
import type { Intel } from "../../know/intel/index.ts";
import type { Store } from "../../store/index.ts";
import type { Auth } from "./auth/index.ts";
import type { PlanIntent } from "./schemas/index.ts";

/** What makes plans and takes signatures over them. */
export interface PlanningDoor {
  propose(intent: PlanIntent, actor: string): Promise<Result<{ planId: string; revision: number; digest: string }>>;
  approve(
    planId: string,
    revision: number,
    approval: { keyId: string; signature: Uint8Array; approver: string; at: string },
    actor: string,
  ): Promise<Result<unknown>>;
  discard(planId: string, revision: number, actor: string, reason: string): Promise<Result<unknown>>;
  /** A plan document for a described environment. Pure. */
  fromScenario(text: string, now: Instant): Result<unknown>;
}

export type DeploymentCommand =
  | { readonly type: "pause" | "resume" | "halt" | "cancel" | "override"; readonly reason: string; readonly actor: string }
  | { readonly type: "rollback"; readonly scope: "deployment"; readonly reason: string; readonly actor: string }
  | { readonly type: "rollback"; readonly scope: "wave"; readonly wave: number; readonly reason: string; readonly actor: string }
  | { readonly type: "approve-wave"; readonly wave: number; readonly reason: string; readonly actor: string };

export interface RolloutDoor {
  deploy(planId: string, revision: number, actor: string): Promise<Result<string>>;
  command(deploymentId: string, command: DeploymentCommand): Promise<Result<unknown>>;
  /** Everything that is waited for, with its deadline. */
  explain(deploymentId: string): Promise<Result<{ readonly waits: readonly Wait[] }>>;
  freeze(reason: string, actor: string): Promise<void>;
  unfreeze(reason: string, actor: string): Promise<void>;
  frozen(): Promise<{ readonly reason: string; readonly by: string; readonly at: string } | null>;
}

export interface AuditDoor {
  verify(): Promise<{
    readonly ok: boolean;
    readonly records: number;
    readonly head: string;
    readonly broken?: { readonly sequence: number; readonly why: string };
  }>;
  /** One JSON line a record, oldest first. */
  export(): AsyncIterable<string>;
}

/** Facts of this installation that /system tells. */
export interface SystemFacts {
  readonly version: string;
  readonly startedAt: Instant;
  readonly dataDirectory: string | null;
  readonly addresses: { readonly console: string; readonly session: string; readonly enrolment: string };
  readonly caFingerprint: string;
  readonly simulatedTime: boolean;
}

/** All that the API stands on. Handed in by the composition root. */
export interface Services {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly auth: Auth;
  readonly fleet: Fleet;
  readonly intel: Pick<Intel, "refresh" | "status">;
  readonly planning: PlanningDoor;
  readonly rollout: RolloutDoor;
  readonly health: Pick<Health, "latest" | "series">;
  readonly audit: AuditDoor;
  readonly system: SystemFacts;
}
