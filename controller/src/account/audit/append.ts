import { formatInstant } from "@breakwater/shared/core";
import { desc, sql } from "drizzle-orm";
import { type Db, eventsAfter, type Store, schema } from "../../store/index.ts";
import { chain, GENESIS } from "./chain.ts";

const { auditRecord } = schema;

/** Replicas append one after another: a transaction lock, so that it also works behind a pooler. */
const AUDIT_LOCK = 7264003;
/** Events chained in one transaction. */
export const EVENTS_PER_APPEND = 1_000;

/**
 * Chains the events that are not in the chain yet. Idempotent: where it stands is read from the chain itself, in the
 * transaction that extends it. @returns how many were appended
 */
export async function appendNewEvents(store: Store): Promise<number> {
  return store.db.transaction(async (raw) => {
    const tx = raw as Db;
    await tx.execute(sql`select pg_advisory_xact_lock(${AUDIT_LOCK})`);
    const [last] = await tx.select().from(auditRecord).orderBy(desc(auditRecord.sequence)).limit(1);
    const events = await eventsAfter(tx, last?.eventPosition ?? GENESIS.position, EVENTS_PER_APPEND);
    if (events.length === 0) return 0;
    const records = chain(last ?? GENESIS, events);
    await tx.insert(auditRecord).values(records.map((record, i) => ({ ...record, at: formatInstant(events[i]?.at ?? (0 as never)) })));
    return records.length;
  });
}
