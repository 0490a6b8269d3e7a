import { appendFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { type Collect, isUrl, localPath, readSmall } from "../collect.ts";
import { parseJson } from "../parse-json.ts";
import { NO_VALIDATORS } from "../transport/index.ts";

const Manifest = z.record(z.string().regex(/^[0-9a-f-]{36}$/i, "its keys are no event ids"), z.object({ timestamp: z.coerce.number() }));
const Cursor = z.object({ since: z.number() });
/** Events that are fetched in one reading; the next one goes on. */
const MAX_EVENTS = 2_000;

/**
 * A MISP feed: manifest.json in a folder, and a file for each event that it names. Events are read once, and again when they change.
 * @see https://www.circl.lu/doc/misp/managing-feeds/
 */
export const collectMisp: Collect = async (collecting) => {
  const { feed, known, folder } = collecting;
  const written = feed.source.replace(/\/?(manifest\.json)?$/, "/");
  const base = isUrl(written) ? written : pathToFileURL(localPath(written)).href.replace(/\/?$/, "/");
  const manifest = Manifest.safeParse(parseJson(await readSmall(new URL("manifest.json", base).href, collecting)));
  if (!manifest.success) throw new Error(`manifest.json is none of a MISP feed: ${z.prettifyError(manifest.error).slice(0, 200)}`);
  const cursor = Cursor.safeParse(known.cursor === "" ? undefined : JSON.parse(known.cursor)).data;
  const due = Object.entries(manifest.data)
    .filter(([, { timestamp }]) => timestamp > (cursor?.since ?? -1))
    .sort(([, a], [, b]) => a.timestamp - b.timestamp)
    .slice(0, MAX_EVENTS);
  const last = due.at(-1)?.[1].timestamp;
  if (last === undefined) return undefined;
  const path = join(folder, "events.jsonl");
  const dispose = () => rm(path, { force: true });
  await writeFile(path, "", { mode: 0o600 });
  try {
    // One event a line, whatever it looks like, so that the reader tells the ones that cannot be read.
    for (const [uuid] of due)
      await appendFile(path, `${(await readSmall(new URL(`${uuid}.json`, base).href, collecting)).replace(/[\r\n]+/g, " ")}\n`);
  } catch (cause) {
    await dispose();
    throw cause;
  }
  return {
    paths: [path],
    validators: NO_VALIDATORS,
    checksum: "",
    cursor: JSON.stringify({ since: last }),
    whole: cursor === undefined,
    dispose,
  };
};
