import type { DeploymentId, Instant } from "@breakwater/shared/core";
import type { WaveSize } from "../../../decide/growth/index.ts";
import type { Branch } from "../../../decide/planning/index.ts";
import type { DeploymentPhase, ExecutionState, PauseCause } from "./phases.ts";
import type { Decision, TriggerHolds, Verdict } from "./state.ts";

type Final = Extract<DeploymentPhase, { at: Instant }>["kind"];

/** What was decided. Data only, so that it can be stored and replayed; `at` is the controller's clock. */
export type RolloutEvent = { readonly at: Instant } & (
  | {
      readonly type: "created";
      readonly deploymentId: DeploymentId;
      readonly planDigest: string;
      readonly expiresAt: Instant;
      readonly unchanging: readonly string[];
      readonly irreversible: readonly string[];
      readonly actor: string;
    }
  | { readonly type: "started" | "resumed"; readonly actor: string; readonly reason: string }
  | { readonly type: "paused"; readonly cause: PauseCause; readonly actor: string; readonly reason: string }
  | { readonly type: "ended"; readonly as: Final; readonly actor: string; readonly reason: string }
  | { readonly type: "wave-gated" | "wave-opened" | "wave-baking"; readonly wave: number }
  /** How many come next, as belief and rails of the plan made it at the gate before: from here on the plan's waves are cut so. */
  | ({ readonly type: "wave-sized"; readonly wave: number } & WaveSize)
  | { readonly type: "wave-approved"; readonly wave: number; readonly actor: string; readonly reason: string }
  | { readonly type: "wave-passed" | "wave-failed" | "wave-skipped"; readonly wave: number; readonly why: string }
  | { readonly type: "verdict-changed"; readonly wave: number; readonly verdict: Verdict; readonly summary: string }
  | ({ readonly type: "trigger-held"; readonly wave: number } & TriggerHolds)
  | { readonly type: "trigger-ceased"; readonly wave: number; readonly trigger: number }
  /** A branch of the wave's rollback tree came true, and is carried out by the events after this one. */
  | {
      readonly type: "branch-taken";
      readonly wave: number;
      readonly branch: number;
      readonly when: Branch["when"]["kind"];
      readonly action: Branch["action"];
      readonly ask: Branch["ask"];
      readonly why: string;
      readonly endpointIds: readonly string[];
    }
  | { readonly type: "wave-held"; readonly wave: number; readonly why: string }
  | { readonly type: "wave-freed"; readonly wave: number }
  | { readonly type: "decision-reminded"; readonly kind: Decision["kind"]; readonly wave: number; readonly endpointId?: string }
  | { readonly type: "decision-needed"; readonly decision: Decision }
  | { readonly type: "decision-closed"; readonly kind: Decision["kind"]; readonly wave: number; readonly endpointId?: string }
  | { readonly type: "overridden"; readonly kind: Decision["kind"]; readonly wave: number; readonly actor: string; readonly reason: string }
  | {
      readonly type: "rollback-started";
      readonly scope: "wave" | "deployment";
      readonly waves: readonly number[];
      readonly actor: string;
      readonly reason: string;
      readonly order?: Branch["order"];
      readonly harmed?: readonly string[];
    }
  | { readonly type: "rollback-forced"; readonly actor: string; readonly reason: string }
  | { readonly type: "rollback-finished"; readonly remaining: number }
  | { readonly type: "endpoint-awaited"; readonly endpointId: string; readonly until: Instant }
  | { readonly type: "execution-started"; readonly endpointId: string; readonly wave: number; readonly notAfter: Instant }
  | { readonly type: "execution-withdrawn"; readonly endpointId: string }
  | {
      readonly type: "execution-moved";
      readonly endpointId: string;
      readonly wave: number;
      readonly to: ExecutionState;
      /** Set when an agent's report moved it. */
      readonly step?: { readonly of: "apply" | "rollback"; readonly number: number };
      readonly failureClass: string;
      readonly message: string;
    }
  /** A report that changes nothing any more; remembered so that it is not read again. */
  | {
      readonly type: "report-noted";
      readonly endpointId: string;
      readonly step: { readonly of: "apply" | "rollback"; readonly number: number };
      readonly reported: string;
    }
  | { readonly type: "execution-cancel-requested"; readonly endpointId: string; readonly reason: string }
  | { readonly type: "execution-rollback-requested"; readonly endpointId: string; readonly reason: string }
);
