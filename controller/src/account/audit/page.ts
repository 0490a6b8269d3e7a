import { formatInstant, instant } from "@breakwater/shared/core";
import { and, desc, eq, like, lt, type SQL } from "drizzle-orm";
import { type Db, schema } from "../../store/index.ts";

const { auditRecord, domainEvent } = schema;
const MAX_PAGE = 500;

export interface AuditQuery {
  /** Sequence of the last entry of the page before; absent for the newest. */
  readonly cursor?: number | undefined;
  readonly limit?: number | undefined;
  readonly subject?: string | undefined;
  /** An event type, or a family: "deployment.*". */
  readonly type?: string | undefined;
  readonly actor?: string | undefined;
}

export interface AuditEntry {
  readonly sequence: number;
  readonly at: string;
  readonly type: string;
  readonly actor: string;
  readonly subject: string;
  readonly data: unknown;
  readonly hash: string;
}

/** Entries for people, newest first. */
export async function pageOf(db: Db, query: AuditQuery): Promise<{ entries: AuditEntry[]; next: number | undefined }> {
  const limit = Math.max(1, Math.min(query.limit ?? 50, MAX_PAGE));
  const where: SQL[] = [];
  if (query.cursor !== undefined) where.push(lt(auditRecord.sequence, query.cursor));
  if (query.subject) where.push(eq(domainEvent.subject, query.subject));
  if (query.actor) where.push(eq(domainEvent.actor, query.actor));
  if (query.type?.endsWith(".*")) where.push(like(domainEvent.type, `${query.type.slice(0, -1).replace(/[\\%_]/g, "\\$&")}%`));
  else if (query.type) where.push(eq(domainEvent.type, query.type));
  const rows = await db
    .select({ sequence: auditRecord.sequence, hash: auditRecord.hash, event: domainEvent })
    .from(auditRecord)
    .innerJoin(domainEvent, eq(domainEvent.position, auditRecord.eventPosition))
    .where(and(...where))
    .orderBy(desc(auditRecord.sequence))
    .limit(limit + 1);
  const entries = rows.slice(0, limit).map(({ sequence, hash, event }) => ({
    sequence,
    at: formatInstant(instant(Date.parse(event.at))),
    type: event.type,
    actor: event.actor,
    subject: event.subject,
    data: event.data,
    hash,
  }));
  return { entries, next: rows.length > limit ? entries.at(-1)?.sequence : undefined };
}
