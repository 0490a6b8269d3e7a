import { formatInstant, type Instant } from "@breakwater/shared/core";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, queryRows } from "../../../store/index.ts";
import { RANGE_AS_JSON, rangeRow } from "../range-row.ts";
import type { AdvisoryRecord, SignalRecord } from "../records.ts";
import type { Spooled } from "../spool.ts";
import { type BundledFeed, type BundleHeader, FORMAT } from "./format.ts";

/** Rows that are read at once. */
const PAGE = 2_000;

/** What a line after the header may be. */
export type BundleLine =
  | Spooled
  | { readonly kind: "feed"; readonly record: string }
  | { readonly kind: "described"; readonly record: DescribedRow };

const iso = z
  .string()
  .nullable()
  .transform((text) => (text === null ? null : new Date(text).toISOString()));

const FeedRow = z.object({
  id: z.string(),
  kind: z.string(),
  lastSuccessAt: z.string(),
  dated: iso,
  modelVersion: z.string(),
  records: z.number(),
});
const AdvisoryRow = z.object({
  id: z.string(),
  summary: z.string(),
  published: iso,
  modified: iso,
  withdrawn: z.boolean(),
  vulnerabilities: z.array(z.string()),
  aliases: z.array(z.string()),
  module: z.object({ name: z.string(), stream: z.string() }).nullable(),
  affected: z.array(rangeRow),
});
const SignalRow = z.object({
  vulnerabilityId: z.string(),
  kind: z.enum(["kev", "epss", "exploit", "ssvc", "chatter"]),
  at: iso,
  value: z
    .number()
    .nullable()
    .transform((v) => v ?? 1),
  data: z
    .record(z.string(), z.unknown())
    .nullable()
    .transform((d) => d ?? {}),
});
export const DescribedRow = z.object({
  id: z.string(),
  summary: z.string(),
  published: iso,
  cvssVector: z.string(),
  cwe: z.array(z.string()),
  withdrawn: z.boolean(),
  withdrawnBy: z.string(),
  weight: z.number().int(),
});
export type DescribedRow = z.output<typeof DescribedRow>;

/** Everything that is known, line by line, a page of the store at a time. Feeds that were never read are left out. */
export async function* bundleLines(db: Db, now: Instant): AsyncGenerator<string> {
  const rows = await queryRows(
    db,
    FeedRow,
    sql`select id, kind, last_success_at::text as "lastSuccessAt", dated::text as dated, model_version as "modelVersion", records
      from feed where last_success_at is not null order by id`,
  );
  const feeds = rows.map((f): BundledFeed => ({ ...f, lastSuccessAt: new Date(f.lastSuccessAt).toISOString() }));
  yield JSON.stringify({ format: FORMAT, createdAt: formatInstant(now), feeds } satisfies BundleHeader);
  // First, since a feed that has been taken is not taken again: an import that breaks off can be repeated and lacks nothing.
  yield* described(db);
  for (const { id } of feeds) {
    yield line({ kind: "feed", record: id });
    yield* advisories(db, id);
    yield* signals(db, id);
  }
}

const line = (entry: BundleLine): string => JSON.stringify(entry);

async function* advisories(db: Db, feedId: string): AsyncGenerator<string> {
  for (let after = ""; ; ) {
    const page = await queryRows(
      db,
      AdvisoryRow,
      sql`select a.id, a.summary, a.published::text as published, a.modified::text as modified, a.withdrawn, a.vulnerabilities, a.aliases, a.module,
        coalesce((select jsonb_agg(${RANGE_AS_JSON} order by r.ordinal)
          from advisory_range r where r.feed_id = a.feed_id and r.advisory_id = a.id), '[]'::jsonb) as affected
        from advisory a where a.feed_id = ${feedId} and a.id > ${after} order by a.id limit ${PAGE}`,
    );
    for (const { module, ...record } of page)
      yield line({ kind: "advisory", record: { ...record, ...(module ? { module } : {}) } satisfies AdvisoryRecord });
    if (page.length < PAGE) return;
    after = page.at(-1)?.id ?? "";
  }
}

async function* signals(db: Db, feedId: string): AsyncGenerator<string> {
  for (let after = ["", ""]; ; ) {
    const page = await queryRows(
      db,
      SignalRow,
      sql`select vulnerability_id as "vulnerabilityId", kind, at::text as at, value, data from signal
        where source = ${feedId} and (vulnerability_id, kind) > (${after[0]}, ${after[1]}) order by vulnerability_id, kind limit ${PAGE}`,
    );
    for (const record of page) yield line({ kind: "signal", record: record satisfies SignalRecord });
    if (page.length < PAGE) return;
    const last = page.at(-1);
    after = [last?.vulnerabilityId ?? "", last?.kind ?? ""];
  }
}

async function* described(db: Db): AsyncGenerator<string> {
  for (let after = ""; ; ) {
    const page = await queryRows(
      db,
      DescribedRow,
      sql`select id, summary, published::text as published, cvss_vector as "cvssVector", cwe, withdrawn, withdrawn_by as "withdrawnBy", weight
        from vulnerability where id > ${after} order by id limit ${PAGE}`,
    );
    for (const record of page) yield line({ kind: "described", record });
    if (page.length < PAGE) return;
    after = page.at(-1)?.id ?? "";
  }
}
