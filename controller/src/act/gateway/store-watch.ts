import { setTimeout as sleep } from "node:timers/promises";
import { type Clock, formatInstant, type Instant, ProblemError } from "@breakwater/shared/core";
import type { Logger } from "@breakwater/shared/log";
import { sql } from "drizzle-orm";
import type { Store } from "../../store/index.ts";

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;
/** Failures with a database that answers are ours: trying again a few times is for deadlocks and serialisation, no more. */
const FAULTS = 3;

/**
 * Tells a database that is away from a fault of ours, says so once, and waits for it. While it is away nothing is
 * acknowledged, streams stay, and agents are not read from once their queue is full.
 */
export function createStoreWatch(store: Store, clock: Clock, log: Logger) {
  let awaySince: Instant | undefined;

  async function answers(): Promise<boolean> {
    try {
      await store.db.execute(sql`select 1`);
    } catch (cause) {
      if (awaySince === undefined) {
        awaySince = clock.now();
        log.error(
          { cause: cause instanceof Error ? (cause.cause ?? cause) : cause },
          "the database does not answer; reports wait unacknowledged until it does",
        );
      }
      return false;
    }
    if (awaySince !== undefined) {
      log.warn({ awaySince: formatInstant(awaySince), awayMs: clock.now() - awaySince }, "the database answers again");
      awaySince = undefined;
    }
    return true;
  }

  return {
    /** Since when the database has not answered. */
    get awaySince() {
      return awaySince;
    },
    answers,
    /**
     * Runs work against the store until it succeeds; gives up when nobody waits for it any more (`abandoned`) or when it
     * keeps failing although the database answers.
     * @throws the work's own failure in the latter case, and a ProblemError at once: waiting does not cure it
     */
    async untilStored<T>(work: () => Promise<T>, abandoned: () => boolean): Promise<{ readonly value: T } | undefined> {
      let pauseMs = FIRST_PAUSE_MS;
      for (let faults = 0; !abandoned(); ) {
        try {
          const value = await work();
          if (awaySince !== undefined) await answers();
          return { value };
        } catch (cause) {
          if (cause instanceof ProblemError) throw cause;
          if (await answers()) faults++;
          if (faults >= FAULTS) throw cause;
        }
        await sleep(pauseMs, undefined, { ref: false });
        pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
      }
      return undefined;
    },
  };
}
export type StoreWatch = ReturnType<typeof createStoreWatch>;
