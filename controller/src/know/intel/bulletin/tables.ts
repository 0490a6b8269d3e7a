import type { Claim } from "./claims.ts";
import { type Expression, readExpressions } from "./expression.ts";
import { type Name, nameFrom, nameOf } from "./names.ts";
import type { Outline, TableRow } from "./outline.ts";
import type { Token } from "./tokens.ts";
import { orderOf } from "./versions.ts";

/** What a column holds, by the words of its head; the first that matches. */
const COLUMNS: readonly (readonly [keyof Columns, RegExp])[] = [
  ["fixed", /\b(?:patched|fix(?:ed)?|resolved|remediat\w*|safe|updated?|secure|unaffected|solution|resolution|upgrade|corrected)\b/],
  [
    "affected",
    /\b(?:affected|vulnerable|impacted)\b(?!\s+(?:products?|packages?|components?|modules?|software|platforms?|systems?|images?|names?|devices?|models?|librar\w+)\b)/,
  ],
  [
    "name",
    /\b(?:packages?|products?|components?|modules?|names?|software|platforms?|librar\w+|images?|devices?|models?|systems?|artifacts?|projects?|plugins?|applications?)\b/,
  ],
  ["affected", /\b(?:versions?|releases?|range)\b/],
];
interface Columns {
  name?: number;
  affected?: number;
  fixed?: number;
}

/** Reads tables whose head says which column holds the package, the affected and the repaired versions. */
export function readTables({ tables }: Outline): Claim[] {
  const claims: Claim[] = [];
  for (const rows of tables) {
    const columns = columnsOf(rows[0]);
    if (columns.affected === undefined && columns.fixed === undefined) continue;
    let name: Name | undefined;
    for (const row of rows.slice(1)) {
      // An empty first cell goes on with the row above.
      name = nameIn(row, columns.name) ?? name;
      claims.push(...readRow(row, columns, name));
    }
  }
  return claims;
}

function columnsOf(head: TableRow | undefined): Columns {
  const columns: Columns = {};
  for (const [i, cell] of (head?.cells ?? []).entries()) {
    const text = cell.map((t) => t.lower).join(" ");
    const kind = COLUMNS.find(([, words]) => words.test(text))?.[0];
    if (kind && columns[kind] === undefined) columns[kind] = i;
  }
  return columns;
}

function nameIn(row: TableRow, column: number | undefined): Name | undefined {
  const cell = row.cells[column ?? -1];
  if (!cell || cell.length === 0) return undefined;
  const words = cell.filter((t) => t.kind !== "url");
  return nameOf(words, 0, Math.min(words.length, 12)) ?? nameFrom(words, 0);
}

function readRow(row: TableRow, columns: Columns, name: Name | undefined): Claim[] {
  const common = { ...(name ? { name } : {}), own: name !== undefined, inclusive: true };
  const claims: Claim[] = [];
  const affected = row.cells[columns.affected ?? -1] ?? [];
  const fixed = row.cells[columns.fixed ?? -1] ?? [];
  const repairs = expressionsOf(fixed);
  for (const e of expressionsOf(affected)) {
    const span = { start: (affected[e.from] as Token).start, end: (affected[e.to - 1] as Token).end };
    if (e.kind === "range") {
      if (e.upper)
        claims.push({
          ...common,
          ...span,
          kind: "range",
          version: e.inclusive ? e.upper.text : laterOf(e.upper.text, repairs),
          inclusive: e.inclusive,
          ...(e.introduced ? { introduced: e.introduced.text } : {}),
          confidence: 0.97,
        });
    } else if (e.later) claims.push({ ...common, ...span, kind: "introduced", version: e.version.text, confidence: 0.9 });
    else claims.push({ ...common, ...span, kind: "range", introduced: e.version.text, version: e.version.text, confidence: 0.9 });
  }
  for (const e of repairs) {
    const version = e.kind === "range" ? e.upper?.text : e.version.text;
    const span = { start: (fixed[e.from] as Token).start, end: (fixed[e.to - 1] as Token).end };
    if (version !== undefined) claims.push({ ...common, ...span, kind: "fix", version, confidence: 0.97 });
  }
  return claims;
}

/**
 * "< 7.0.1 | 7.0.3": between the bound and the one version that repairs it nothing is said to be safe, so that the range ends
 * where the repair begins, as databases of advisories have it.
 */
function laterOf(bound: string, repairs: readonly Expression[]): string {
  const [only] = repairs;
  if (repairs.length !== 1 || only?.kind !== "single") return bound;
  return orderOf(only.version.text, bound) > 0 ? only.version.text : bound;
}

const expressionsOf = (cell: readonly Token[]) =>
  cell.length === 0
    ? []
    : readExpressions({
        kind: "text",
        tokens: cell,
        section: "",
        start: (cell[0] as Token).start,
        end: (cell[cell.length - 1] as Token).end,
      });
