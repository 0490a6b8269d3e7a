import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "../../../store/index.ts";
import { decodeCursor, encodeCursor } from "../cursor.ts";
import type { historyPage } from "../schemas/index.ts";
import { int, json, moment, momentOrNull, select } from "./select.ts";

export const eventRow = z.object({
  position: int,
  at: moment,
  type: z.string(),
  actor: z.string(),
  subject: z.string(),
  data: json(z.record(z.string(), z.unknown())),
});
const executionRow = z.object({
  id: z.string(),
  deploymentId: z.string(),
  title: z.string(),
  wave: int,
  state: z.string(),
  failureClass: z.string(),
  message: z.string(),
  startedAt: momentOrNull,
  finishedAt: momentOrNull,
});

/** What happened to one endpoint, newest first. The cursor is the position of the oldest event shown. */
export async function endpointHistory(
  db: Db,
  endpointId: string,
  query: { cursor?: string | undefined; limit: number },
): Promise<z.infer<typeof historyPage>> {
  const before = decodeCursor(query.cursor);
  const rows = await select(
    db,
    eventRow,
    sql`select position, at, type, actor, subject, data from domain_event
      where subject = ${`endpoint:${endpointId}`} and ${before === undefined ? sql`true` : sql`position < ${String(before)}::bigint`}
      order by position desc limit ${query.limit}`,
  );
  const executions = await select(
    db,
    executionRow,
    sql`select x.id, x.deployment_id as "deploymentId", d.title, x.wave, x.state, x.failure_class as "failureClass", x.message,
      x.started_at as "startedAt", x.finished_at as "finishedAt"
      from execution x join deployment d on d.id = x.deployment_id where x.endpoint_id = ${endpointId} and x.id not like '%\\_rb'
      order by x.started_at desc nulls first, x.id limit 100`,
  );
  const last = rows.at(-1);
  return { rows, executions, next: last && rows.length === query.limit ? encodeCursor(last.position) : null };
}
