import { expectOk } from "@breakwater/shared/core";
import type { z } from "zod";
import type { Cmdb, Gap } from "../../../know/cmdb/index.ts";
import { decodeCursor, offsetPage } from "../cursor.ts";
import type { gapFileQuery, gapPage, gapQuery } from "../schemas/index.ts";

type Filter = z.output<typeof gapFileQuery>;

export async function listGaps(cmdb: Cmdb, query: z.output<typeof gapQuery>): Promise<z.input<typeof gapPage>> {
  const { gaps, ...rest } = expectOk(await cmdb.compare(query.source));
  const held = gaps.filter((gap) => holds(gap, query.q));
  const counts: Record<string, number> = {};
  for (const gap of held) counts[gap.kind] = (counts[gap.kind] ?? 0) + 1;
  const found = held.filter((gap) => ofKind(gap, query.kind));
  const offset = decodeCursor(query.cursor) ?? 0;
  const page = offsetPage(found.slice(offset, offset + query.limit), query, found.length);
  return { ...page, rows: page.rows.map(written), counts, ...rest, neighbours: { ...rest.neighbours } };
}

const written = (gap: Gap) => ({
  ...gap,
  ...{ endpoints: gap.endpoints.map((e) => ({ ...e })), addresses: [...gap.addresses], macs: [...gap.macs] },
  ...{ listed: [...gap.listed], installed: [...gap.installed] },
});

/** What is as it should be is listed only for who asks for it. */
const ofKind = (gap: Gap, kind: Filter["kind"]): boolean => (kind === undefined ? gap.kind !== "matched" : gap.kind === kind);

function holds(gap: Gap, q: string | undefined): boolean {
  if (!q) return true;
  const wanted = q.toLowerCase();
  const told = [gap.name, gap.owner, gap.site, gap.serial, ...gap.addresses, ...gap.macs, ...gap.endpoints.map((e) => e.hostname)];
  return told.some((text) => text.toLowerCase().includes(wanted));
}

type Column = readonly [string, (gap: Gap) => string | number | null];
const COLUMNS: readonly Column[] = [
  ["kind", (g) => g.kind],
  ["name", (g) => g.name],
  ["why", (g) => g.why],
  ["endpoints", (g) => g.endpoints.map((e) => e.hostname).join(" ")],
  ["endpoint ids", (g) => g.endpoints.map((e) => e.id).join(" ")],
  ["count", (g) => g.count],
  ["source", (g) => g.source],
  ["place", (g) => g.place],
  ["matched by", (g) => g.by],
  ["serial number", (g) => g.serial],
  ["addresses", (g) => g.addresses.join(" ")],
  ["hardware addresses", (g) => g.macs.join(" ")],
  ["owner", (g) => g.owner],
  ["criticality", (g) => g.criticality],
  ["site", (g) => g.site],
  ["status", (g) => g.status],
  ["last seen", (g) => g.seenAt],
  ["version listed", (g) => g.listed.join(" ")],
  ["version installed", (g) => g.installed.join(" ")],
];

/** Gaps as RFC 4180 has it, line by line. */
export async function* gapsAsCsv(cmdb: Cmdb, filter: Filter): AsyncGenerator<string> {
  const { gaps } = expectOk(await cmdb.compare(filter.source));
  yield `${COLUMNS.map(([name]) => name).join(",")}\r\n`;
  for (const gap of gaps)
    if (ofKind(gap, filter.kind) && holds(gap, filter.q)) yield `${COLUMNS.map(([, of]) => cell(of(gap))).join(",")}\r\n`;
}

/** A stranger's text must not become a formula in a spreadsheet: what begins like one gets an apostrophe, which spreadsheets hide. */
function cell(value: string | number | null): string {
  if (typeof value === "number") return String(value);
  const text = /^[=+\-@\t\r]/.test(value ?? "") ? `'${value}` : (value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
