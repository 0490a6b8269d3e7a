import type { Instant, Result } from "@breakwater/shared/core";
import type { Sample } from "@breakwater/shared/health";
import type { InventoryDelta__Output, UpdateDescription__Output, WireInventory__Output } from "@breakwater/shared/wire";

/** What the gateway needs of know/inventory. */
export interface InventoryIntake {
  knownDigest(endpointId: string): Promise<string>;
  takeSnapshot(endpointId: string, inventory: WireInventory__Output, digest: string): Promise<Result<unknown>>;
  takeDelta(endpointId: string, delta: InventoryDelta__Output): Promise<Result<{ readonly kind: "taken" | "snapshot-needed" }>>;
  /** Updates that nobody has described yet, which this endpoint can read; asked for by this call. */
  updatesToDescribe(endpointId: string, limit: number): Promise<readonly UpdateToDescribe[]>;
  takeDescriptions(endpointId: string, descriptions: readonly UpdateDescription__Output[]): Promise<unknown>;
}

export interface UpdateToDescribe {
  readonly ecosystem: string;
  readonly name: string;
  readonly architecture: string;
  readonly fromVersion: string;
  readonly toVersion: string;
}

/** What the gateway needs of act/health. */
export interface HealthIntake {
  /** Never waits, never throws. */
  take(endpointId: string, at: Instant, samples: readonly Sample[]): void;
  /**
   * Hands over batches of what comes in from now on, the next one once the sink's promise is kept; what a slow sink misses
   * is dropped oldest first and counted. Empty lists match everything. @returns a function that stops it
   */
  subscribe(
    filter: { readonly endpointIds?: readonly string[]; readonly tags?: readonly string[]; readonly metrics?: readonly string[] },
    sink: (samples: readonly EndpointSample[], dropped: number) => Promise<void> | void,
  ): () => void;
}

/** One figure of one endpoint at one moment, on its way to watchers. */
export interface EndpointSample {
  readonly endpointId: string;
  readonly metric: string;
  readonly subject: string;
  readonly at: Instant;
  readonly value: number;
}

/** Live output of an execution, for whoever looks on. Droppable; never stored. */
export interface LiveOutput {
  readonly endpointId: string;
  readonly executionId: string;
  readonly step: number;
  readonly offset: number;
  readonly text: string;
}
