import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type Collect, collectDocument, isUrl } from "../collect.ts";
import { NO_VALIDATORS } from "../transport/index.ts";

const Cursor = z.object({ since: z.string() });
const Head = z.object({
  totalResults: z.number().int().nonnegative(),
  resultsPerPage: z.number().int().nonnegative(),
  timestamp: z.string(),
});

const DAY_MS = 86_400_000;
/** The longest stretch that the API answers for. */
const MAX_STRETCH_MS = 119 * DAY_MS;
/** Five requests in 30 s are free, fifty with a key. @see https://nvd.nist.gov/developers/start-here */
const PAUSE_MS = 6_000;
const PAUSE_WITH_KEY_MS = 600;
const MAX_PAGES = 1_000;
/** What was changed while the last reading went on is asked for once more. */
const OVERLAP_MS = 3_600_000;

/**
 * The API page by page: everything the first time, then what was modified since. A file by year is one document, held against the checksum
 * that NVD publishes beside it.
 */
export const collectNvd: Collect = async (collecting) => {
  const { feed, known, transport, folder, now, stop } = collecting;
  if (!isUrl(feed.source) || !/\/cves\/2\.0\/?(\?|$)/.test(feed.source)) {
    const meta =
      /\/nvdcve-2\.0-\w+\.json(\.gz)?$/.test(feed.source) && isUrl(feed.source)
        ? feed.source.replace(/\.json(\.gz)?$/, ".meta")
        : undefined;
    return collectDocument(meta && !feed.checksum ? { ...collecting, feed: { ...feed, checksum: meta } } : collecting);
  }
  const cursor = Cursor.safeParse(known.cursor === "" ? undefined : JSON.parse(known.cursor));
  const since = cursor.success ? Date.parse(cursor.data.since) - OVERLAP_MS : undefined;
  const headers = feed.headers ?? {};
  const pause = Object.keys(headers).some((h) => h.toLowerCase() === "apikey") ? PAUSE_WITH_KEY_MS : PAUSE_MS;
  const paths: string[] = [];
  const dispose = async () => void (await Promise.all(paths.map((path) => rm(path, { force: true }))));
  let at: string | undefined;
  let found = 0;
  try {
    for (const stretch of stretches(since, now)) {
      let index = 0;
      for (let total = 1; index < total; ) {
        if (paths.length >= MAX_PAGES) throw new Error(`more than ${MAX_PAGES} pages`);
        if (paths.length > 0) await transport.pause(pause, stop);
        const url = new URL(feed.source);
        for (const [key, value] of Object.entries({ ...stretch, startIndex: String(index) })) url.searchParams.set(key, value);
        const text = await transport.text(url.href, headers, stop);
        const head = Head.safeParse(JSON.parse(text));
        if (!head.success) throw new Error("the answer is no page of the API 2.0");
        at ??= head.data.timestamp;
        total = head.data.totalResults;
        const path = join(folder, `page-${paths.length}.json`);
        paths.push(path);
        await writeFile(path, text, { mode: 0o600 });
        found += head.data.resultsPerPage;
        index += head.data.resultsPerPage;
        if (head.data.resultsPerPage === 0 && index < total) throw new Error(`page at ${index} of ${total} is empty`);
      }
    }
  } catch (cause) {
    await dispose();
    throw cause;
  }
  if (since !== undefined && found === 0) {
    await dispose();
    return undefined;
  }
  const cursorNow = JSON.stringify({
    since: new Date(at && !Number.isNaN(Date.parse(`${at}Z`)) ? Date.parse(`${at}Z`) : now).toISOString(),
  });
  return { paths, validators: NO_VALIDATORS, checksum: "", cursor: cursorNow, whole: since === undefined, dispose };
};

/** What to ask for: all, or one stretch after another up to now. */
function stretches(since: number | undefined, now: number): Record<string, string>[] {
  if (since === undefined) return [{}];
  const found: Record<string, string>[] = [];
  for (let from = since; from < now; from += MAX_STRETCH_MS)
    found.push({
      lastModStartDate: new Date(from).toISOString(),
      lastModEndDate: new Date(Math.min(now, from + MAX_STRETCH_MS)).toISOString(),
    });
  return found;
}
