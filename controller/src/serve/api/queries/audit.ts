import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "../../../store/index.ts";
import { decodeCursor, encodeCursor } from "../cursor.ts";
import type { auditPage, auditQuery, Role } from "../schemas/index.ts";
import { hiddenPrefixes } from "../visibility.ts";
import { allOf, int, json, moment, select } from "./select.ts";

const row = z.object({
  sequence: int,
  at: moment,
  type: z.string(),
  actor: z.string(),
  subject: z.string(),
  data: json(z.unknown()),
  previousHash: z.string(),
  hash: z.string(),
});

/** The chain with the events it records, newest first. */
export async function listAudit(db: Db, query: z.output<typeof auditQuery>, role: Role): Promise<z.infer<typeof auditPage>> {
  const before = decodeCursor(query.cursor);
  const where = allOf(
    before !== undefined && sql`a.sequence < ${String(before)}::bigint`,
    query.actor !== undefined && sql`e.actor = ${query.actor}`,
    query.subject !== undefined && sql`e.subject = ${query.subject}`,
    query.type !== undefined && sql`e.type = ${query.type}`,
    ...hiddenPrefixes(role).map((prefix) => sql`not starts_with(e.type, ${prefix})`),
  );
  const rows = await select(
    db,
    row,
    sql`select a.sequence, a.at, e.type, e.actor, e.subject, e.data, a.previous_hash as "previousHash", a.hash
      from audit_record a join domain_event e on e.position = a.event_position where ${where} order by a.sequence desc limit ${query.limit}`,
  );
  const last = rows.at(-1);
  return { rows, next: last && rows.length === query.limit ? encodeCursor(last.sequence) : null };
}
