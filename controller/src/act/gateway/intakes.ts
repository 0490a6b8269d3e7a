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

/** One figure of one endpoint at one moment, on its way to watchers. */
export interface EndpointSample extends Sample {
  readonly endpointId: string;
  readonly at: Instant;
}

/** What the gateway needs of act/health. */
export interface HealthIntake {
  take(endpointId: string, at: Instant, samples: readonly Sample[]): void | Promise<void>;
  /** Calls the sink with what comes in from now on. Lists that are left out match everything. @returns a function that stops it */
  subscribe(
    filter: { readonly endpointIds?: readonly string[]; readonly metrics?: readonly string[] },
    sink: (samples: readonly EndpointSample[]) => void,
  ): () => void;
}

/** Live output of an execution, for whoever looks on. Droppable; never stored. */
export interface LiveOutput {
  readonly endpointId: string;
  readonly executionId: string;
  readonly step: number;
  readonly offset: number;
  readonly text: string;
}
