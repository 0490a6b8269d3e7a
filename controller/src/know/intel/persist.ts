import { createHash } from "node:crypto";
import { formatInstant, type Instant } from "@breakwater/shared/core";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, queryRows } from "../../store/index.ts";
import { batches, bulkRows } from "../rows.ts";

import { canonicalName } from "./package-name.ts";
import { SignalWriter } from "./persist-signals.ts";
import { differentlyWithdrawn, putVulnerabilities } from "./persist-vulnerabilities.ts";
import type { AdvisoryRecord, AffectedRange, RejectRecord, SignalRecord, VulnerabilityRecord } from "./records.ts";
import { packagesNaming, packagesOfModules, packagesOfRelated } from "./related.ts";
import type { Spool } from "./spool.ts";
import { storedRanges } from "./stored-ranges.ts";

/** Rows in one statement: on PGlite a statement holds up the process for about 60 ms at this size. */
const BATCH = 5_000;
/** Versions of a list are only compared, most of them, and not stored: so many take about as long as a row. */
const LISTED_AS_ONE = 4;
/** Names that an event carries; a feed that changes more changes about everything. */
const MAX_NAMED = 1_000;

/** What a reading changed. null: more than is worth naming, so everything may be concerned. */
export interface FeedChanges {
  /** Packages of which advisories say something else than before, as advisories name them. */
  readonly packages: readonly string[] | null;
  /** Vulnerabilities of which signals or severity changed. */
  readonly vulnerabilities: readonly string[] | null;
  /** EPSS scores before and after, evenly taken of all, where they were asked for. */
  readonly moves: readonly ScoreMove[];
}

/** An EPSS score that was known before. */
export interface ScoreMove {
  readonly before: number;
  readonly after: number;
}

/** Names up to as many as are told, so that a feed of a million does not fill the memory. */
export class Names {
  private readonly known = new Set<string>();
  private overflow = false;
  add(names: Iterable<string>): void {
    for (const name of names) {
      if (this.overflow) return;
      this.known.add(name);
      if (this.known.size > MAX_NAMED) {
        this.overflow = true;
        this.known.clear();
      }
    }
  }
  /** Whether more were told than are kept: nothing that is added changes that. */
  get full(): boolean {
    return this.overflow;
  }
  get all(): readonly string[] | null {
    return this.overflow ? null : [...this.known].sort();
  }
}

export interface Replacing {
  /** Everything that the feed says: what it no longer says goes. False: only what is new in it. */
  readonly whole: boolean;
  /** Whether scores before and after are wanted. */
  readonly moves: boolean;
  /** See FeedAdapter. */
  readonly weight: number;
}

/**
 * Brings what is stored of a feed to what a reading says, in the caller's transaction, a batch at a time and writing only what is different.
 */
export async function replaceFeedContent(
  tx: Db,
  feedId: string,
  spool: Spool,
  now: Instant,
  { whole, moves, weight }: Replacing,
): Promise<FeedChanges> {
  await tx.execute(sql`create temporary table if not exists feed_seen (kind text, id text, primary key (kind, id)) on commit drop`);
  const packages = new Names();
  const vulnerabilities = new Names();
  const signals = new SignalWriter(tx, feedId, vulnerabilities, { moves, whole });
  let advised: AdvisoryRecord[] = [];
  let ranges = 0;
  let described: VulnerabilityRecord[] = [];
  let signalled: SignalRecord[] = [];
  const documents: string[] = [];
  const flushAdvisories = async () => {
    await putAdvisories(tx, feedId, advised, packages);
    vulnerabilities.add(
      await putVulnerabilities(
        tx,
        feedId,
        advised.flatMap((a) => a.vulnerabilities),
        [],
        weight,
      ),
    );
    advised = [];
    ranges = 0;
  };
  const flushDescribed = async () => {
    // One that was rejected is in no finding, and is in some again when it no longer is.
    const revived = packages.full ? [] : await differentlyWithdrawn(tx, described);
    vulnerabilities.add(await putVulnerabilities(tx, feedId, [], described, weight));
    packages.add(await packagesNaming(tx, revived));
    described = [];
  };
  const flushSignals = async () => {
    await signals.put(signalled);
    signalled = [];
  };
  for await (const { kind, record } of spool.records()) {
    if (kind === "advisory") {
      advised.push(record);
      ranges += record.affected.reduce((sum, r) => sum + 1 + (r.versions?.length ?? 0) / LISTED_AS_ONE, 0);
      if (ranges > BATCH || advised.length >= BATCH) await flushAdvisories();
    } else if (kind === "vulnerability") {
      if (described.push(record) >= BATCH) await flushDescribed();
    } else if (kind === "signal") {
      if (signalled.push(record) >= BATCH) await flushSignals();
    } else documents.push(record);
  }
  await flushAdvisories();
  await flushDescribed();
  await flushSignals();
  for (const part of whole ? [null] : batches(documents, BATCH)) await removeUnseen(tx, feedId, part, packages);
  if (whole) await signals.removeUnseen();
  await replaceRejects(tx, feedId, spool.rejects, now);
  await tx.execute(sql`drop table feed_seen`);
  return { packages: packages.all, vulnerabilities: vulnerabilities.all, moves: signals.moves };
}

const digestOf = (value: unknown) => createHash("sha1").update(JSON.stringify(value)).digest("base64url");
/** What an advisory means for packages; then what it is called and when it changed. */
const digestsOf = (a: AdvisoryRecord, ranges: readonly RangeRow[]) =>
  `${digestOf([a.withdrawn, a.vulnerabilities, a.aliases, a.module, ranges])} ${digestOf([a.summary, a.published, a.modified])}`;
const meaning = (digest: string) => digest.split(" ")[0];

type RangeRow = AffectedRange & { readonly advisoryId: string; readonly ordinal: number };

async function putAdvisories(tx: Db, feedId: string, advisories: readonly AdvisoryRecord[], packages: Names): Promise<void> {
  if (advisories.length === 0) return;
  // The first of several that go by one id counts.
  const byId = new Map([...advisories].reverse().map((a) => [a.id, a]));
  const seen = await queryRows(
    tx,
    z.object({ id: z.string() }),
    sql`insert into feed_seen (kind, id) select 'advisory', t.id from unnest(${sql.param([...byId.keys()])}::text[]) as t(id) on conflict do nothing returning id`,
  );
  const fresh = seen.flatMap(({ id }) => byId.get(id) ?? []).map((a) => ({ ...a, ranges: rangeRows(a) }));
  const given = fresh.map((a) => ({ ...a, digest: digestsOf(a, a.ranges) }));
  const before = new Map(
    (
      await queryRows(
        tx,
        z.object({ id: z.string(), digest: z.string(), aliases: z.array(z.string()), module: z.string().nullable() }),
        sql`select id, digest, aliases, module->>'name' as module from advisory where feed_id = ${feedId} and id = any(${sql.param(given.map((a) => a.id))}::text[])`,
      )
    ).map((r) => [r.id, r]),
  );
  const changed = given.filter((a) => before.get(a.id)?.digest !== a.digest);
  const moved = changed.filter((a) => meaning(before.get(a.id)?.digest ?? "") !== meaning(a.digest));
  await removeRanges(
    tx,
    feedId,
    moved.filter((a) => before.has(a.id)).map((a) => a.id),
    packages,
  );
  packages.add(moved.flatMap((a) => a.ranges.map((r) => r.package)));
  if (changed.length > 0) {
    const input = bulkRows(changed, {
      id: { type: "text", of: (a) => a.id },
      summary: { type: "text", of: (a) => a.summary },
      published: { type: "timestamptz", of: (a) => a.published },
      modified: { type: "timestamptz", of: (a) => a.modified },
      withdrawn: { type: "boolean", of: (a) => a.withdrawn },
      vulnerabilities: { type: "jsonb", of: (a) => JSON.stringify(a.vulnerabilities) },
      aliases: { type: "jsonb", of: (a) => JSON.stringify(a.aliases ?? []) },
      module: { type: "jsonb", of: (a) => (a.module ? JSON.stringify(a.module) : null) },
      digest: { type: "text", of: (a) => a.digest },
    });
    await tx.execute(sql`
      insert into advisory (feed_id, id, summary, published, modified, withdrawn, vulnerabilities, aliases, module, digest)
      select ${feedId}, i.* from ${input} i
      on conflict (feed_id, id) do update set summary = excluded.summary, published = excluded.published, modified = excluded.modified,
        withdrawn = excluded.withdrawn, vulnerabilities = excluded.vulnerabilities, aliases = excluded.aliases, module = excluded.module,
        digest = excluded.digest`);
  }
  for (const part of batches(
    moved.flatMap((a) => a.ranges),
    BATCH,
  )) {
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
      channel: { type: "text", of: (r) => r.channel ?? "" },
      is_binary: { type: "boolean", of: (r) => r.binary ?? false },
      architectures: { type: "text", of: (r) => r.architectures ?? "" },
    });
    await tx.execute(sql`
      insert into advisory_range
        (feed_id, advisory_id, distribution, ecosystem, package, ordinal, introduced, fixed, last_affected, urgency, channel,
         is_binary, architectures)
      select ${feedId}, i.* from ${input} i on conflict do nothing`);
  }
  await addConcerned(tx, packages, [
    ...moved.map((a) => ({ id: a.id, aliases: a.aliases ?? [], module: a.module?.name ?? null })),
    ...moved.flatMap((a) => before.get(a.id) ?? []),
  ]);
}

/** Names what else changed records can concern: what they are about is named, and others may be judged by what these tell. */
async function addConcerned(
  tx: Db,
  packages: Names,
  changed: readonly { readonly id: string; readonly aliases: readonly string[]; readonly module: string | null }[],
): Promise<void> {
  if (packages.full || changed.length === 0) return;
  packages.add(await packagesOfRelated(tx, [...new Set(changed.flatMap((a) => [a.id, ...a.aliases]))]));
  packages.add(await packagesOfModules(tx, [...new Set(changed.flatMap((a) => a.module ?? []))]));
}

async function removeRanges(tx: Db, feedId: string, advisoryIds: readonly string[], packages: Names): Promise<void> {
  if (advisoryIds.length === 0) return;
  const rows = await queryRows(
    tx,
    z.object({ package: z.string() }),
    sql`with gone as (delete from advisory_range where feed_id = ${feedId} and advisory_id = any(${sql.param([...advisoryIds])}::text[]) returning package)
      select distinct package from gone`,
  );
  packages.add(rows.map((r) => r.package));
}

/** Removes what the reading did not tell of: of the whole feed, or of the documents that it read. */
async function removeUnseen(tx: Db, feedId: string, documents: readonly string[] | null, packages: Names): Promise<void> {
  const within = documents === null ? sql`` : sql` and split_part(a.id, '/', 1) = any(${sql.param([...documents])}::text[])`;
  const rows = await queryRows(
    tx,
    z.object({ id: z.string(), aliases: z.array(z.string()), module: z.string().nullable() }),
    sql`select a.id, a.aliases, a.module->>'name' as module from advisory a where a.feed_id = ${feedId}${within}
      and not exists (select 1 from feed_seen s where s.kind = 'advisory' and s.id = a.id)`,
  );
  for (const part of batches(rows, BATCH)) {
    await addConcerned(tx, packages, part);
    const ids = part.map((r) => r.id);
    await removeRanges(tx, feedId, ids, packages);
    await tx.execute(sql`delete from advisory where feed_id = ${feedId} and id = any(${sql.param(ids)}::text[])`);
  }
}

const rangeRows = (advisory: AdvisoryRecord): RangeRow[] =>
  storedRanges(advisory.affected).map((range, ordinal) => ({
    ...range,
    package: canonicalName(range.ecosystem, range.package),
    advisoryId: advisory.id,
    ordinal,
  }));

async function replaceRejects(tx: Db, feedId: string, rejects: readonly RejectRecord[], now: Instant): Promise<void> {
  await tx.execute(sql`delete from feed_reject where feed_id = ${feedId}`);
  if (rejects.length === 0) return;
  const input = bulkRows(rejects, {
    record: { type: "text", of: (r) => r.record },
    reason: { type: "text", of: (r) => r.reason },
  });
  await tx.execute(sql`
    insert into feed_reject (feed_id, record, reason, at)
    select ${feedId}, record, reason, ${formatInstant(now)}::timestamptz from ${input} i`);
}
