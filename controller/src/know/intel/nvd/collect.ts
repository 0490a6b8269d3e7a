import { join } from "node:path";
import { z } from "zod";
import { type Collect, collectDocument, isUrl } from "../collect.ts";
import { NO_VALIDATORS } from "../transport/index.ts";
import { dropPartial, keepPage, type Partial, readPartial } from "./partial.ts";

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
 * The API page by page: everything the first time, then what was modified since; what was interrupted goes on where it was. A file by year is one document, held against the checksum
 * that NVD publishes beside it.
 */
export const collectNvd: Collect = async (collecting) => {
  const { feed, known, transport, folder, now, stop, told } = collecting;
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
  const of = JSON.stringify({ source: feed.source, cursor: known.cursor });
  const partial = (await readPartial(folder, of, now)) ?? { of, answeredAt: "", beganAt: now, stretches: stretches(since, now), pages: [] };
  const { pages } = partial;
  const dispose = () => dropPartial(folder, partial);
  let asking = false;
  try {
    for (let next = nextPage(partial), asked = 0; next; next = nextPage(partial), asked++) {
      told({ done: next.before, total: Math.max(next.before, next.known) });
      if (pages.length >= MAX_PAGES) throw new Error(`more than ${MAX_PAGES} pages`);
      const url = new URL(feed.source);
      for (const [key, value] of Object.entries({ ...partial.stretches[next.stretch], startIndex: String(next.index) }))
        url.searchParams.set(key, value);
      asking = true;
      if (asked > 0) await transport.pause(pause, stop);
      const text = await transport.text(url.href, headers, stop);
      asking = false;
      const head = Head.safeParse(JSON.parse(text));
      if (!head.success) throw new Error("the answer is no page of the API 2.0");
      const { resultsPerPage, totalResults: total, timestamp } = head.data;
      // The last page may name what a page can hold instead of what it holds.
      const entries = Math.max(0, Math.min(resultsPerPage, total - next.index));
      if (entries === 0 && next.index < total) throw new Error(`page at ${next.index} of ${total} is empty`);
      partial.answeredAt ||= timestamp;
      await keepPage(folder, partial, { stretch: next.stretch, upTo: next.index + entries, total, entries }, text);
    }
  } catch (cause) {
    // A server that is away, or our own stop: what has come is good, and the next reading goes on behind it. What is wrong in itself is not kept.
    if (!asking) {
      await dispose();
      told(null);
    }
    throw cause;
  }
  if (since !== undefined && pages.every(({ entries }) => entries === 0)) {
    await dispose();
    return undefined;
  }
  const at = Date.parse(`${partial.answeredAt}Z`);
  const cursorNow = JSON.stringify({ since: new Date(Number.isNaN(at) ? partial.beganAt : at).toISOString() });
  const paths = pages.map(({ name }) => join(folder, name));
  return { paths, validators: NO_VALIDATORS, checksum: "", cursor: cursorNow, whole: since === undefined, dispose };
};

/** The page that comes behind those that are there; `before` entries have come, of `known` as far as the stretches say. */
function nextPage({ stretches, pages }: Partial): { stretch: number; index: number; before: number; known: number } | undefined {
  const before = pages.reduce((sum, page) => sum + page.entries, 0);
  const known = stretches.reduce((sum, _, i) => sum + (pages.findLast((page) => page.stretch === i)?.total ?? 0), 0);
  const last = pages.at(-1);
  if (!last) return stretches.length > 0 ? { stretch: 0, index: 0, before, known } : undefined;
  if (last.upTo < last.total) return { stretch: last.stretch, index: last.upTo, before, known };
  return last.stretch + 1 < stretches.length ? { stretch: last.stretch + 1, index: 0, before, known } : undefined;
}

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
