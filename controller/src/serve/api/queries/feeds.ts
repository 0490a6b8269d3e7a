import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "../../../store/index.ts";
import type { feedSchema } from "../schemas/index.ts";
import { int, moment, momentOrNull, select } from "./select.ts";

const row = z.object({
  id: z.string(),
  kind: z.string(),
  source: z.string(),
  lastSuccessAt: momentOrNull,
  lastAttemptAt: momentOrNull,
  lastProblem: z.string(),
  records: int,
  rejects: int,
  modelVersion: z.string(),
});
const rejectRow = z.object({ feedId: z.string(), record: z.string(), reason: z.string(), at: moment });
/** Rejects shown per feed; their number is in `rejects`. */
const MAX_REJECTS = 20;

export async function listFeeds(db: Db): Promise<z.infer<typeof feedSchema>[]> {
  const feeds = await select(
    db,
    row,
    sql`select id, kind, source, last_success_at as "lastSuccessAt", last_attempt_at as "lastAttemptAt", last_problem as "lastProblem",
      records, rejects, model_version as "modelVersion" from feed order by id limit 200`,
  );
  const rejects = await select(
    db,
    rejectRow,
    sql`select "feedId", left(record, 300) as record, reason, at from (
        select feed_id as "feedId", record, reason, at, row_number() over (partition by feed_id order by id desc) as nth from feed_reject
      ) r where nth <= ${MAX_REJECTS}`,
  );
  return feeds.map((feed) => ({
    ...feed,
    source: withoutCredentials(feed.source),
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
