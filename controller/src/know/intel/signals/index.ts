import { Readable } from "node:stream";
import { parse } from "csv-parse";
import { z } from "zod";
import { headOf, linesOf } from "../bytes.ts";
import { Chatter } from "../chatter.ts";
import type { FeedConfig, SignalMapping } from "../feed-config.ts";
import { jsonDocuments, LargePart } from "../json-documents.ts";
import { CVE_ID, type FeedSink, feedMoment } from "../records.ts";

const MAX_LINE_BYTES = 256 * 1024;
const ROWS_AT_ONCE = 2_000;

/**
 * Any table of reports, as CSV with a header, a JSON list or JSON lines: the feed's mapping says which column holds what. A row may name several CVEs.
 */
export async function readSignals(path: string, sink: FeedSink, feed: FeedConfig): Promise<void> {
  const { mapping } = feed;
  if (!mapping)
    throw new Error("a feed of kind signals needs a mapping: { vulnerability: COLUMN, date: COLUMN, name: COLUMN, id: COLUMN }");
  const chatter = new Chatter();
  let number = 0;
  let named = 0;
  const isJson = /^[\s\ufeff]*[{[]/.test((await headOf(path, 64)).toString("utf8"));
  for await (const { row, record } of isJson ? jsonRows(path, mapping, sink) : csvRows(path, sink)) {
    number++;
    if (takeRow(row, mapping, number, chatter)) named++;
    else sink.reject(record || `row ${number}`, `no CVE in ${mapping.vulnerability}`);
    if (number % ROWS_AT_ONCE === 0) await sink.ready();
  }
  if (number > 0 && named === 0) throw new Error(`no row names a CVE in ${mapping.vulnerability}: is the mapping right?`);
  chatter.tell(sink);
}

function takeRow(row: unknown, mapping: SignalMapping, number: number, chatter: Chatter): boolean {
  const text = (path: string | undefined): string => {
    const value = path === undefined ? undefined : at(row, path);
    return typeof value === "string"
      ? value
      : typeof value === "number"
        ? String(value)
        : Array.isArray(value)
          ? value.filter((v) => typeof v === "string").join(" ")
          : "";
  };
  const cves = (
    text(mapping.vulnerability)
      .toUpperCase()
      .match(/CVE-\d{4}-\d{4,}/g) ?? []
  ).filter((id) => CVE_ID.test(id));
  const moment = text(mapping.date);
  const date = feedMoment(/^\d{9,10}$/.test(moment) ? new Date(Number(moment) * 1_000).toISOString() : moment);
  for (const cve of cves) chatter.add(cve, text(mapping.id) || `${text(mapping.name)} ${date ?? number}`, text(mapping.name), date);
  return cves.length > 0;
}

/** "a.b" is b in a; a column of that very name comes first. */
function at(row: unknown, path: string): unknown {
  const own = (value: unknown, key: string): unknown =>
    typeof value === "object" && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
  return own(row, path) ?? path.split(".").reduce(own, row);
}

async function* jsonRows(
  path: string,
  mapping: SignalMapping,
  sink: FeedSink,
): AsyncGenerator<{ readonly row: unknown; readonly record: string }> {
  for await (const documents of jsonDocuments(path))
    for (const { name, parse: parsed } of documents)
      try {
        const value = parsed();
        if (value instanceof LargePart) {
          if (mapping.rows === undefined || value.key === mapping.rows) yield { row: value.value, record: name };
          continue;
        }
        const rows = mapping.rows === undefined || name !== "" ? value : at(value, mapping.rows);
        if (Array.isArray(rows)) for (const [i, row] of rows.entries()) yield { row, record: `row ${i + 1}` };
        else if (rows === undefined) throw new Error(`there is no ${mapping.rows} in it`);
        else yield { row: rows, record: name };
      } catch (cause) {
        if (name === "") throw cause;
        sink.reject(name, cause instanceof Error ? cause.message : String(cause));
      }
}

async function* csvRows(path: string, sink: FeedSink): AsyncGenerator<{ readonly row: unknown; readonly record: string }> {
  async function* bounded() {
    let number = 0;
    for await (const { text } of linesOf(path, MAX_LINE_BYTES)) {
      number++;
      if (text === undefined) sink.reject(`line ${number}`, `longer than ${MAX_LINE_BYTES} bytes`);
      else yield `${text}\n`;
    }
  }
  const rows = Readable.from(bounded()).pipe(
    parse({
      columns: true,
      relax_column_count: true,
      relax_quotes: true,
      bom: true,
      skip_empty_lines: true,
      comment: "#",
      comment_no_infix: true,
    }),
  );
  for await (const row of rows) yield { row: z.record(z.string(), z.string()).parse(row), record: "" };
}
