import type { Clock, Instant } from "@breakwater/shared/core";
import type { Logger } from "@breakwater/shared/log";
import type { Audit } from "../../account/audit/index.ts";
import type { Health } from "../../act/health/index.ts";
import type { CommandGiven, Rollout } from "../../act/rollout/index.ts";
import type { Planning } from "../../decide/planning/index.ts";
import type { Fleet } from "../../know/fleet/index.ts";
import type { Know } from "../../know/index.ts";
import type { Sboms } from "../../know/sbom/index.ts";
import type { Store } from "../../store/index.ts";
import type { Auth } from "./auth/index.ts";
import type { AgentPackage } from "./install/index.ts";

/** What a person may order by the API: all but the start, which belongs to the engine. */
export type DeploymentCommand = Exclude<CommandGiven, { readonly type: "start" }>;
export type RolloutDoor = Pick<Rollout, "deploy" | "command" | "explain" | "freeze" | "unfreeze" | "frozen">;

/** Facts of this installation that /system tells. */
export interface SystemFacts {
  readonly version: string;
  readonly startedAt: Instant;
  /** null where PostgreSQL holds the data. */
  readonly dataDirectory: string | null;
  readonly addresses: { readonly console: string; readonly session: string; readonly enrolment: string };
  readonly caFingerprint: string;
  /** What `join-token create --install` lets new machines fetch; null where the controller was given none. */
  readonly agentPackage: AgentPackage | null;
  /** The clock is not the real one: a demo. */
  readonly simulatedTime: boolean;
}

/** All that the API stands on. Handed in by the composition root. */
export interface Services {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly auth: Auth;
  readonly fleet: Fleet;
  readonly intel: Know["intel"];
  readonly suppressions: Know["suppressions"];
  readonly vex: Know["vex"];
  readonly sboms: Sboms;
  readonly planning: Planning;
  readonly rollout: RolloutDoor;
  readonly health: Pick<Health, "latest" | "series">;
  readonly audit: Pick<Audit, "verify" | "export">;
  readonly system: SystemFacts;
}
