import { join } from "node:path";
import { fail, formatInstant, type Instant, ok, type Result } from "@breakwater/shared/core";
import { eq } from "drizzle-orm";
import { type Db, recordEvents, type Store, schema } from "../../../store/index.ts";
import { groupBy } from "../../rows.ts";
import { linesOf } from "../bytes.ts";
import { replaceFeedContent } from "../persist.ts";
import { putVulnerabilities } from "../persist-vulnerabilities.ts";
import { type Spool, SpoolWriter } from "../spool.ts";
import { type BundledFeed, type BundleHeader, MAX_LINE_BYTES } from "./format.ts";
import type { BundleLine, DescribedRow } from "./write.ts";

/** What an import came to. */
export interface BundleImport {
  readonly createdAt: string;
  readonly signedBy: string;
  readonly feeds: { readonly id: string; readonly taken: boolean; readonly records: number; readonly lastSuccessAt: string }[];
}

/** A clock may run ahead; more than this is no honest date. */
const MAX_AHEAD_MS = 48 * 3_600_000;
const BATCH = 5_000;

/**
 * Takes from a verified bundle every feed that is newer in it than here. A bundle of which none is newer is refused: it may have been kept to bring
 * back an old state of knowledge.
 */
export async function takeBundle(
  store: Store,
  path: string,
  { header, signedBy }: { readonly header: BundleHeader; readonly signedBy: string },
  now: Instant,
  folder: string,
): Promise<Result<BundleImport>> {
  const refuse = (message: string, next: string) => fail({ code: "bundle-refused", message, next });
  const created = Date.parse(header.createdAt);
  if (Number.isNaN(created) || created > now + MAX_AHEAD_MS)
    return refuse(
      `The bundle says that it was made at ${header.createdAt.slice(0, 40)}, which is to come.`,
      "Check this controller's clock and the exporting site's.",
    );
  const held = new Map(
    (await store.db.select().from(schema.feed)).map((row) => [
      row.id,
      row.lastSuccessAt ? Date.parse(row.lastSuccessAt) : Number.NEGATIVE_INFINITY,
    ]),
  );
  const newer = new Set(
    header.feeds.filter((f) => Date.parse(f.lastSuccessAt) > (held.get(f.id) ?? Number.NEGATIVE_INFINITY)).map((f) => f.id),
  );
  if (newer.size === 0)
    return refuse(
      `The bundle of ${header.createdAt.slice(0, 16).replace("T", " ")} UTC holds nothing that is newer than what is known here.`,
      "Nothing was taken from it. Export a new one where the feeds are read.",
    );
  const feeds = new Map(header.feeds.map((f) => [f.id, f]));
  let writer: SpoolWriter | undefined;
  let current: BundledFeed | undefined;
  let described: DescribedRow[] = [];
  const finish = async () => {
    if (!writer || !current) return;
    const spool = writer.finish();
    const feed = current;
    writer = undefined;
    current = undefined;
    try {
      await store.db.transaction((tx) => keepFeed(tx, feed, spool, header, now));
    } finally {
      await spool.dispose();
    }
  };
  const describe = async () => {
    for (const [key, rows] of groupBy(described, (d) => `${d.weight} ${d.withdrawn ? d.withdrawnBy : "bundle"}`)) {
      const [weight = "0", by = ""] = key.split(" ");
      await store.db.transaction((tx) => putVulnerabilities(tx, by, [], rows, Number(weight)));
    }
    described = [];
  };
  try {
    let first = true;
    for await (const { text } of linesOf(path, MAX_LINE_BYTES)) {
      if (first) {
        first = false;
        continue;
      }
      const entry = JSON.parse(text ?? "") as BundleLine | { readonly kind?: undefined };
      if (entry.kind === "feed") {
        await finish();
        await describe();
        current = newer.has(entry.record) ? feeds.get(entry.record) : undefined;
        if (current) writer = new SpoolWriter(join(folder, "bundle-spool"));
      } else if (entry.kind === "advisory") writer?.advisory(entry.record);
      else if (entry.kind === "signal") writer?.signal(entry.record);
      else if (entry.kind === "described" && described.push(entry.record) >= BATCH) await describe();
    }
    await finish();
    await describe();
  } finally {
    await writer?.abandon();
  }
  return ok({
    createdAt: header.createdAt,
    signedBy,
    feeds: header.feeds.map(({ id, records, lastSuccessAt }) => ({ id, records, lastSuccessAt, taken: newer.has(id) })),
  });
}

async function keepFeed(tx: Db, feed: BundledFeed, spool: Spool, header: BundleHeader, now: Instant): Promise<void> {
  const { id, kind } = feed;
  const source = `bundle:${header.createdAt}`;
  await tx.insert(schema.feed).values({ id, kind, source }).onConflictDoNothing();
  const changes = await replaceFeedContent(tx, id, spool, now, { whole: true, moves: false, weight: 0 });
  const values = {
    ...{ kind, source, etag: "", lastModified: "", cursor: "", checksum: "", lastProblem: "", rejects: 0 },
    ...{
      lastSuccessAt: feed.lastSuccessAt,
      lastAttemptAt: formatInstant(now),
      dated: feed.dated,
      records: feed.records,
      modelVersion: feed.modelVersion,
    },
  };
  await tx.update(schema.feed).set(values).where(eq(schema.feed.id, id));
  await recordEvents(tx, [
    {
      at: now,
      type: "intel.changed",
      actor: "intel",
      subject: `feed:${id}`,
      data: {
        kind,
        records: feed.records,
        rejects: 0,
        bundle: header.createdAt,
        packages: changes.packages,
        vulnerabilities: changes.vulnerabilities,
      },
    },
  ]);
}
