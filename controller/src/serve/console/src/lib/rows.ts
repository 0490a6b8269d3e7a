import { get } from "./api.ts";
import type { Page } from "./types.ts";

/** More rows than this are not asked for: no fleet and no queue is known to be longer. */
const MAX_ROWS = 100_000;

/** A whole list. The API gives 1,000 a page; order and filter are to be those of all of it. */
export async function getAll<T, P extends Page<T> = Page<T>>(path: string, signal?: AbortSignal): Promise<P> {
  const first = await get<P>(path, signal);
  const rows = [...first.rows];
  let next = first.next;
  while (next && rows.length < MAX_ROWS) {
    const page = await get<P>(`${path}&cursor=${encodeURIComponent(next)}`, signal);
    rows.push(...page.rows);
    next = page.next;
  }
  return { ...first, rows, next };
}

type Cell = string | number | boolean | null | undefined;

/** One line of CSV as RFC 4180 has it. A cell that a spreadsheet would take for a formula gets an apostrophe before it. */
const line = (cells: readonly Cell[]): string =>
  cells
    .map((cell) => {
      const text = cell === null || cell === undefined ? "" : String(cell);
      const safe = typeof cell === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
      return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
    })
    .join(",");

export const csvOf = <T>(columns: Readonly<Record<string, (row: T) => Cell>>, rows: readonly T[]): string =>
  `${[Object.keys(columns), ...rows.map((row) => Object.values(columns).map((cell) => cell(row)))].map(line).join("\r\n")}\r\n`;

/** Hands a text to the browser as a file. */
export function download(name: string, type: string, content: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const anchor = Object.assign(document.createElement("a"), { href: url, download: name });
  anchor.click();
  URL.revokeObjectURL(url);
}
