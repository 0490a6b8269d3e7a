import { fail, ok, type Result } from "@breakwater/shared/core";
import { type CsvError, parse } from "csv-parse";
import { printable } from "../printable.ts";
import { cmdbProblem } from "./problems.ts";

export type CmdbFormat = "csv" | "json";
/** An export of some ten thousand machines with a list of their software. */
export const MAX_CMDB_BYTES = 32 * 1024 * 1024;
const MAX_ROWS = 1_000_000;
const MAX_COLUMNS = 500;
const MAX_CELL = 4_000;
/** Of one cell that holds a list: addresses, or all software of a machine. */
const MAX_VALUES = 5_000;
const MAX_LIST_CELL = 512 * 1024;
/** How deep objects are followed in JSON: `primary_ip4.address`, `interfaces.mac_address`. */
const MAX_DEPTH = 3;

/** One row: where it stands, and its values by column. */
export interface CmdbRow {
  /** Line of a CSV file, position in a JSON list, both from 1. */
  readonly place: number;
  values(column: string): readonly string[];
  /** What a JSON entry has there, as it is. */
  raw(column: string): unknown;
}
export interface CmdbTable {
  readonly header: readonly string[];
  readonly rows: readonly CmdbRow[];
  readonly setAside: readonly SetAside[];
}
/** Something that could not be used: a row, or one value of a row that was taken. */
export interface SetAside {
  readonly place: number;
  readonly what: "row" | "value";
  readonly reason: string;
}

export const formatOf = (content: string): CmdbFormat => (/^\uFEFF?\s*[[{]/.test(content) ? "json" : "csv");

/** The rows of an export. What cannot be read of it is set aside row by row; only a file that is no table at all fails. */
export async function readTable(content: string, format: CmdbFormat): Promise<Result<CmdbTable>> {
  if (Buffer.byteLength(content) > MAX_CMDB_BYTES) return fail(cmdbProblem.unreadable(`it is larger than ${MAX_CMDB_BYTES} bytes`));
  return format === "json" ? readJson(content) : readCsv(content);
}

/** The separator that the header has most of: spreadsheets write ";" where "," is a decimal point. */
function delimiterOf(content: string): string {
  const header = (content.split(/\r?\n/, 1)[0] ?? "").replace(/"[^"]*"/g, "");
  return [",", ";", "\t"].reduce((best, d) => (header.split(d).length > header.split(best).length ? d : best));
}

async function readCsv(content: string): Promise<Result<CmdbTable>> {
  const setAside: SetAside[] = [];
  let unclosed: number | undefined;
  const rows: CmdbRow[] = [];
  let header: string[] | undefined;
  const parser = parse(content, {
    ...{ bom: true, delimiter: delimiterOf(content), info: true, relax_column_count: true, skip_empty_lines: true },
    ...{ skip_records_with_error: true, max_record_size: 2 * MAX_LIST_CELL },
    on_skip: (error: CsvError | undefined) => {
      if (error?.code === "CSV_QUOTE_NOT_CLOSED") unclosed = Number(error.lines);
      else setAside.push({ place: Number(error?.lines ?? 0), what: "row", reason: error?.message ?? "it cannot be read" });
      return undefined;
    },
  });
  for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
    // A cell may span lines; the row is named by its first.
    const place = info.lines - record.reduce((n, cell) => n + (cell.match(/\n/g)?.length ?? 0), 0);
    if (!header) {
      header = record.map((name) => name.trim());
      if (header.length > MAX_COLUMNS) return fail(cmdbProblem.unreadable(`it has more than ${MAX_COLUMNS} columns`));
      continue;
    }
    if (rows.length >= MAX_ROWS) return fail(cmdbProblem.unreadable(`it has more than ${MAX_ROWS} rows`));
    const reason = flaw(record, header.length);
    if (reason === undefined) rows.push(csvRow(place, header, record));
    else setAside.push({ place, what: "row", reason });
  }
  if (unclosed !== undefined)
    return fail(cmdbProblem.unreadable(`a quotation mark is never closed, so that everything up to line ${unclosed} is one cell`));
  return ok({ header: [...new Set(header ?? [])], rows, setAside });
}

function flaw(record: readonly string[], columns: number): string | undefined {
  if (record.length < columns) return `it has ${record.length} columns where the header has ${columns}`;
  if (record.slice(columns).some((cell) => cell.trim() !== "")) return `it has ${record.length} columns where the header has ${columns}`;
  const long = record.find((cell) => cell.length > (cell.includes("\n") ? MAX_LIST_CELL : MAX_CELL));
  return long === undefined ? undefined : `a cell has ${long.length} characters`;
}

function csvRow(place: number, header: readonly string[], record: readonly string[]): CmdbRow {
  const values = (column: string) => header.flatMap((name, i) => (name === column ? listed(record[i] ?? "") : []));
  return { place, values, raw: () => undefined };
}

/** GLPI writes lists as lines of one cell, some with HTML's line break. */
const listed = (cell: string): string[] =>
  cell
    .split(/\r?\n|<br\s*\/?>/i)
    .map((v) => printable(v.trim()))
    .filter((v) => v !== "")
    .slice(0, MAX_VALUES);

/** Where lists stand in what REST interfaces answer: ServiceNow, NetBox, GLPI. */
const LISTS = ["result", "results", "data", "records", "items"];

function readJson(content: string): Result<CmdbTable> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(content.replace(/^\uFEFF/, ""));
  } catch (cause) {
    return fail(cmdbProblem.unreadable(`it is no JSON (${(cause as Error).message})`));
  }
  const list = Array.isArray(parsed) ? parsed : LISTS.map((key) => (parsed as Record<string, unknown>)?.[key]).find(Array.isArray);
  if (!list) return fail(cmdbProblem.unreadable(`it is no list of machines, nor an object with one under ${LISTS.join(", ")}`));
  if (list.length > MAX_ROWS) return fail(cmdbProblem.unreadable(`it has more than ${MAX_ROWS} entries`));
  const header = new Set<string>();
  const setAside: SetAside[] = [];
  const rows: CmdbRow[] = [];
  for (const [index, entry] of list.entries()) {
    const place = index + 1;
    if (typeof entry !== "object" || entry === null || Array.isArray(entry)) {
      setAside.push({ place, what: "row", reason: "it is no object" });
      continue;
    }
    const flat = new Map<string, string[]>();
    flatten(entry as Record<string, unknown>, "", 1, flat);
    for (const name of flat.keys()) header.add(name);
    if (header.size > MAX_COLUMNS) return fail(cmdbProblem.unreadable(`it has more than ${MAX_COLUMNS} different fields`));
    rows.push({ place, values: (column) => flat.get(column) ?? [], raw: (column) => (entry as Record<string, unknown>)[column] });
  }
  return ok({ header: [...header], rows, setAside });
}

/** What an object is called where a field refers to it. */
const CALLED = ["display_value", "display", "name", "label", "address", "value"];

function flatten(object: Record<string, unknown>, prefix: string, depth: number, into: Map<string, string[]>): void {
  for (const [key, value] of Object.entries(object).slice(0, MAX_COLUMNS)) {
    const name = prefix + key;
    for (const one of (Array.isArray(value) ? value : [value]).slice(0, MAX_VALUES)) {
      put(into, name, scalarOf(one));
      if (typeof one === "object" && one !== null && !Array.isArray(one) && depth < MAX_DEPTH)
        flatten(one as Record<string, unknown>, `${name}.`, depth + 1, into);
    }
  }
}

function put(into: Map<string, string[]>, name: string, value: string): void {
  const known = into.get(name);
  if (!known) into.set(name, value === "" ? [] : [value]);
  else if (value !== "" && known.length < MAX_VALUES) known.push(value);
}

function scalarOf(value: unknown): string {
  if (typeof value === "string") return printable(value.trim().slice(0, MAX_CELL));
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "";
  for (const key of CALLED) {
    const said = (value as Record<string, unknown>)[key];
    if (typeof said === "string" || typeof said === "number") return printable(String(said).trim().slice(0, MAX_CELL));
  }
  return "";
}
