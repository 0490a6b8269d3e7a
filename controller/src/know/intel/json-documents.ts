import { stat } from "node:fs/promises";
import { headOf, isZip, linesOf, MAX_DOCUMENT_BYTES, TooLarge, wholeOf } from "./bytes.ts";
import { jsonParts } from "./json-values.ts";
import { parseJson } from "./parse-json.ts";
import { isTar, tarEntries } from "./tar.ts";
import { zipEntries } from "./zip.ts";

/** One JSON document of a feed: an archive's entry, an element of a list, a line, or the whole file. */
export interface JsonDocument {
  readonly name: string;
  /** @throws Error when it is no JSON, too large, or damaged */
  parse(): unknown;
}

/** The largest single record: a vendor's advisory on a kernel is some 10 MB. */
const MAX_RECORD_BYTES = 32 * 1024 * 1024;
/** Records between two chances for the reader to wait. */
const AT_ONCE = 100;

/**
 * Every JSON document in a file, in lists of some: the entries of a zip archive that are named .json, the elements of a list, lines, or the file
 * itself. Whatever the file's size, no more than a batch of documents is in memory at a time.
 * @throws Error when the file is cut short or is none of these
 */
export async function* jsonDocuments(path: string): AsyncGenerator<readonly JsonDocument[]> {
  if (await isZip(path)) {
    for await (const entries of zipEntries(path))
      yield entries.filter((e) => /\.json$/i.test(e.name)).map(({ name, bytes }) => ({ name, parse: () => parseJson(bytes()) }));
    return;
  }
  if (await isTar(path)) {
    for await (const { name, bytes } of tarEntries(path, MAX_RECORD_BYTES))
      if (/\.json$/i.test(name)) yield [{ name, parse: () => parseJson(within(bytes)) }];
    return;
  }
  const bytes = await smallBytes(path);
  if (bytes) yield* small(bytes);
  else if (await isLines(path)) yield* batched(lines(path));
  else yield* batched(parts(path));
}

/** All of a file that can be read as one; how much a packed one holds is seen on the way. */
async function smallBytes(path: string): Promise<Buffer | undefined> {
  if ((await stat(path)).size > MAX_DOCUMENT_BYTES) return undefined;
  try {
    return await wholeOf(path);
  } catch (cause) {
    if (cause instanceof TooLarge) return undefined;
    throw cause;
  }
}

async function* small(bytes: Buffer): AsyncGenerator<readonly JsonDocument[]> {
  let value: unknown;
  try {
    value = parseJson(bytes);
  } catch (cause) {
    const rows = bytes
      .toString("utf8")
      .split("\n")
      .filter((l) => l.trim() !== "");
    if (rows.length < 2 || !parses(rows[0] ?? "")) throw cause;
    yield rows.map((row, i) => ({ name: `line ${i + 1}`, parse: () => parseJson(row) }));
    return;
  }
  yield Array.isArray(value)
    ? value.map((element: unknown, i) => ({ name: `record ${i + 1}`, parse: () => element }))
    : [{ name: "", parse: () => value }];
}

async function* lines(path: string): AsyncGenerator<JsonDocument> {
  let number = 0;
  for await (const { text } of linesOf(path, MAX_RECORD_BYTES)) {
    number++;
    if (text?.trim() !== "") yield { name: `line ${number}`, parse: () => parseJson(within(text)) };
  }
}

/** Parts of one large object stand as documents of their own: `{KEY: VALUE}`, or `{KEY: [VALUE]}` as the feed would write a short one. */
async function* parts(path: string): AsyncGenerator<JsonDocument> {
  let number = 0;
  const isList = /^[\s\ufeff]*\[/.test((await headOf(path, 64)).toString("utf8"));
  for await (const { key, text } of jsonParts(path, MAX_RECORD_BYTES)) {
    number++;
    const name = key ? `${key} ${number}` : `record ${number}`;
    yield { name, parse: () => (isList ? parseJson(within(text)) : new LargePart(key, parseJson(within(text)))) };
  }
  if (number === 0) throw new Error(`it has more than ${MAX_DOCUMENT_BYTES} bytes and holds no records`);
}

/** A member of the outermost object of a document that is too large to be parsed as one. */
export class LargePart {
  readonly key: string;
  readonly value: unknown;
  constructor(key: string, value: unknown) {
    this.key = key;
    this.value = value;
  }
}

async function* batched<T>(items: AsyncIterable<T>): AsyncGenerator<readonly T[]> {
  let batch: T[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < AT_ONCE) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

async function isLines(path: string): Promise<boolean> {
  const head = (await headOf(path, 1024 * 1024)).toString("utf8");
  const end = head.indexOf("\n");
  return end > 0 && head.startsWith("{") && parses(head.slice(0, end));
}

function within<T>(text: T | undefined): T {
  if (text === undefined) throw new Error(`larger than ${MAX_RECORD_BYTES} bytes`);
  return text;
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
