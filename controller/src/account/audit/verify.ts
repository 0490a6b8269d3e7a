import { asc, gt, inArray, sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, rowsOf, schema } from "../../store/index.ts";
import { type AuditRecord, follow, GENESIS, recordOf } from "./chain.ts";
import { broken, cutOff, type Verification } from "./export.ts";

const { auditRecord, domainEvent } = schema;
const PAGE = 1_000;
const countRow = z.array(z.object({ count: z.coerce.number().int() }));

/** The chain, page by page from the start. */
export async function* recordsFrom(db: Db, sequence = 0): AsyncGenerator<AuditRecord[]> {
  for (let after = sequence; ; ) {
    const page = await db.select().from(auditRecord).where(gt(auditRecord.sequence, after)).orderBy(asc(auditRecord.sequence)).limit(PAGE);
    const last = page.at(-1);
    if (!last) return;
    yield page;
    after = last.sequence;
  }
}

/**
 * Verifies the stored chain: every record against its hash and its predecessor, and against the domain event it records.
 * A cut-off end shows as events before the newest record's that are unrecorded, or against a head that was kept elsewhere.
 */
export async function verifyChain(db: Db, options: { readonly expectHead?: string } = {}): Promise<Verification> {
  let head: { sequence: number; position: number; hash: string } = { ...GENESIS };
  let met = options.expectHead === undefined || options.expectHead === GENESIS.hash;
  for await (const page of recordsFrom(db)) {
    for (const record of page) {
      const next = follow(head, [record]);
      if ("reason" in next) return broken(head, next);
      head = next;
      met ||= head.hash === options.expectHead;
    }
    const differs = await firstDifference(db, page);
    if (differs) return broken(head, differs);
  }
  if (!met) return broken(head, cutOff(head.sequence));
  const unrecorded = await unrecordedBefore(db, head.position);
  if (unrecorded > 0)
    return broken(head, { firstBroken: head.sequence + 1, reason: `${unrecorded} events before the chain's end are not in the chain.` });
  return { ok: true, records: head.sequence, head: head.hash };
}

async function firstDifference(db: Db, page: readonly AuditRecord[]) {
  const positions = page.map((r) => r.eventPosition);
  const rows = await db.select().from(domainEvent).where(inArray(domainEvent.position, positions));
  const events = new Map(rows.map((r) => [r.position, r]));
  for (const record of page) {
    const row = events.get(record.eventPosition);
    if (!row) return { firstBroken: record.sequence, reason: `The event of record ${record.sequence} is gone from the events.` };
    const text = recordOf({ ...row, at: Date.parse(row.at) as never, data: row.data as Record<string, unknown> });
    if (text !== record.record)
      return { firstBroken: record.sequence, reason: `The event of record ${record.sequence} was changed since.` };
  }
  return undefined;
}

async function unrecordedBefore(db: Db, position: number): Promise<number> {
  const result = await db.execute(sql`
    select count(*)::text as count from domain_event e
    where e.position <= ${position} and not exists (select 1 from audit_record a where a.event_position = e.position)`);
  return countRow.parse(rowsOf(result))[0]?.count ?? 0;
}
