import { sql } from "drizzle-orm";
import { type Db, schema } from "../../store/index.ts";
import { batches, bulkRows } from "../rows.ts";
import type { CmdbReading } from "./reading.ts";
import type { SourcedEntry } from "./reconcile.ts";

const ROWS_AT_ONCE = 5_000;

/** Takes a source's entries and software out, and puts those of a reading in their place. */
export async function replaceRows(tx: Db, source: string, { entries, software }: Pick<CmdbReading, "entries" | "software">): Promise<void> {
  await tx.execute(sql`delete from cmdb_software where source = ${source}`);
  await tx.execute(sql`delete from cmdb_entry where source = ${source}`);
  for (const some of batches(entries, ROWS_AT_ONCE)) {
    const rows = bulkRows(some, {
      place: { type: "int", of: (e) => e.place },
      names: { type: "jsonb", of: (e) => JSON.stringify(e.names) },
      machine_ids: { type: "jsonb", of: (e) => JSON.stringify(e.machineIds) },
      serial: { type: "text", of: (e) => e.serial },
      addresses: { type: "jsonb", of: (e) => JSON.stringify(e.addresses) },
      macs: { type: "jsonb", of: (e) => JSON.stringify(e.macs) },
      owner: { type: "text", of: (e) => e.owner },
      criticality: { type: "int", of: (e) => e.criticality },
      site: { type: "text", of: (e) => e.site },
      status: { type: "text", of: (e) => e.status },
      retired: { type: "boolean", of: (e) => e.retired },
      seen_at: { type: "timestamptz", of: (e) => e.seenAt },
    });
    await tx.execute(sql`insert into cmdb_entry (source, place, names, machine_ids, serial, addresses, macs, owner, criticality, site, status, retired, seen_at)
      select ${source}, place, names, machine_ids, serial, addresses, macs, owner, criticality, site, status, retired, seen_at from ${rows} r`);
  }
  for (const some of batches(software, ROWS_AT_ONCE)) {
    const rows = bulkRows(some, {
      place: { type: "int", of: (s) => s.place },
      normal: { type: "text", of: (s) => s.normal },
      name: { type: "text", of: (s) => s.name },
      version: { type: "text", of: (s) => s.version },
    });
    await tx.execute(sql`insert into cmdb_software (source, place, normal, name, version)
      select ${source}, place, normal, name, version from ${rows} r`);
  }
}

/** Entries of one source, or of all. */
export async function readEntries(db: Db, source?: string): Promise<SourcedEntry[]> {
  const rows = await db
    .select()
    .from(schema.cmdbEntry)
    .where(source === undefined ? undefined : sql`${schema.cmdbEntry.source} = ${source}`)
    .orderBy(schema.cmdbEntry.source, schema.cmdbEntry.place);
  return rows.map((row) => ({ ...row, seenAt: row.seenAt === null ? null : new Date(Date.parse(row.seenAt)).toISOString() }));
}
