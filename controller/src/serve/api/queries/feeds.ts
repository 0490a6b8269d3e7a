import { formatInstant } from "@breakwater/shared/core";
import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "../../../store/index.ts";
import type { feedSchema } from "../schemas/index.ts";
import type { Services } from "../services.ts";
import { moment, select } from "./select.ts";

const rejectRow = z.object({ feedId: z.string(), record: z.string(), reason: z.string(), at: moment });
/** Rejects shown per feed; their number is in `rejects`. */
const MAX_REJECTS = 20;

/** Every configured feed, read or not. */
export async function listFeeds(db: Db, intel: Services["intel"]): Promise<z.infer<typeof feedSchema>[]> {
  const feeds = await intel.status();
  const rejects = await select(
    db,
    rejectRow,
    sql`select "feedId", left(record, 300) as record, reason, at from (
        select feed_id as "feedId", record, reason, at, row_number() over (partition by feed_id order by id desc) as nth from feed_reject
      ) r where nth <= ${MAX_REJECTS}`,
  );
  return feeds.map((feed) => ({
    id: feed.id,
    kind: feed.kind,
    source: withoutCredentials(feed.source),
    lastSuccessAt: feed.lastSuccessAt === null ? null : formatInstant(feed.lastSuccessAt),
    lastAttemptAt: feed.lastAttemptAt === null ? null : formatInstant(feed.lastAttemptAt),
    lastProblem: feed.problem,
    records: feed.records,
    rejects: feed.rejects,
    modelVersion: feed.modelVersion,
    modelChange: feed.modelChange,
    progress: feed.progress,
    recentRejects: rejects.filter((r) => r.feedId === feed.id).map(({ record, reason, at }) => ({ record, reason, at })),
  }));
}

/** A feed's address may carry a password, which nobody needs to see. */
function withoutCredentials(source: string): string {
  if (!URL.canParse(source)) return source;
  const url = new URL(source);
  if (url.username === "" && url.password === "") return source;
  url.username = "";
  url.password = "";
  return url.href;
}
