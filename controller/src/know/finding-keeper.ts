import type { Clock } from "@breakwater/shared/core";
import { formatInstant } from "@breakwater/shared/core";
import type { Logger } from "@breakwater/shared/log";
import { eq } from "drizzle-orm";
import { z } from "zod";
import { EVENT_CHANNEL, eventsAfter, type Store, schema } from "../store/index.ts";
import { scopeOf } from "./event-scope.ts";
import type { Matching } from "./matching/index.ts";

/** Where the last batch that was worked off ended; kept in the store, so that a restart misses nothing. */
const POSITION = "know.position";
const EVENTS_AT_ONCE = 1_000;
/** A wake-up may be lost (a pooler, a dropped connection), so the events are looked at this often anyway. */
const POLL_MS = 5_000;

export interface FindingKeeper {
  /** Works off every event that is there now. For tests and for a clean stop. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

/** Follows the domain events and refreshes the findings that they concern. A failed batch is tried again at the next look. */
export async function startFindingKeeper({
  store,
  clock,
  log,
  matching,
  expire = async () => 0,
}: {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly matching: Matching;
  /** Ends what held for a time only; asked at every look. @returns how many ended, at most a batch of them */
  readonly expire?: () => Promise<number>;
}): Promise<FindingKeeper> {
  let position = await readPosition(store);
  let stopped = false;

  async function workOff(): Promise<void> {
    while (!stopped && (await expire()) > 0);
    while (!stopped) {
      const events = await eventsAfter(store.db, position, EVENTS_AT_ONCE);
      const last = events.at(-1);
      if (!last) return;
      const scope = await scopeOf(store.db, events);
      if (scope) log.debug({ result: await matching.refreshFindings(scope) }, "findings refreshed");
      position = last.position;
      await writePosition(store, clock, position);
    }
  }

  let running: Promise<void> = Promise.resolve();
  let queued = false;
  /** Runs follow one another; a wake-up during a run asks for one more, not for many. */
  function wake(): Promise<void> {
    if (queued) return running;
    queued = true;
    running = running
      .catch(() => {})
      .then(() => {
        queued = false;
        return workOff();
      });
    return running;
  }
  const wakeInBackground = () =>
    void wake().catch((cause: unknown) => {
      if (!stopped) log.warn({ err: cause }, "findings could not be refreshed; tried again shortly");
    });

  const unlisten = await store.listen(EVENT_CHANNEL, wakeInBackground);
  const timer = setInterval(wakeInBackground, POLL_MS);
  timer.unref();
  wakeInBackground();
  return {
    settle: wake,
    async stop() {
      stopped = true;
      clearInterval(timer);
      await unlisten();
      await running.catch(() => {});
    },
  };
}

async function readPosition(store: Store): Promise<number> {
  const [row] = await store.db.select().from(schema.setting).where(eq(schema.setting.key, POSITION));
  return z.number().safeParse(row?.value).data ?? 0;
}

async function writePosition(store: Store, clock: Clock, position: number): Promise<void> {
  const row = { value: position, updatedAt: formatInstant(clock.now()), updatedBy: "intel" };
  await store.db
    .insert(schema.setting)
    .values({ key: POSITION, ...row })
    .onConflictDoUpdate({ target: schema.setting.key, set: row });
}
