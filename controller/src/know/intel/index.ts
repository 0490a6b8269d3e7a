import { type Clock, fail, formatInstant, type Instant, ok, type Problem, type Result } from "@breakwater/shared/core";
import type { Logger } from "@breakwater/shared/log";
import { eq } from "drizzle-orm";
import { recordEvents, type Store, schema } from "../../store/index.ts";
import { fetchDocument } from "./document.ts";
import { type FeedConfig, feedAdapters } from "./feeds.ts";
import { replaceFeedContent } from "./persist.ts";
import type { FeedContent } from "./records.ts";

export { type Bulletin, MAX_BULLETIN_CHARACTERS, readBulletin, tooLarge } from "./bulletin/index.ts";
export { readIntelDirectory } from "./directory.ts";
export { DEFAULT_FEEDS, type FeedConfig } from "./feeds.ts";
export type { AdvisoryRecord, AffectedRange, SignalRecord, VulnerabilityRecord } from "./records.ts";

/** A feed that suddenly lost more than this share of its records is taken for a cut one, not for good news. */
const MAX_LOST_SHARE = 0.5;

/** How a feed stands. `ageMs` is the time since it was last known to be current; null when it never was. */
export interface FeedStatus {
  readonly id: string;
  readonly kind: string;
  readonly source: string;
  readonly lastSuccessAt: Instant | null;
  readonly lastAttemptAt: Instant | null;
  readonly ageMs: number | null;
  readonly records: number;
  readonly rejects: number;
  readonly modelVersion: string;
  /** Why the last attempt failed; "" when it did not. What was known before stays in use. */
  readonly problem: string;
}

/** What a refresh of one feed came to. */
export interface FeedRefresh {
  readonly feedId: string;
  readonly result: Result<{ readonly changed: boolean; readonly records: number; readonly rejects: number }>;
}

export type Intel = ReturnType<typeof createIntel>;

/** Keeps the intelligence of configured feeds in the store. A feed that fails keeps yesterday's data and says so. */
export function createIntel({
  store,
  clock,
  log,
  feeds,
  stop,
}: {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly feeds: readonly FeedConfig[];
  /** Ends a download that is under way, for a quick stop. */
  readonly stop?: AbortSignal;
}) {
  const { db } = store;

  async function stored(feed: FeedConfig) {
    await db.insert(schema.feed).values({ id: feed.id, kind: feed.kind, source: feed.source }).onConflictDoNothing();
    const [row] = await db.select().from(schema.feed).where(eq(schema.feed.id, feed.id));
    if (!row) throw new Error(`feed ${feed.id} vanished`);
    // Another source: what the old one was last seen with says nothing about this one.
    return row.source === feed.source ? row : { ...row, etag: "", checksum: "" };
  }

  async function refreshFeed(feed: FeedConfig): Promise<FeedRefresh["result"]> {
    const known = await stored(feed);
    const now = clock.now();
    try {
      const document = await fetchDocument(feed.source, known.etag, stop);
      if (!document) return unchanged(feed, known, now);
      try {
        if (document.checksum === known.checksum) return await unchanged(feed, known, now);
        const content = await feedAdapters[feed.kind].read(document.path);
        const records = believable(content, known.records);
        await db.transaction(async (tx) => {
          await replaceFeedContent(tx, feed, content, now);
          await tx
            .update(schema.feed)
            .set({
              source: feed.source,
              kind: feed.kind,
              lastSuccessAt: formatInstant(now),
              lastAttemptAt: formatInstant(now),
              lastProblem: "",
              etag: document.etag,
              checksum: document.checksum,
              records,
              rejects: content.rejects.length,
              modelVersion: content.modelVersion,
            })
            .where(eq(schema.feed.id, feed.id));
          await recordEvents(tx, [
            {
              at: now,
              type: "intel.changed",
              actor: "intel",
              subject: `feed:${feed.id}`,
              data: { kind: feed.kind, records, rejects: content.rejects.length },
            },
          ]);
        });
        log.info({ feed: feed.id, records, rejects: content.rejects.length }, "feed read");
        return ok({ changed: true, records, rejects: content.rejects.length });
      } finally {
        await document.dispose();
      }
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const problem: Problem = {
        code: "feed-failed",
        message: `The feed ${feed.id} could not be read from ${feed.source}: ${reason}`,
        next: "What it said before stays in use. Check that the address can be reached from here and serves the whole file.",
      };
      // Our own stop says nothing about the feed, and the store may be closing.
      if (stop?.aborted) return fail(problem);
      await db
        .update(schema.feed)
        .set({ lastAttemptAt: formatInstant(now), lastProblem: reason.slice(0, 1_000) })
        .where(eq(schema.feed.id, feed.id));
      log.warn({ feed: feed.id, problem }, "feed failed");
      return fail(problem);
    }
  }

  async function unchanged(feed: FeedConfig, known: { records: number; rejects: number }, now: Instant) {
    await db
      .update(schema.feed)
      .set({ lastSuccessAt: formatInstant(now), lastAttemptAt: formatInstant(now), lastProblem: "" })
      .where(eq(schema.feed.id, feed.id));
    return ok({ changed: false, records: known.records, rejects: known.rejects });
  }

  return {
    /** Reads one feed, or all of them, one after another. A failing feed does not stop the others. */
    async refresh(feedId?: string): Promise<FeedRefresh[]> {
      const results: FeedRefresh[] = [];
      for (const feed of feeds.filter((f) => !stop?.aborted && (feedId === undefined || f.id === feedId)))
        results.push({ feedId: feed.id, result: await refreshFeed(feed) });
      return results;
    },

    /** Every configured feed, read or not. */
    async status(): Promise<FeedStatus[]> {
      const rows = new Map((await db.select().from(schema.feed)).map((row) => [row.id, row]));
      const now = clock.now();
      return feeds.map(({ id, kind, source }) => {
        const row = rows.get(id);
        const lastSuccessAt = parse(row?.lastSuccessAt);
        return {
          id,
          kind,
          source,
          lastSuccessAt,
          lastAttemptAt: parse(row?.lastAttemptAt),
          ageMs: lastSuccessAt === null ? null : now - lastSuccessAt,
          records: row?.records ?? 0,
          rejects: row?.rejects ?? 0,
          modelVersion: row?.modelVersion ?? "",
          problem: row?.lastProblem ?? "",
        };
      });
    },
  };
}

const parse = (moment: string | null | undefined) => (moment ? (Date.parse(moment) as Instant) : null);

/** How many records a reading carries. @throws Error when it cannot be the whole feed */
function believable(content: FeedContent, before: number): number {
  const records = content.advisories.length + content.signals.length;
  if (records === 0) throw new Error(`no record could be read (${content.rejects.length} were malformed)`);
  if (records < before * (1 - MAX_LOST_SHARE)) throw new Error(`only ${records} records where there were ${before}`);
  return records;
}
