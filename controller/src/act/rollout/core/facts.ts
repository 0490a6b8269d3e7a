import type { Instant } from "@breakwater/shared/core";
import type { ForeignChange } from "./elsewhere.ts";
import type { Verdict } from "./state.ts";

/** Windows, blackouts and zones of the plan's endpoints; built by the engine from shared/window. */
export interface WindowClock {
  isOpen(endpointId: string, at: Instant): boolean;
  /** When it opens next, at or after `at`; undefined when it never does within the clock's horizon. */
  nextOpening(endpointId: string, at: Instant): Instant | undefined;
  /** When the window that is open at `at` closes; undefined when it does not close, or is not open. */
  closesAt(endpointId: string, at: Instant): Instant | undefined;
}

/** What the judge last said of a wave. */
export interface HeardVerdict {
  readonly verdict: Verdict;
  readonly at: Instant;
  /** Metrics that lean to harm without proof. */
  readonly suspects?: readonly string[];
  /** Why the judge could not look at all patched endpoints; absent when it could. */
  readonly blind?: string;
}

/** What the core cannot know from its own events. Read fresh for each decision. */
export interface Facts {
  readonly windows: WindowClock;
  /** Endpoints of the plan. Absent: never seen. */
  readonly endpoints: ReadonlyMap<string, { readonly connected: boolean; readonly lastSeenAt?: Instant }>;
  /** Members of the plan's redundancy groups that serve: connected, and not being changed by another deployment. */
  readonly healthyMembers: ReadonlySet<string>;
  /** What other deployments changed lately, or change now, on endpoints of the plan. */
  readonly elsewhere: ReadonlyMap<string, readonly ForeignChange[]>;
  /** How many executions of other deployments run at each site. */
  readonly siteBusyElsewhere: ReadonlyMap<string, number>;
  /** Endpoints for which the planned versions are no longer what they should get, each with the reason. */
  readonly superseded?: ReadonlyMap<string, string>;
  /** Endpoints that would refuse whatever was approved, each with the reason and, where it ends by itself, the moment. */
  readonly braked?: ReadonlyMap<string, { readonly why: string; readonly until: Instant | undefined }>;
  readonly frozen?: { readonly reason: string; readonly by: string };
  /** Digest of the plan as the store holds it now. */
  readonly planDigest: string;
  /** The judge's last answer for each wave, and when it was given. */
  readonly verdicts: ReadonlyMap<number, HeardVerdict>;
}
