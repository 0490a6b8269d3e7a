import { type Clock, formatInstant, type Instant } from "@breakwater/shared/core";
import type { Logger } from "@breakwater/shared/log";
import { type SQL, sql } from "drizzle-orm";
import type { Db } from "./database.ts";
import { rowsOf } from "./rows.ts";

const DAY_MS = 86_400_000;
const EVERY_MS = 3_600_000;
/** Rows in one statement, so that no lock is held for long. */
const BATCH = 5_000;

/**
 * Rows that only grow, and of which nothing is asked any more. Domain events and the audit chain over them, executions,
 * reports, verdicts and outcomes are the record of what was done, and stay.
 */
export interface Swept {
  /** Endpoints' certificates that ran out 30 days ago: at 24 hours of life each endpoint leaves some 550 a year. The newest stays. */
  readonly certificates: number;
  /** People's sessions and API tokens that ran out 30 days ago. */
  readonly sessions: number;
  /** Commands that were settled 30 days ago: the row stays as the execution's address, its payload (up to 1 MiB) goes. */
  readonly payloads: number;
}

/** One sweep, in batches, until nothing is left to take. */
export async function sweepStore(db: Db, now: Instant): Promise<Swept> {
  const before = formatInstant((now - 30 * DAY_MS) as Instant);
  return {
    certificates: await repeat(
      db,
      sql`delete from certificate where serial in (
        select c.serial from certificate c where c.expires_at < ${before}::timestamptz
          and exists (select 1 from certificate n where n.endpoint_id = c.endpoint_id and n.expires_at > c.expires_at)
        limit ${BATCH}) returning 1`,
    ),
    sessions: await repeat(
      db,
      sql`delete from user_session where secret_hash in (
        select secret_hash from user_session where expires_at < ${before}::timestamptz limit ${BATCH}) returning 1`,
    ),
    payloads: await repeat(
      db,
      sql`update command_outbox set payload = ''::bytea where id in (
        select id from command_outbox where done_at < ${before}::timestamptz and length(payload) > 0 limit ${BATCH}) returning 1`,
    ),
  };
}

async function repeat(db: Db, statement: SQL): Promise<number> {
  for (let total = 0; ; ) {
    const taken = rowsOf(await db.execute(statement)).length;
    total += taken;
    if (taken < BATCH) return total;
  }
}

/** Sweeps once an hour. @returns how to end it */
export function keepStoreTidy(parts: { readonly db: Db; readonly clock: Clock; readonly log: Logger }): () => Promise<void> {
  let sweeping: Promise<void> = Promise.resolve();
  const sweep = async (): Promise<void> => {
    try {
      const swept = await sweepStore(parts.db, parts.clock.now());
      if (swept.certificates + swept.sessions + swept.payloads > 0) parts.log.info(swept, "rows that nothing asks for are gone");
    } catch (cause) {
      parts.log.warn({ err: cause }, "rows that nothing asks for cannot be cleared away; it is tried again in an hour");
    }
  };
  const timer = setInterval(() => {
    sweeping = sweeping.then(sweep);
  }, EVERY_MS);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await sweeping;
  };
}
