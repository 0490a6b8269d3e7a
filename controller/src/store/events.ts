import { formatInstant, type Instant } from "@breakwater/shared/core";
import { asc, gt, sql } from "drizzle-orm";
import type { Db } from "./database.ts";
import { domainEvent } from "./schema/index.ts";

/** What happened, as the floors above are told it. */
export interface DomainEvent {
  readonly at: Instant;
  /** "<aggregate>.<past tense>", e.g. "deployment.paused". */
  readonly type: string;
  /** "user:<name>", "endpoint:<id>", or the module that acted: "engine", "intel". */
  readonly actor: string;
  /** "<aggregate>:<id>" */
  readonly subject: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface RecordedEvent extends DomainEvent {
  readonly position: number;
}

/** NOTIFY channel that is woken once per batch of events. */
export const EVENT_CHANNEL = "breakwater_event";

/**
 * Writes events in the caller's transaction. The advisory transaction lock makes positions appear in commit order, so
 * that a reader that remembers the last position it saw never misses one.
 */
export async function recordEvents(tx: Db, events: readonly DomainEvent[]): Promise<void> {
  if (events.length === 0) return;
  await tx.execute(sql`select pg_advisory_xact_lock(7264001)`);
  await tx.insert(domainEvent).values(events.map((e) => ({ ...e, at: formatInstant(e.at) })));
  await tx.execute(sql`select pg_notify(${EVENT_CHANNEL}, '')`);
}

/** Events after a position, oldest first. */
export async function eventsAfter(db: Db, position: number, limit: number): Promise<RecordedEvent[]> {
  const rows = await db
    .select()
    .from(domainEvent)
    .where(gt(domainEvent.position, position))
    .orderBy(asc(domainEvent.position))
    .limit(limit);
  return rows.map((r) => ({ ...r, at: Date.parse(r.at) as Instant, data: r.data as Record<string, unknown> }));
}
