import { createHash } from "node:crypto";
import { type Clock, fail, formatInstant, ok, type Result } from "@breakwater/shared/core";
import { eq, max } from "drizzle-orm";
import { type Db, recordEvents, type Store, schema } from "../../store/index.ts";
import { readEndpoints } from "./endpoints.ts";
import { type Gap, inOrder, machineGaps, softwareGapRow } from "./gaps.ts";
import { type CmdbMapping, parseCmdbMapping } from "./mapping.ts";
import { cmdbProblem } from "./problems.ts";
import { readCmdb } from "./reading.ts";
import { readEntries, replaceRows } from "./rows.ts";
import { type Pair, softwareGaps } from "./software-gaps.ts";
import { type CmdbFormat, formatOf, type SetAside } from "./table.ts";

export { GAP_KINDS, type Gap } from "./gaps.ts";
export { CMDB_FIELDS } from "./mapping.ts";
export { CRITERIA } from "./reconcile.ts";
export { MAX_CMDB_BYTES } from "./table.ts";

/** What was set aside, kept with the import to be looked at; all of it is counted. */
const MAX_KEPT = 1_000;

export interface CmdbImport {
  readonly source: string;
  readonly content: string;
  /** Left out: told by how the content begins. */
  readonly format?: CmdbFormat | undefined;
  readonly mapping?: unknown;
}
export interface CmdbImported {
  readonly source: string;
  readonly format: CmdbFormat;
  readonly entries: number;
  /** How many the import before had; null when this is the first. */
  readonly before: number | null;
  readonly software: number;
  readonly columns: Readonly<Record<string, readonly string[]>>;
  readonly setAsideCount: number;
  readonly setAside: readonly SetAside[];
}
export interface CmdbSource extends Omit<CmdbImported, "before"> {
  readonly importedAt: string;
  readonly importedBy: string;
}
/** How the fleet and configuration databases compare. `neighbours` says how far others' networks were looked at. */
export interface Comparison {
  readonly gaps: readonly Gap[];
  readonly endpoints: number;
  readonly entries: number;
  readonly softwareCompared: number;
  readonly neighbours: { readonly watching: number; readonly cut: number };
}

export type Cmdb = ReturnType<typeof createCmdb>;

/** What configuration databases say is there, beside what is. */
export function createCmdb({ store, clock }: { readonly store: Store; readonly clock: Clock }) {
  const { db } = store;
  // Pages of one list ask for the same comparison again: it holds until something happens.
  let last: { readonly key: string; readonly comparison: Comparison } | undefined;
  return {
    /** Takes an export in as a whole, in place of what the same source brought before. */
    async import(wanted: CmdbImport, actor: string): Promise<Result<CmdbImported>> {
      const mapping = parseCmdbMapping(wanted.mapping);
      if (!mapping.ok) return mapping;
      const format = wanted.format ?? formatOf(wanted.content);
      const read = await readCmdb(wanted.content, format, mapping.value as CmdbMapping);
      if (!read.ok) return read;
      const { entries, software, columns, setAside } = read.value;
      const now = clock.now();
      const before = await db.transaction(async (tx) => {
        const [held] = await tx.select().from(schema.cmdbSource).where(eq(schema.cmdbSource.name, wanted.source)).for("update");
        const row = {
          ...{
            format,
            digest: createHash("sha256").update(wanted.content).digest("hex"),
            importedAt: formatInstant(now),
            importedBy: actor,
          },
          ...{ entries: entries.length, software: software.length, columns: columns as Record<string, string[]> },
          ...{ setAsideCount: setAside.length, setAside: setAside.slice(0, MAX_KEPT) },
        };
        await tx
          .insert(schema.cmdbSource)
          .values({ name: wanted.source, ...row })
          .onConflictDoUpdate({ target: schema.cmdbSource.name, set: row });
        await replaceRows(tx, wanted.source, { entries, software });
        await recordEvents(tx, [
          {
            ...{ at: now, type: "cmdb.imported", actor, subject: `cmdb:${wanted.source}` },
            data: {
              format,
              digest: row.digest,
              entries: row.entries,
              before: held?.entries ?? null,
              software: row.software,
              setAside: row.setAsideCount,
            },
          },
        ]);
        return held?.entries ?? null;
      });
      const told = { source: wanted.source, format, entries: entries.length, before, software: software.length };
      return ok({
        ...told,
        columns: columns as CmdbImported["columns"],
        setAsideCount: setAside.length,
        setAside: setAside.slice(0, MAX_KEPT),
      });
    },

    /** Takes out what a source brought. */
    async remove(source: string, reason: string, actor: string): Promise<Result<null>> {
      return db.transaction(async (tx): Promise<Result<null>> => {
        const gone = await tx
          .delete(schema.cmdbSource)
          .where(eq(schema.cmdbSource.name, source))
          .returning({ name: schema.cmdbSource.name });
        if (gone.length === 0) return fail(cmdbProblem.sourceUnknown(source));
        await replaceRows(tx, source, { entries: [], software: [] });
        await recordEvents(tx, [{ at: clock.now(), type: "cmdb.removed", actor, subject: `cmdb:${source}`, data: { reason } }]);
        return ok(null);
      });
    },

    /** What was imported, and when. */
    async sources(): Promise<CmdbSource[]> {
      const rows = await db.select().from(schema.cmdbSource).orderBy(schema.cmdbSource.name);
      return rows.map(({ name, digest: _, importedAt, setAside, format, ...row }) => ({
        ...row,
        ...{ source: name, format: format as CmdbFormat, importedAt: new Date(Date.parse(importedAt)).toISOString() },
        setAside: setAside as SetAside[],
      }));
    },

    /** Compares the fleet, as it is now, with what one source says, or all of them together. */
    async compare(source?: string): Promise<Result<Comparison>> {
      if (source !== undefined && !(await this.sources()).some((s) => s.source === source)) return fail(cmdbProblem.sourceUnknown(source));
      const key = `${await lastEvent(db)} ${source ?? ""}`;
      if (last?.key === key) return ok(last.comparison);
      const [entries, { endpoints, inventoried, seen, watching, cut }] = await Promise.all([readEntries(db, source), readEndpoints(db)]);
      const { gaps, standings } = machineGaps({ entries, endpoints, seen }, clock.now());
      // Of a machine that has not told what it has, nothing is "not installed".
      const pairs: Pair[] = [...standings].flatMap(([entry, standing]) =>
        standing.kind === "matched" && inventoried.has(standing.endpointId)
          ? [{ endpointId: standing.endpointId, source: entry.source, place: entry.place }]
          : [],
      );
      const software = await softwareGaps(db, pairs);
      const hostnames = new Map(endpoints.map((e) => [e.id, e.hostname]));
      const all = [...gaps, ...software.gaps.map((gap) => softwareGapRow(gap, (id) => hostnames.get(id) ?? id))];
      const comparison: Comparison = {
        gaps: all.sort(inOrder),
        ...{ endpoints: endpoints.length, entries: entries.length, softwareCompared: software.compared, neighbours: { watching, cut } },
      };
      last = { key, comparison };
      return ok(comparison);
    },
  };
}

async function lastEvent(db: Db): Promise<number> {
  const [row] = await db.select({ position: max(schema.domainEvent.position) }).from(schema.domainEvent);
  return row?.position ?? 0;
}
