import { type Clock, formatInstant, ProblemError } from "@breakwater/shared/core";
import { sql } from "drizzle-orm";
import { streamSSE } from "hono/streaming";
import { z } from "zod";
import { EVENT_CHANNEL, eventsAfter, type Store } from "../../store/index.ts";
import type { Auth, Principal } from "./auth/index.ts";
import type { RequestContext } from "./bind.ts";
import type { Metrics } from "./metrics.ts";
import { int, select } from "./queries/select.ts";
import { mayView } from "./visibility.ts";

const HEARTBEAT_MS = 15_000;
/** Notifications are a wake-up only; this is how late an event is when one is lost. */
const POLL_MS = 2_000;
const BATCH = 200;
const MAX_STREAMS = 200;

/** Live events for pages and programs: read from the store after a position, so that none is lost between two connections. */
export async function createEventStreams({ store, auth, metrics, clock }: { store: Store; auth: Auth; metrics: Metrics; clock: Clock }) {
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const go of [...waiting]) go();
  };
  const unlisten = await store.listen(EVENT_CHANNEL, wake);
  let open = 0;
  let closed = false;

  /** Until something may have happened, or the time is up. */
  const something = (ms: number) =>
    new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      waiting.add(done);
    });

  async function newest(): Promise<number> {
    const [row] = await select(store.db, z.object({ n: int }), sql`select coalesce(max(position), 0) as n from domain_event`);
    return row?.n ?? 0;
  }

  function stream(c: RequestContext, principal: Principal, after: number | undefined): Response {
    if (open >= MAX_STREAMS || closed)
      throw new ProblemError({
        code: "store-unavailable",
        message: "No more live streams can be opened here.",
        next: "Try again in a minute.",
      });
    open++;
    metrics.streams.set(open);
    return streamSSE(c, async (sse) => {
      let gone = false;
      sse.onAbort(() => {
        gone = true;
        wake();
      });
      try {
        let position = after ?? (await newest());
        // Tells the client its position, so that it resumes from here even if nothing happens before it reconnects.
        await sse.writeSSE({ event: "position", id: String(position), data: String(position) });
        let quietSince = Date.now();
        while (!gone && !closed) {
          const batch = await eventsAfter(store.db, position, BATCH);
          for (const event of batch) {
            position = event.position;
            if (!mayView(principal.role, event.type)) continue;
            await sse.writeSSE({
              id: String(position),
              data: JSON.stringify({ ...event, at: formatInstant(event.at) }),
            });
          }
          if (batch.length > 0) quietSince = Date.now();
          if (batch.length === BATCH) continue;
          await something(POLL_MS);
          if (Date.now() - quietSince < HEARTBEAT_MS) continue;
          if (!(await auth.stillHolds(principal))) break;
          await sse.writeSSE({ event: "heartbeat", data: formatInstant(clock.now()) });
          quietSince = Date.now();
        }
      } finally {
        open--;
        metrics.streams.set(open);
      }
    });
  }

  return {
    stream,
    /** Ends all streams; their clients come back and resume. */
    close: async () => {
      closed = true;
      wake();
      await unlisten();
    },
  };
}
