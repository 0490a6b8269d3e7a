import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, fail, formatInstant, type Instant, ok, type Problem, type Result, systemReason } from "@breakwater/shared/core";
import type { Logger } from "@breakwater/shared/log";
import { eq, sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, queryRows, recordEvents, type Store, schema } from "../../store/index.ts";
import { createBundles } from "./bundle/index.ts";
import { type Collected, collectDocument, isUrl, type Progress } from "./collect.ts";
import { epssModelChange } from "./epss/model-change.ts";
import type { FeedConfig } from "./feed-config.ts";
import { feedAdapters } from "./feeds.ts";
import { lanes } from "./lanes.ts";
import { replaceFeedContent } from "./persist.ts";
import { plausible } from "./plausible.ts";
import { type Spool, SpoolWriter } from "./spool.ts";
import { createTransport, type TransportOptions } from "./transport/index.ts";

export { type Bulletin, MAX_BULLETIN_CHARACTERS, readBulletin, tooLarge } from "./bulletin/index.ts";
export { isPublicKey, resignBundle } from "./bundle/index.ts";
export { type IntelSet, readIntelDirectory } from "./directory.ts";
export { FEED_KINDS, type FeedConfig, FeedConfigSchema } from "./feed-config.ts";
export { DEFAULT_FEEDS } from "./feeds.ts";
export { canonicalEcosystem, canonicalName, canonicalVersion } from "./package-name.ts";
export { RANGE_AS_JSON, rangeRow } from "./range-row.ts";
export type { AdvisoryRecord, AffectedRange, ModuleStream, SignalRecord, VulnerabilityRecord } from "./records.ts";
export { POINT_STREAMS, redHatPointOf } from "./red-hat-stream.ts";
export { MODULE_BUILD, RELATED } from "./related.ts";
export { readRelease, systemId } from "./release.ts";
export type { TransportOptions } from "./transport/index.ts";

/** A feed that suddenly lost more than this share of its records is taken for a cut one, not for good news. */
const MAX_LOST_SHARE = 0.5;

/** A feed may be published in a zone ahead of ours, by a clock that runs ahead; more than this is no honest date. */
const MAX_AHEAD_MS = 48 * 3_600_000;

/** What is read of a feed lies in its folder under this name until it is stored. */
const SPOOL = "spool";

/** Feeds that are fetched and read at a time: a publisher who asks for patience (NVD, for hours at first) holds up nobody. Each streams to its spool. */
const FEEDS_AT_ONCE = 2;

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
  /** The date that the feed itself carries; null where it carries none. */
  readonly dated: Instant | null;
  /** The last change of that model, in words, with what it meant; "" when none was seen. */
  readonly modelChange: string;
  /** Why the last attempt failed; "" when it did not. What was known before stays in use. */
  readonly problem: string;
  /** How far a download of many pages has come, while it goes on and after it was interrupted; null when there is none. */
  readonly progress: Progress | null;
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
  directory,
  transport: transportOptions = {},
  bundles: { keyPath, pinned } = { pinned: [] },
}: {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly feeds: readonly FeedConfig[];
  /** Ends a download that is under way, for a quick stop. */
  readonly stop?: AbortSignal;
  /** Where downloads lie while they are read, and what is left of broken ones; a temporary one when absent. */
  readonly directory?: string;
  readonly transport?: TransportOptions;
  /** The key that signs what is exported, and the public keys of those whose bundles are taken. */
  readonly bundles?: { readonly keyPath?: string; readonly pinned: readonly string[] };
}) {
  const { db } = store;
  const transport = createTransport(transportOptions);
  let folder: Promise<string> | undefined;
  const ownFolder = async () => {
    folder ??= directory ? Promise.resolve(directory) : mkdtemp(join(tmpdir(), "breakwater-feeds-"));
    await mkdir(await folder, { recursive: true, mode: 0o700 });
    return folder;
  };
  const feedFolder = async (feedId: string) => {
    const path = join(await ownFolder(), feedId);
    await mkdir(path, { recursive: true, mode: 0o700 });
    return path;
  };

  async function stored(feed: FeedConfig) {
    await db.insert(schema.feed).values({ id: feed.id, kind: feed.kind, source: feed.source }).onConflictDoNothing();
    const [row] = await db.select().from(schema.feed).where(eq(schema.feed.id, feed.id));
    if (!row) throw new Error(`feed ${feed.id} vanished`);
    // Another source: what the old one was last seen with says nothing about this one.
    return row.source === feed.source ? row : { ...row, etag: "", lastModified: "", checksum: "", cursor: "" };
  }
  type StoredFeed = Awaited<ReturnType<typeof stored>>;

  const reading = lanes(FEEDS_AT_ONCE);
  // One feed at a time is written: two would wait for each other's rows, and memory is for one.
  const writing = lanes(1);
  const underWay = new Map<string, Promise<FeedRefresh["result"]>>();
  /** Whoever asks for a feed that is being read gets what that comes to. */
  function refreshOnce(feed: FeedConfig): Promise<FeedRefresh["result"]> {
    const before = underWay.get(feed.id);
    if (before !== undefined) return before;
    const refresh = reading(() => (stop?.aborted ? Promise.resolve(fail(stopped(feed))) : refreshFeed(feed))).finally(() =>
      underWay.delete(feed.id),
    );
    underWay.set(feed.id, refresh);
    return refresh;
  }

  /** Kept after a failure: the next reading goes on there. */
  const progress = new Map<string, Progress>();

  async function refreshFeed(feed: FeedConfig): Promise<FeedRefresh["result"]> {
    const known = await stored(feed);
    const now = clock.now();
    try {
      const adapter = feedAdapters[feed.kind];
      const place = await feedFolder(feed.id);
      const collected = await (adapter.collect ?? collectDocument)({
        ...{ feed, known, transport, folder: place, now, stop },
        told: (so) => void (so ? progress.set(feed.id, so) : progress.delete(feed.id)),
      });
      progress.delete(feed.id);
      if (!collected) return await unchanged(feed, known, now);
      try {
        if (feed.signedBy && collected.signed !== true)
          throw new Error(
            `signatures of feeds of kind ${feed.kind} from such a source cannot be checked: take signedBy out of its configuration, or read a file that is signed`,
          );
        if (collected.checksum !== "" && collected.checksum === known.checksum) return await unchanged(feed, known, now);
        const spool = await read(feed, collected, join(place, SPOOL));
        try {
          return await writing(() => keep(feed, known, collected, spool, now));
        } finally {
          await spool.dispose();
        }
      } finally {
        await collected.dispose();
      }
    } catch (cause) {
      return failed(feed, cause, now);
    }
  }

  async function read(feed: FeedConfig, collected: Collected, path: string): Promise<Spool> {
    const writer = new SpoolWriter(path);
    const sink = plausible(writer);
    try {
      for (const document of collected.paths) {
        if (stop?.aborted) throw new Error("the controller stops");
        await feedAdapters[feed.kind].read(document, sink, feed);
      }
      for (const id of collected.gone ?? []) writer.document(id);
      return writer.finish();
    } catch (cause) {
      await writer.abandon();
      throw cause;
    }
  }

  async function keep(feed: FeedConfig, known: StoredFeed, collected: Collected, spool: Spool, now: Instant) {
    const { whole } = collected;
    believable(spool, whole ? known.records : 0, whole && !feedAdapters[feed.kind].mayBeSilent, now);
    const from = known.modelVersion;
    const to = spool.modelVersion;
    const modelChanged = from !== "" && to !== "" && from !== to;
    const records = await db.transaction(async (tx) => {
      const { moves, ...changes } = await replaceFeedContent(tx, feed.id, spool, now, {
        whole,
        moves: modelChanged,
        weight: feedAdapters[feed.kind].weight,
      });
      const held = whole
        ? countOf(spool)
        : await storedRecords(tx, feed.id, spool.advisories + spool.documents > 0 ? 0 : Math.max(known.records, countOf(spool)));
      const by = (spool.dated ?? formatInstant(now)).slice(0, 10);
      const modelChange = modelChanged ? epssModelChange(from, to, by, moves) : undefined;
      if (modelChange) log.warn({ feed: feed.id, from, to }, modelChange.sentence);
      await tx
        .update(schema.feed)
        .set({
          source: feed.source,
          kind: feed.kind,
          lastSuccessAt: formatInstant(now),
          lastAttemptAt: formatInstant(now),
          lastProblem: "",
          ...collected.validators,
          checksum: collected.checksum,
          cursor: collected.cursor,
          dated: spool.dated ?? (whole ? null : known.dated),
          records: held,
          rejects: spool.rejected,
          modelVersion: to,
        })
        .where(eq(schema.feed.id, feed.id));
      await recordEvents(tx, [
        {
          at: now,
          type: "intel.changed",
          actor: "intel",
          subject: `feed:${feed.id}`,
          data: { kind: feed.kind, records: held, rejects: spool.rejected, ...changes, ...(modelChange ? { modelChange } : {}) },
        },
      ]);
      return held;
    });
    log.info({ feed: feed.id, records, rejects: spool.rejected }, "feed read");
    return ok({ changed: true, records, rejects: spool.rejected });
  }

  async function failed(feed: FeedConfig, cause: unknown, now: Instant): Promise<FeedRefresh["result"]> {
    const reason = systemReason(cause);
    const problem: Problem = {
      code: "feed-failed",
      message: `The feed ${feed.id} could not be read from ${feed.source}: ${reason}`,
      next: `What it said before stays in use. ${isUrl(feed.source) ? "Check that the address can be reached from here and serves the whole file." : "Check the path and its permissions, as the account that the controller runs as."}`,
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

  async function unchanged(feed: FeedConfig, known: { records: number; rejects: number }, now: Instant) {
    await db
      .update(schema.feed)
      .set({ lastSuccessAt: formatInstant(now), lastAttemptAt: formatInstant(now), lastProblem: "" })
      .where(eq(schema.feed.id, feed.id));
    return ok({ changed: false, records: known.records, rejects: known.rejects });
  }

  const bundles = createBundles({ store, clock, folder: ownFolder, keyPath, pinned });
  return {
    /**
     * Removes what an earlier controller left when it was killed and nobody takes up again: bundles and spools half written, and folders of feeds that
     * are configured no more. A configured feed's broken download stays, since the next reading goes on there. Call it before anything is read.
     */
    async sweep(): Promise<void> {
      if (directory === undefined) return;
      const known = new Set(feeds.map((f) => f.id));
      const entries = await readdir(directory, { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
        if (cause.code === "ENOENT") return [];
        throw cause;
      });
      for (const entry of entries) {
        const path = join(directory, entry.name);
        await rm(known.has(entry.name) ? join(path, SPOOL) : path, { recursive: true, force: true });
      }
    },

    /** Removes what lies in a temporary directory of our own. Call it when nothing is read any more; a directory that was named stays, with its broken downloads. */
    async close(): Promise<void> {
      if (directory === undefined && folder !== undefined) await rm(await folder, { recursive: true, force: true });
      folder = undefined;
    },

    bundles: { ...bundles, import: (content: AsyncIterable<Uint8Array>) => writing(() => bundles.import(content)) },

    /** Reads one feed, or all of them, at most {@link FEEDS_AT_ONCE} at a time. A failing feed does not stop the others, and a slow one does not hold them up. */
    async refresh(feedId?: string): Promise<FeedRefresh[]> {
      const asked = feeds.filter((f) => !stop?.aborted && (feedId === undefined || f.id === feedId));
      return Promise.all(asked.map(async (feed) => ({ feedId: feed.id, result: await refreshOnce(feed) })));
    },

    /** Every configured feed, read or not, and those that came in bundles. */
    async status(): Promise<FeedStatus[]> {
      const rows = new Map((await db.select().from(schema.feed)).map((row) => [row.id, row]));
      const changes = await lastModelChanges(db);
      const now = clock.now();
      const carried = [...rows.values()].filter((row) => row.source.startsWith("bundle:") && !feeds.some((f) => f.id === row.id));
      return [...feeds, ...carried].map(({ id, kind, source }) => {
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
          dated: parse(row?.dated),
          problem: row?.lastProblem ?? "",
          modelChange: changes.get(id) ?? "",
          progress: progress.get(id) ?? null,
        };
      });
    },
  };
}

const stopped = (feed: FeedConfig): Problem => ({
  code: "feed-failed",
  message: `The feed ${feed.id} was not read: the controller stops.`,
  next: "It is read when the controller runs again.",
});

/** By feed, from the events that told of them: a feed's row knows its present model only. */
async function lastModelChanges(db: Db): Promise<Map<string, string>> {
  const rows = await queryRows(
    db,
    z.object({ feed: z.string(), sentence: z.string() }),
    sql`select distinct on (subject) replace(subject, 'feed:', '') as feed, data->'modelChange'->>'sentence' as sentence
      from domain_event where type = 'intel.changed' and data->'modelChange'->>'sentence' is not null order by subject, position desc`,
  );
  return new Map(rows.map((r) => [r.feed, r.sentence]));
}

const parse = (moment: string | null | undefined) => (moment ? (Date.parse(moment) as Instant) : null);

/** A record is an advisory or a signal; a feed that only describes vulnerabilities counts those. */
const countOf = (spool: Spool): number => Math.max(spool.advisories + spool.signals, spool.vulnerabilities);

/** @throws Error when a reading cannot be what the feed says */
function believable(spool: Spool, before: number, speaks: boolean, now: Instant): void {
  const records = countOf(spool);
  if (speaks && records === 0) throw new Error(`no record could be read (${spool.rejected} were malformed)`);
  if (records < before * (1 - MAX_LOST_SHARE)) throw new Error(`only ${records} records where there were ${before}`);
  if (spool.dated !== null && Date.parse(spool.dated) > now + MAX_AHEAD_MS)
    throw new Error(`it says that it is of ${spool.dated.slice(0, 10)}, which is to come: this clock or the feed's is wrong`);
}

/** What is stored of a feed that is read piece by piece; what one describes is not stored as its own, so that is at least what it brought. */
async function storedRecords(tx: Db, feedId: string, atLeast: number): Promise<number> {
  const [row] = await queryRows(
    tx,
    z.object({ records: z.coerce.number() }),
    sql`select (select count(*) from advisory where feed_id = ${feedId}) + (select count(*) from signal where source = ${feedId}) as records`,
  );
  return Math.max(row?.records ?? 0, atLeast);
}
