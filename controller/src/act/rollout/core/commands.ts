import type { AgentExecutionState } from "@breakwater/shared/command";
import type { Instant } from "@breakwater/shared/core";
import type { Facts } from "./facts.ts";
import type { TriggerHolds, Verdict } from "./state.ts";

/** A person's word, or the engine's on behalf of a rule. */
interface Said {
  readonly actor: string;
  readonly reason: string;
}

export type OperatorCommand =
  | ({ readonly type: "start" } & Said)
  /** `withdrawn`: endpoints whose command had not left the outbox and was taken out of it in the same transaction. */
  | ({ readonly type: "pause" | "halt" | "cancel"; readonly withdrawn?: readonly string[] } & Said)
  | ({ readonly type: "resume" } & Said)
  | ({ readonly type: "rollback"; readonly scope: "wave"; readonly wave: number; readonly withdrawn?: readonly string[] } & Said)
  | ({ readonly type: "rollback"; readonly scope: "deployment"; readonly withdrawn?: readonly string[] } & Said)
  | ({ readonly type: "approve-wave"; readonly wave: number } & Said)
  /** These endpoints, whose turn has not come, get none in this deployment. */
  | ({ readonly type: "leave-out"; readonly endpointIds: readonly string[] } & Said)
  /** Accepts what the open questions ask about. Never a window, a budget or a redundancy group of the rollout itself. */
  | ({ readonly type: "override" } & Said);

export interface ReportCommand {
  readonly type: "report";
  readonly endpointId: string;
  /** Which of the endpoint's two journals it stems from. */
  readonly of: "apply" | "rollback";
  readonly step: number;
  readonly state: AgentExecutionState;
  readonly failureClass: string;
  readonly message: string;
}

export type RolloutCommand =
  | OperatorCommand
  | ReportCommand
  /** The endpoint refuses before touching anything. */
  | { readonly type: "refuse"; readonly endpointId: string; readonly code: string; readonly message: string }
  | { readonly type: "delivered"; readonly endpointId: string }
  | {
      readonly type: "verdict";
      readonly wave: number;
      readonly verdict: Verdict;
      readonly decidedAt?: Instant;
      readonly summary: string;
      /** Triggers of the wave whose condition holds at this look; absent, none does. */
      readonly holding?: readonly TriggerHolds[];
      /** Endpoints on which harm was seen. */
      readonly harmed?: readonly string[];
      /** As with a pause: what could be taken out of the outbox, should the verdict stop the deployment. */
      readonly withdrawn?: readonly string[];
    }
  | { readonly type: "endpoint-unreachable"; readonly endpointId: string; readonly reason: string }
  | { readonly type: "endpoint-returned"; readonly endpointId: string }
  /** Time went by, or facts changed: whatever is due now. */
  | { readonly type: "tick"; readonly facts: Facts };
