import { appendFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type Collect, collectDocument, isUrl } from "../collect.ts";
import { MAX_DOWNLOAD_BYTES, NO_VALIDATORS } from "../transport/index.ts";

const Envelope = z.object({ more: z.boolean().default(false), next: z.string().optional(), objects: z.array(z.unknown()).default([]) });
const Cursor = z.object({ since: z.string() });
const MAX_PAGES = 20_000;
const MAX_OBJECTS = 5_000_000;
const MAX_BYTES = MAX_DOWNLOAD_BYTES;

/**
 * A TAXII 2.1 collection, by the address of its objects (".../collections/ID/objects/"): all of it at first, then what was added since. Any other
 * source is one file.
 * @see https://docs.oasis-open.org/cti/taxii/v2.1/os/taxii-v2.1-os.html#_Toc31107537
 */
export const collectTaxii: Collect = async (collecting) => {
  const { feed, known, transport, folder, now, stop } = collecting;
  if (!isUrl(feed.source) || !/\/collections\/[^/]+\/objects\/?(\?|$)/.test(feed.source)) return collectDocument(collecting);
  const cursor = Cursor.safeParse(known.cursor === "" ? undefined : JSON.parse(known.cursor));
  const headers = { accept: "application/taxii+json;version=2.1", ...feed.headers };
  const path = join(folder, "objects.jsonl");
  const dispose = () => rm(path, { force: true });
  await writeFile(path, "", { mode: 0o600 });
  let objects = 0;
  let bytes = 0;
  let next: string | undefined;
  const been = new Set<string>();
  let last: string | undefined;
  try {
    for (let page = 0; ; page++) {
      if (page >= MAX_PAGES) throw new Error(`more than ${MAX_PAGES} pages`);
      const url = new URL(feed.source);
      if (cursor.success) url.searchParams.set("added_after", cursor.data.since);
      if (next !== undefined) url.searchParams.set("next", next);
      const answer = await transport.read(url.href, headers, stop);
      const envelope = Envelope.safeParse(answer.text === "" ? {} : JSON.parse(answer.text));
      if (!envelope.success) throw new Error("the answer is no TAXII envelope");
      const given = envelope.data.objects;
      objects += given.length;
      if (objects > MAX_OBJECTS) throw new Error(`more than ${MAX_OBJECTS} objects`);
      const lines = given.map((o) => `${JSON.stringify(o)}\n`).join("");
      bytes += Buffer.byteLength(lines);
      if (bytes > MAX_BYTES) throw new Error(`more than ${MAX_BYTES} bytes`);
      if (given.length > 0) await appendFile(path, lines);
      last = answer.headers.get("x-taxii-date-added-last") ?? last;
      if (!envelope.data.more) break;
      if (!envelope.data.next || envelope.data.next === next) throw new Error("the server has more and does not say where it goes on");
      next = envelope.data.next;
      if (been.has(next)) throw new Error("the server goes round: it names a page again that it has given");
      been.add(next);
    }
  } catch (cause) {
    await dispose();
    throw cause;
  }
  if (objects === 0 && cursor.success) {
    await dispose();
    return undefined;
  }
  const since = last && !Number.isNaN(Date.parse(last)) ? last : new Date(now).toISOString();
  return {
    paths: objects === 0 ? [] : [path],
    validators: NO_VALIDATORS,
    checksum: "",
    cursor: JSON.stringify({ since }),
    whole: !cursor.success,
    dispose,
  };
};
