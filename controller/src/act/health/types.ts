import type { Instant } from "@breakwater/shared/core";
import type { Sample } from "@breakwater/shared/health";
import type { TroubleQuery } from "./telemetry/minute-rows.ts";
import type { FleetSample, WatchFilter, WatchSink } from "./telemetry/subscriptions.ts";

export interface HealthPoint {
  readonly at: Instant;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  readonly last: number;
  /** Samples in it. */
  readonly count: number;
}

export interface HealthSeries {
  readonly endpointId: string;
  readonly metric: string;
  readonly subject: string;
  readonly points: readonly HealthPoint[];
}

export interface SeriesQuery {
  readonly endpointIds: readonly string[];
  /** All where absent. */
  readonly metrics?: readonly string[];
  readonly from: Instant;
  /** Exclusive. */
  readonly to: Instant;
}

export interface HealthCounters {
  readonly taken: number;
  /** Not a number, from the future, or of a metric that nobody knows. */
  readonly refused: number;
  /** Minutes that never reached the database. */
  readonly droppedMinutes: number;
  readonly pendingMinutes: number;
  readonly rawSeries: number;
}

export interface Health {
  /** Takes in the samples that an endpoint took at one moment. Never waits, never throws. */
  take(endpointId: string, at: Instant, samples: readonly Sample[]): void;
  /** The newest sample of every series of an endpoint, with its time, which may be long ago. */
  latest(endpointId: string): Promise<FleetSample[]>;
  series(query: SeriesQuery): Promise<HealthSeries[]>;
  /** The same series with single samples wherever memory still has them. */
  refine(series: readonly HealthSeries[], from: Instant, to: Instant): HealthSeries[];
  /** Endpoints with a state that is not simply good, found by the database, so that a minute that is not stored yet is found a minute later. */
  troubled(query: TroubleQuery): Promise<ReadonlySet<string>>;
  /** When each endpoint last sent anything; absent where it did not since a moment. */
  lastSeen(endpointIds: readonly string[], since: Instant): Promise<ReadonlyMap<string, Instant>>;
  /** @returns a function that ends the watch */
  subscribe(filter: WatchFilter, sink: WatchSink): () => void;
  /** Writes the minutes that are over (all of them when `everything`). A database that fails is tried again with the next flush. */
  flush(everything?: boolean): Promise<void>;
  counters(): HealthCounters;
  start(): void;
  stop(): Promise<void>;
}
