import type { Clock } from "@breakwater/shared/core";
import type { Logger } from "@breakwater/shared/log";
import { schedule } from "node-cron";
import type { Store } from "../store/index.ts";
import { readAssessments } from "./assessment/index.ts";
import { startFindingKeeper } from "./finding-keeper.ts";
import { createIntel, DEFAULT_FEEDS, type FeedConfig, type TransportOptions } from "./intel/index.ts";
import { createInventory } from "./inventory/index.ts";
import { createMatching } from "./matching/index.ts";
import { createSuppressions } from "./suppression/index.ts";
import { createVex } from "./vex/index.ts";

export interface KnowSchedules {
  /** When feeds are read (cron, UTC); null: only when asked to. */
  readonly feeds: string | null;
  /** Whether feeds that were never read, or not for longer than a day, are read at the start. */
  readonly atStart: boolean;
}

/** Every six hours, off the full hour, when publishers are busiest. */
export const DEFAULT_SCHEDULES: KnowSchedules = { feeds: "17 */6 * * *", atStart: true };
const STALE_MS = 24 * 3_600_000;

export interface KnowOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly feeds?: readonly FeedConfig[];
  readonly schedules?: KnowSchedules;
  /** Where downloads lie while they are read. */
  readonly feedDirectory?: string;
  readonly transport?: TransportOptions;
  readonly bundles?: { readonly keyPath?: string; readonly pinned: readonly string[] };
}

export type Know = Awaited<ReturnType<typeof startKnow>>;

/**
 * What is true: takes inventories, reads feeds on their schedule, and keeps findings current by itself, by following the
 * domain events.
 */
export async function startKnow({
  store,
  clock,
  log,
  feeds = DEFAULT_FEEDS,
  schedules = DEFAULT_SCHEDULES,
  feedDirectory,
  transport = {},
  bundles = { pinned: [] },
}: KnowOptions) {
  const inventory = createInventory({ store, clock });
  const stopping = new AbortController();
  const intel = createIntel({
    ...{ store, clock, log, feeds, transport, bundles, stop: stopping.signal },
    ...(feedDirectory === undefined ? {} : { directory: feedDirectory }),
  });
  await intel.sweep();
  const matching = createMatching({ store, clock, readDecisions: readAssessments });
  const suppressions = createSuppressions({ store, clock });
  const keeper = await startFindingKeeper({ store, clock, log, matching, expire: suppressions.expire });

  const underWay = new Set<Promise<unknown>>();
  /** Of what writes to the store, so that a stop waits for it. */
  function noted<T>(work: Promise<T>): Promise<T> {
    const settled = work.then(
      () => {},
      () => {},
    );
    underWay.add(settled);
    void settled.then(() => underWay.delete(settled));
    return work;
  }
  const refreshIntel = (feedId?: string) => noted(intel.refresh(feedId));
  const inBackground = (feedId?: string) =>
    void refreshIntel(feedId).catch((cause: unknown) => log.error({ err: cause }, "feeds could not be read"));

  const task = schedules.feeds === null ? null : schedule(schedules.feeds, () => inBackground(), { timezone: "Etc/UTC", noOverlap: true });
  if (schedules.atStart) for (const feed of await intel.status()) if (feed.ageMs === null || feed.ageMs > STALE_MS) inBackground(feed.id);

  return {
    inventory,
    intel: {
      refresh: refreshIntel,
      status: intel.status,
      bundles: {
        ...intel.bundles,
        import: (content: AsyncIterable<Uint8Array>) => noted(intel.bundles.import(content)),
      },
    },
    matching,
    suppressions,
    vex: createVex({ store, clock }),
    /** Works off everything that happened so far. */
    settle: keeper.settle,
    /** Stops schedules and downloads, and waits for what is being written. */
    async stop(): Promise<void> {
      stopping.abort();
      await task?.destroy();
      await Promise.all(underWay);
      await intel.close();
      await keeper.stop();
    },
  };
}
