import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse as parseCsv } from "csv-parse/sync";
import { z } from "zod";
import { type Collect, type Collected, type Collecting, collectDocument, hasSignature, isUrl, readChecksum } from "../collect.ts";
import { feedMoment } from "../records.ts";
import { download, NO_VALIDATORS, sha256Of } from "../transport/index.ts";

/** Documents that are fetched in one reading; the next one goes on. */
const MAX_DOCUMENTS = 2_000;
const AT_ONCE = 4;
const DAY_MS = 86_400_000;

const Cursor = z.object({ since: z.string() });

/**
 * A publisher's folder (an address that ends with a slash): its archive first, where it offers one, then what its list of changes names since.
 * Any other source is one document or archive.
 * @see https://docs.oasis-open.org/csaf/csaf/v2.0/os/csaf-v2.0-os.html#7113-requirement-13-changescsv
 */
export const collectCsaf: Collect = async (collecting) => {
  const { feed, known } = collecting;
  if (!isUrl(feed.source) || !feed.source.endsWith("/")) return collectDocument(collecting);
  const cursor = Cursor.safeParse(known.cursor === "" ? undefined : JSON.parse(known.cursor));
  return (cursor.success ? undefined : await archive(collecting)) ?? changes(collecting, cursor.data?.since ?? "");
};

/** Red Hat's folders name their archive of everything in archive_latest.txt. */
async function archive(collecting: Collecting): Promise<Collected | undefined> {
  const { feed, transport, folder, stop } = collecting;
  const name = (await optional(() => transport.text(new URL("archive_latest.txt", feed.source).href, feed.headers, stop)))?.trim();
  if (!name || !/^[\w.-]+$/.test(name)) return undefined;
  const path = join(folder, "archive");
  const url = new URL(name, feed.source).href;
  const validators = await download(transport, url, path, NO_VALIDATORS, { stop, ...(feed.headers ? { headers: feed.headers } : {}) });
  const dispose = () => rm(path, { force: true });
  const checksum = await sha256Of(path);
  const declared = readChecksum((await optional(() => transport.text(`${url}.sha256`, feed.headers, stop))) ?? "");
  if (declared && declared !== checksum) {
    await dispose();
    throw new Error(`the SHA-256 of ${name} is ${checksum}, and its publisher says ${declared}`);
  }
  const signed = await hasSignature(feed, path, () => transport.text(`${url}.asc`, feed.headers, stop)).catch(async (cause: unknown) => {
    await dispose();
    throw cause;
  });
  // What was published on the day of the archive may or may not be in it.
  const day = Date.parse(/\d{4}-\d{2}-\d{2}/.exec(name)?.[0] ?? "");
  const since = new Date((Number.isNaN(day) ? collecting.now : day) - DAY_MS).toISOString();
  return {
    paths: [path],
    validators: validators ?? NO_VALIDATORS,
    checksum,
    cursor: JSON.stringify({ since }),
    whole: true,
    signed,
    dispose,
  };
}

async function changes(collecting: Collecting, since: string): Promise<Collected | undefined> {
  const { feed, transport, folder, stop } = collecting;
  const list = (name: string) => transport.text(new URL(name, feed.source).href, feed.headers, stop);
  const changed = rowsOf(await list("changes.csv")).filter((row) => row.at > since);
  const deleted = rowsOf((await optional(() => list("deletions.csv"))) ?? "").filter((row) => row.at > since);
  const due = changed.sort((a, b) => (a.at < b.at ? -1 : 1)).slice(0, MAX_DOCUMENTS);
  if (due.length === 0 && deleted.length === 0) return undefined;
  const paths: string[] = [];
  const dispose = async () => void (await Promise.all(paths.map((path) => rm(path, { force: true }))));
  try {
    for (let i = 0; i < due.length; i += AT_ONCE)
      await Promise.all(
        due.slice(i, i + AT_ONCE).map(async ({ file }, n) => {
          const path = join(folder, `document-${i + n}.json`);
          paths.push(path);
          const url = new URL(file, feed.source).href;
          await writeFile(path, await transport.text(url, feed.headers, stop), { mode: 0o600 });
          await hasSignature(feed, path, () => transport.text(`${url}.asc`, feed.headers, stop)).catch((cause: unknown) => {
            throw new Error(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`);
          });
        }),
      );
  } catch (cause) {
    await dispose();
    throw cause;
  }
  const gone = deleted.filter((row) => !due.some((d) => d.file === row.file)).map((row) => idOf(row.file));
  const cursor = JSON.stringify({
    since:
      due.at(-1)?.at ??
      deleted
        .map((row) => row.at)
        .sort()
        .at(-1) ??
      since,
  });
  return { paths, validators: NO_VALIDATORS, checksum: "", cursor, whole: false, signed: feed.signedBy !== undefined, gone, dispose };
}

/** Rows of a file and a moment, without those whose file leads elsewhere. */
function rowsOf(text: string): { readonly file: string; readonly at: string }[] {
  return (parseCsv(text, { bom: true, skip_empty_lines: true, relax_column_count: true }) as string[][]).flatMap(([file = "", moment]) => {
    const at = feedMoment(moment);
    return at !== null && /^(?:[\w.-]+\/)*[\w.-]+\.json$/.test(file) && !file.includes("..") ? [{ file, at }] : [];
  });
}

/** The document that a file carries: "2024/rhsa-2024_1234.json" is RHSA-2024:1234. */
const idOf = (file: string) =>
  (file.split("/").at(-1) ?? "")
    .replace(/\.json$/, "")
    .toUpperCase()
    .replace("_", ":");

/** What a publisher may leave out. */
async function optional<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof Error && / 40[34]\b/.test(cause.message)) return undefined;
    throw cause;
  }
}
