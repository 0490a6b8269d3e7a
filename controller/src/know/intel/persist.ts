import { formatInstant, type Instant } from "@breakwater/shared/core";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, queryRows } from "../../store/index.ts";
import { batches, bulkRows } from "../rows.ts";
import type { FeedConfig } from "./feeds.ts";
import type { AffectedRange, FeedContent } from "./records.ts";

/** Rows in one statement: on PGlite a statement holds up the process for about 60 ms at this size. */
const BATCH = 5_000;
/** Rejects that are kept of one feed, for a person to look at; all are counted. */
const MAX_KEPT_REJECTS = 1_000;

/** Replaces everything that a feed said by what it says now, in the caller's transaction. */
export async function replaceFeedContent(tx: Db, feed: FeedConfig, content: FeedContent, now: Instant): Promise<void> {
  await replaceAdvisories(tx, feed.id, content);
  await putVulnerabilities(tx, content);
  await replaceSignals(tx, feed, content);
  await replaceRejects(tx, feed.id, content, now);
}

async function replaceAdvisories(tx: Db, feedId: string, content: FeedContent): Promise<void> {
  await tx.execute(sql`delete from advisory_range where advisory_id in (select id from advisory where feed_id = ${feedId})`);
  await tx.execute(sql`delete from advisory where feed_id = ${feedId}`);
  for (const part of batches(content.advisories, BATCH)) {
    const input = bulkRows(part, {
      id: { type: "text", of: (a) => a.id },
      summary: { type: "text", of: (a) => a.summary },
      published: { type: "timestamptz", of: (a) => a.published },
      modified: { type: "timestamptz", of: (a) => a.modified },
      withdrawn: { type: "boolean", of: (a) => a.withdrawn },
      vulnerabilities: { type: "jsonb", of: (a) => JSON.stringify(a.vulnerabilities) },
    });
    await tx.execute(sql`
      insert into advisory (id, feed_id, summary, published, modified, withdrawn, vulnerabilities)
      select id, ${feedId}, summary, published, modified, withdrawn, vulnerabilities from ${input} i on conflict do nothing`);
  }
  for (const part of batches(rangeRows(content), BATCH)) {
    const input = bulkRows(part, {
      advisory_id: { type: "text", of: (r) => r.advisoryId },
      distribution: { type: "text", of: (r) => r.distribution },
      ecosystem: { type: "text", of: (r) => r.ecosystem },
      package: { type: "text", of: (r) => r.package },
      ordinal: { type: "int", of: (r) => r.ordinal },
      introduced: { type: "text", of: (r) => r.introduced },
      fixed: { type: "text", of: (r) => r.fixed },
      last_affected: { type: "text", of: (r) => r.lastAffected },
      urgency: { type: "text", of: (r) => r.urgency },
    });
    await tx.execute(sql`
      insert into advisory_range (advisory_id, distribution, ecosystem, package, ordinal, introduced, fixed, last_affected, urgency)
      select * from ${input} i on conflict do nothing`);
  }
}

type RangeRow = AffectedRange & { readonly advisoryId: string; readonly ordinal: number };

function rangeRows(content: FeedContent): RangeRow[] {
  return content.advisories.flatMap((advisory) =>
    advisory.affected.map((range, ordinal) => ({ ...range, advisoryId: advisory.id, ordinal })),
  );
}

/** What several feeds say about one CVE adds up; an empty value overwrites nothing. */
async function putVulnerabilities(tx: Db, content: FeedContent): Promise<void> {
  const byId = new Map(content.vulnerabilities.map((v) => [v.id, v]));
  const named = new Set(content.advisories.flatMap((a) => a.vulnerabilities));
  for (const id of named) if (!byId.has(id)) byId.set(id, { id, summary: "", published: null, cvssVector: "", cwe: [], withdrawn: false });
  for (const part of batches([...byId.values()], BATCH)) {
    const input = bulkRows(part, {
      id: { type: "text", of: (v) => v.id },
      summary: { type: "text", of: (v) => v.summary },
      published: { type: "timestamptz", of: (v) => v.published },
      cvss_vector: { type: "text", of: (v) => v.cvssVector },
      cwe: { type: "jsonb", of: (v) => JSON.stringify(v.cwe) },
      withdrawn: { type: "boolean", of: (v) => v.withdrawn },
    });
    await tx.execute(sql`
      insert into vulnerability (id, summary, published, cvss_vector, cwe, withdrawn)
      select id, summary, published, cvss_vector, cwe, withdrawn from ${input} i
      on conflict (id) do update set
        summary = coalesce(nullif(excluded.summary, ''), vulnerability.summary),
        published = coalesce(excluded.published, vulnerability.published),
        cvss_vector = coalesce(nullif(excluded.cvss_vector, ''), vulnerability.cvss_vector),
        cwe = case when excluded.cwe = '[]'::jsonb then vulnerability.cwe else excluded.cwe end,
        withdrawn = excluded.withdrawn
      where excluded.summary <> '' or excluded.cvss_vector <> '' or excluded.published is not null or excluded.cwe <> '[]'::jsonb
        or excluded.withdrawn`);
  }
}

/**
 * Writes only what changed: most of a day's EPSS scores are yesterday's, and rewriting 300,000 rows a day would only make
 * the table grow. The stored values come as one text, since that many rows cost more to hand over than to compare.
 */
async function replaceSignals(tx: Db, feed: FeedConfig, content: FeedContent): Promise<void> {
  const [stored] = await queryRows(
    tx,
    z.object({ all: z.string().nullable() }),
    sql`select string_agg(kind || ' ' || vulnerability_id || ' ' || coalesce(value::text, ''), E'\n') as "all" from signal where source = ${feed.id}`,
  );
  const before = new Map<string, string>();
  for (const line of stored?.all?.split("\n") ?? []) {
    const [kind, id, value = ""] = line.split(" ");
    before.set(`${kind} ${id}`, value);
  }
  const given = new Map(content.signals.map((s) => [`${s.kind} ${s.vulnerabilityId}`, s]));
  const changed = [...given].filter(([key, s]) => s.kind !== "epss" || before.get(key) !== String(s.value)).map(([, s]) => s);
  for (const part of batches(changed, BATCH)) {
    const input = bulkRows(part, {
      vulnerability_id: { type: "text", of: (s) => s.vulnerabilityId },
      kind: { type: "text", of: (s) => s.kind },
      at: { type: "timestamptz", of: (s) => s.at },
      value: { type: "float8", of: (s) => s.value },
      data: { type: "jsonb", of: (s) => JSON.stringify(s.data) },
    });
    await tx.execute(sql`
      insert into signal (vulnerability_id, kind, source, at, value, data)
      select vulnerability_id, kind, ${feed.id}, at, value, data from ${input} i
      on conflict (vulnerability_id, kind, source) do update set at = excluded.at, value = excluded.value, data = excluded.data
      where signal.value is distinct from excluded.value or signal.data is distinct from excluded.data`);
  }
  const vanished = [...before.keys()].filter((key) => !given.has(key)).map((key) => key.split(" ")[1] ?? "");
  for (const part of batches(vanished, BATCH))
    await tx.execute(sql`delete from signal where source = ${feed.id} and vulnerability_id = any(${sql.param([...part])}::text[])`);
}

async function replaceRejects(tx: Db, feedId: string, content: FeedContent, now: Instant): Promise<void> {
  await tx.execute(sql`delete from feed_reject where feed_id = ${feedId}`);
  const kept = content.rejects.slice(0, MAX_KEPT_REJECTS);
  if (kept.length === 0) return;
  const input = bulkRows(kept, {
    record: { type: "text", of: (r) => r.record.slice(0, 200) },
    reason: { type: "text", of: (r) => r.reason.slice(0, 500) },
  });
  await tx.execute(sql`
    insert into feed_reject (feed_id, record, reason, at)
    select ${feedId}, record, reason, ${formatInstant(now)}::timestamptz from ${input} i`);
}
