import type { Claim } from "./claims.ts";
import { type Expression, readExpressions } from "./expression.ts";
import { type Name, nameFrom, nameOf } from "./names.ts";
import type { Outline, TableRow } from "./outline.ts";
import type { Token } from "./tokens.ts";
import { lowerBound, orderOf, startsWithLine } from "./versions.ts";
import { VERSION_WORD } from "./words.ts";

/** What a column holds, by the words of its head. Of two columns that may hold the same the earlier pattern decides. */
const COLUMNS: readonly (readonly [keyof Columns, RegExp])[] = [
  ["both", /\b(?:products?|packages?|components?|modules?|software)\b.*\b(?:and|&|\/)\s*(?:affected )?versions?\b/],
  [
    "fixed",
    /\b(?:patch(?:ed|es)?|fix(?:ed|es|ing)?|resolved|remediat\w*|safe|updated?|secure(?= versions?| releases?|$)|unaffected|solution|resolution|upgrade|corrected)\b/,
  ],
  [
    "affected",
    /\b(?:affected|vulnerable|impacted)\b(?!\s+(?:products?|packages?|components?|modules?|software|platforms?|systems?|images?|names?|devices?|models?|librar\w+)\b)/,
  ],
  [
    "name",
    /\b(?:packages?|products?|components?|modules?|names?|software|librar\w+|images?|devices?|models?|artifacts?|projects?|plugins?|applications?)\b(?!\s+(?:releases?|versions?)\b)/,
  ],
  ["line", /\b(?:versions?|releases?|range|branch)\b/],
  ["system", /\b(?:platforms?|systems?)\b/],
];
interface Columns {
  /** A name with its affected versions behind it. */
  both?: number;
  name?: number;
  affected?: number;
  fixed?: number;
  /** Versions of which the head says nothing more: the affected ones, unless another column holds those. */
  line?: number;
  /** What it runs on: a name where there is no other. */
  system?: number;
}

/** Reads tables whose head says which column holds the package, the affected and the repaired versions. */
export function readTables({ tables }: Outline): Claim[] {
  const claims: Claim[] = [];
  for (const rows of tables) {
    const columns = columnsOf(rows[0]);
    if (columns.affected === undefined && columns.fixed === undefined && columns.both === undefined) continue;
    const headed = nameOfHead(rows[0], columns);
    let name: Name | undefined;
    for (const row of rows.slice(1)) {
      if (UNTOUCHED.test(wordsOf(row.cells[columns.fixed ?? -1]))) continue;
      // An empty first cell goes on with the row above.
      name = nameIn(row, columns, headed ? undefined : columns.system) ?? name ?? headed;
      claims.push(...readRow(row, columns, name));
    }
  }
  return claims;
}

const wordsOf = (cell: readonly Token[] | undefined): string => (cell ?? []).map((t) => t.lower).join(" ");
const UNTOUCHED = /^(?:not (?:vulnerable|affected|impacted)|unaffected|n \/ a|n\/a)\b/;

function columnsOf(head: TableRow | undefined): Columns {
  const columns: Columns = {};
  const cells = (head?.cells ?? []).map(wordsOf);
  const kinds = cells.map((text) => COLUMNS.findIndex(([, words]) => words.test(text)));
  for (const [at, [kind]] of COLUMNS.entries()) {
    const column = kinds.indexOf(at);
    if (column >= 0 && columns[kind] === undefined) columns[kind] = column;
  }
  const { line, ...others } = columns;
  if (line === undefined) return others;
  if (others.affected === undefined && others.both === undefined) return { ...others, affected: line };
  // "Versions | Affected | Unaffected": the lines of releases stand under the product's name.
  return others.name === undefined ? { ...others, name: line } : others;
}

/** "Secure Gate Release | First Fixed Release": the head names whose releases they are. */
function nameOfHead(head: TableRow | undefined, columns: Columns): Name | undefined {
  const cell = columns.name === undefined ? (head?.cells[columns.affected ?? -1] ?? []) : [];
  const end = cell.findIndex((t) => VERSION_WORD.has(t.lower));
  const words = cell.slice(0, Math.max(0, end));
  return words.length > 0 && !words.some((t) => COLUMNS.some(([, pattern]) => pattern.test(t.lower)))
    ? nameOf(words, 0, words.length)
    : undefined;
}

function nameIn(row: TableRow, columns: Columns, system: number | undefined): Name | undefined {
  const both = row.cells[columns.both ?? -1];
  if (both) {
    const end = both.findIndex((t) => t.text === ":" || t.kind === "operator" || t.kind === "version" || SPEAKS_OF_VERSIONS.test(t.lower));
    return nameOf(both, 0, end < 0 ? both.length : end);
  }
  const cell = row.cells[columns.name ?? system ?? -1];
  if (!cell || cell.length === 0) return undefined;
  const words = cell.filter((t) => t.kind !== "url");
  return nameOf(words, 0, Math.min(words.length, 12)) ?? nameFrom(words, 0);
}
const SPEAKS_OF_VERSIONS = /^(?:all|any|versions?|before|prior|through|up|from)$/;

function readRow(row: TableRow, columns: Columns, name: Name | undefined): Claim[] {
  const common = { ...(name ? { name } : {}), own: name !== undefined, inclusive: true };
  const claims: Claim[] = [];
  const affected = row.cells[columns.affected ?? columns.both ?? -1] ?? [];
  const fixed = row.cells[columns.fixed ?? -1] ?? [];
  const repairs = expressionsOf(fixed);
  for (const e of closedOnes(affected)) {
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
      continue;
    }
    const version = e.version.text;
    const closing = repairs.find((r) => isOfLine(versionOf(r), version));
    if (e.later) claims.push({ ...common, ...span, kind: "introduced", version, confidence: 0.9 });
    // "8.0 | 8.0 U3b": the line of releases, and the version of it that repairs it.
    else if (closing)
      claims.push({
        ...common,
        ...span,
        kind: "range",
        introduced: version,
        version: versionOf(closing) ?? "",
        inclusive: false,
        confidence: 0.9,
      });
    else claims.push({ ...common, ...span, kind: "range", introduced: version, version, confidence: 0.9 });
  }
  for (const e of repairs) {
    const version = versionOf(e);
    const span = { start: (fixed[e.from] as Token).start, end: (fixed[e.to - 1] as Token).end };
    if (version !== undefined) claims.push({ ...common, ...span, kind: "fix", version, confidence: 0.97 });
  }
  return claims;
}

/** ">=3.0.0,3.1.24": behind a lower bound a version alone is the last that is affected. */
function closedOnes(cell: readonly Token[]): Expression[] {
  const made: Expression[] = [];
  for (const e of expressionsOf(cell)) {
    const before = made[made.length - 1];
    const closes = before?.kind === "single" && before.later && e.kind === "single" && !e.later && tokensBetween(cell, before, e) === ",";
    if (closes && orderOf(e.version.text, before.version.text) > 0)
      made[made.length - 1] = { kind: "range", from: before.from, to: e.to, introduced: before.version, upper: e.version, inclusive: true };
    else made.push(e);
  }
  return made;
}
const tokensBetween = (cell: readonly Token[], a: Expression, b: Expression): string =>
  cell
    .slice(a.to, b.from)
    .map((t) => t.text)
    .join(" ");

const versionOf = (e: Expression): string | undefined => (e.kind === "range" ? e.upper?.text : e.version.text);
/** Whether a version, or one told by its service pack or patch, is of a line of releases. */
const isOfLine = (version: string | undefined, line: string): boolean =>
  version !== undefined &&
  orderOf(version, line) > 0 &&
  (startsWithLine(version, lowerBound(line)) ||
    new RegExp(`^v?${line.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}[ -]?[a-z]`, "i").test(version));

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
