import type { Instant } from "@breakwater/shared/core";
import type { Sample } from "@breakwater/shared/health";

/** A sample as watchers get it. */
export interface FleetSample extends Sample {
  readonly endpointId: string;
  readonly at: Instant;
}

/** Empty or absent lists match everything; within a list any match will do; the lists must all match. */
export interface WatchFilter {
  readonly endpointIds?: readonly string[];
  readonly tags?: readonly string[];
  readonly metrics?: readonly string[];
}

/** Takes batches one at a time: the next comes when the promise is kept. `dropped` counts what was lost since the last batch. */
export type WatchSink = (samples: readonly FleetSample[], dropped: number) => Promise<void> | void;

/** Samples that may wait for a slow watcher; some 20 s of a thousand endpoints. */
const QUEUE_LIMIT = 10_000;
/** Samples in one batch. */
const BATCH_LIMIT = 1_000;

/** One watcher with its bounded queue. */
export class Watcher {
  readonly filter: WatchFilter;
  readonly #sink: WatchSink;
  readonly #closed: (cause: unknown) => void;
  readonly #endpointIds: ReadonlySet<string> | undefined;
  readonly #metrics: ReadonlySet<string> | undefined;
  /** Endpoints that carry one of the filter's tags; refreshed by the owner. */
  tagged: ReadonlySet<string> | undefined;
  #queue: FleetSample[] = [];
  #dropped = 0;
  #busy = false;

  /** @param closed called when the sink fails: nobody reads any more */
  constructor(filter: WatchFilter, sink: WatchSink, closed: (cause: unknown) => void) {
    this.filter = filter;
    this.#sink = sink;
    this.#closed = closed;
    this.#endpointIds = filter.endpointIds?.length ? new Set(filter.endpointIds) : undefined;
    this.#metrics = filter.metrics?.length ? new Set(filter.metrics) : undefined;
  }

  offer(sample: FleetSample): void {
    if (this.#endpointIds && !this.#endpointIds.has(sample.endpointId)) return;
    if (this.#metrics && !this.#metrics.has(sample.metric)) return;
    if (this.filter.tags?.length && !this.tagged?.has(sample.endpointId)) return;
    this.#queue.push(sample);
    if (this.#queue.length > QUEUE_LIMIT) {
      this.#queue.splice(0, BATCH_LIMIT);
      this.#dropped += BATCH_LIMIT;
    }
    if (!this.#busy) void this.#drain();
  }

  async #drain(): Promise<void> {
    this.#busy = true;
    try {
      // Lets the samples of one intake gather into one batch.
      await Promise.resolve();
      while (this.#queue.length > 0) {
        const samples = this.#queue.splice(0, BATCH_LIMIT);
        const dropped = this.#dropped;
        this.#dropped = 0;
        await this.#sink(samples, dropped);
      }
    } catch (cause) {
      this.#queue = [];
      this.#closed(cause);
    } finally {
      this.#busy = false;
    }
  }
}
