import type { Span } from "./model.ts";
import type { Token } from "./tokens.ts";

/** A sentence, list item or heading with the section that it stands in. */
export interface Sentence extends Span {
  readonly kind: "text" | "item" | "heading";
  readonly tokens: readonly Token[];
  /** The headings above it, in lower case, outermost first; "" before the first one. */
  readonly section: string;
}

/** A line of a table, cell by cell. */
export interface TableRow extends Span {
  readonly cells: readonly (readonly Token[])[];
}

export interface Outline {
  readonly sentences: readonly Sentence[];
  /** Rows that follow each other without another line between them. */
  readonly tables: readonly (readonly TableRow[])[];
  readonly lines: readonly (readonly Token[])[];
}

/** Words that stand alone on a line as the head of a section, as in an advisory made from a form. */
const SECTION =
  /^(?:\d+\.?\s+)?(?:the\s+)?(?:technical\s+)?(?:summary|overview|description|packages?(?:\s+names?)?|products?(?:\s+names?)?|components?|modules?|details?|background|impact|affected\s.*|impacted\s.*|vulnerable\s.*|patch(?:es|ed)?(?:\s.*)?|fix(?:es|ed)?(?:\s.*)?|solution|resolution|remediation|recommendations?|mitigations?|workarounds?(?:\s.*)?|prerequisites?|known\s.*|references?|credits?|acknowledge?ments?|timeline|poc|proof\s.*|severity|update(?:s|\s+instructions)?|upgrade(?:\s.*)?|required\s.*|configuration\s.*|breaking\s.*|release\s+notes?|notes?)$/;
const LAST_WORDS_OF_NO_SENTENCE = new Set([
  "e.g",
  "i.e",
  "vs",
  "incl",
  "excl",
  "resp",
  "approx",
  "ver",
  "v",
  "no",
  "aka",
  "cf",
  "inc",
  "ltd",
]);
/** Words of which one makes a line's beginning before a colon a key. */
const KEY = /^(?:(?:un)?affected|fixed|patched|vulnerable|impacted|versions?|products?|package|severity|component)$/;
/** A sentence longer than this is cut: no statement about versions takes more, and windows over it stay bounded. */
const MAX_SENTENCE_TOKENS = 400;

/** Stands between a heading and the one under it. */
export const UNDER = " > ";
const MAX_TITLE = 120;
const MAX_LISTED = 14;
const MAX_LEVEL = 6;

export function outline(tokens: readonly Token[]): Outline {
  const lines = splitLines(tokens);
  const sentences: Sentence[] = [];
  const tables: TableRow[][] = [];
  let section = "";
  /** The heading that holds here and those it stands under; one without a level ("Solution:") stands under none. */
  const above: { level: number; title: string }[] = [];
  let pending: Token[] = [];
  let listing = false;
  let kind: Sentence["kind"] = "text";
  let table: TableRow[] | undefined;

  const flush = () => {
    for (const part of splitSentences(pending)) sentences.push(sentence(kind, part, section));
    pending = [];
    kind = "text";
  };
  for (const [index, line] of lines.entries()) {
    const cells = tableCells(line);
    if (cells && (table || isRow(lines[index + 1]))) {
      flush();
      if (!table) {
        table = [];
        tables.push(table);
      }
      if (!isRule(line)) table.push({ cells, start: first(line).start, end: last(line).end });
      continue;
    }
    // A blank line between a head and its first row parts nothing.
    if (line.length === 0 && table?.length === 1 && tableCells(lines[index + 1] ?? [])?.length === table[0]?.cells.length) continue;
    table = undefined;
    if (line.length === 0) {
      flush();
      listing &&= last(lines[index - 1] ?? [])?.text === ":";
      continue;
    }
    if (isRule(line)) continue;
    const body = withoutMarker(line);
    if (isHeading(line, body, lines[index + 1])) {
      flush();
      const level = Math.min(
        MAX_LEVEL,
        line.findIndex((t) => t.text !== "#"),
      );
      const title = body.filter((t) => t.kind !== "mark").map((t) => t.lower);
      while (above.length > 0 && (above[above.length - 1]?.level ?? 0) >= level) above.pop();
      above.push({ level, title: title.join(" ").slice(0, MAX_TITLE) });
      section = above.map((h) => h.title).join(UNDER);
      if (body.length > 0) sentences.push(sentence("heading", body, section));
      continue;
    }
    if (body.length < line.length) {
      flush();
      kind = "item";
    } else if (pending.length > 0 && (isKeyValue(body) || (isKeyed(body) && (isKeyed(lines[index - 1]) || isKeyed(lines[index + 1])))))
      flush();

    // Short lines with versions under one that ends in a colon are a list, also without marks.
    if (listing && kind !== "item" && body.length <= MAX_LISTED && body.some((t) => t.kind === "version")) {
      flush();
      kind = "item";
    } else if (kind !== "item") listing = false;
    for (const token of body) pending.push(token);
    if (last(body).text === ":") listing = true;
  }
  flush();
  return { sentences, tables: tables.filter((rows) => rows.length > 1), lines };
}

const first = (tokens: readonly Token[]): Token => tokens[0] as Token;
const last = (tokens: readonly Token[]): Token => tokens[tokens.length - 1] as Token;
const sentence = (kind: Sentence["kind"], tokens: readonly Token[], section: string): Sentence => ({
  kind,
  tokens,
  section,
  start: first(tokens).start,
  end: last(tokens).end,
});

function splitLines(tokens: readonly Token[]): Token[][] {
  const lines: Token[][] = [[]];
  for (const token of tokens) {
    if (token.kind === "break") lines.push([]);
    else lines[lines.length - 1]?.push(token);
  }
  return lines;
}

/** "Versions Affected: >= 2.0 Not affected: None Fixed Versions: 2.2.6": fields of a form that lost their lines. */
function opensField(tokens: readonly Token[], at: number): boolean {
  if (!/^(?:Versions?|Affected|Not|Unaffected|Fixed|Patched|Vulnerable)$/.test(tokens[at]?.text ?? "")) return false;
  const colon = tokens.slice(at, at + 4).findIndex((t) => t.text === ":");
  return FIELD.test(
    tokens
      .slice(at, at + Math.max(colon, 0))
      .map((t) => t.lower)
      .join(" "),
  );
}
const FIELD = /^(?:versions? (?:not )?affected|not affected|(?:affected|unaffected|fixed|patched|vulnerable) (?:versions?|releases?))$/;

/** At a full stop, before a form's field, and at the limit. */
function splitSentences(tokens: readonly Token[]): Token[][] {
  const parts: Token[][] = [];
  let part: Token[] = [];
  for (const [i, token] of tokens.entries()) {
    if (part.length > 0 && opensField(tokens, i)) {
      parts.push(part);
      part = [];
    }
    part.push(token);
    const next = tokens[i + 1];
    const before = tokens[i - 1];
    const stop =
      (/^[.!?]$/.test(token.text) &&
        (!next || next.start > token.end || /^[A-Z]/.test(next.text)) &&
        !(before && LAST_WORDS_OF_NO_SENTENCE.has(before.lower) && !(next && /^[A-Z]/.test(next.text)))) ||
      part.length >= MAX_SENTENCE_TOKENS;
    if (stop) {
      parts.push(part);
      part = [];
    }
  }
  if (part.length > 0) parts.push(part);
  return parts;
}

const isRule = (line: readonly Token[]): boolean =>
  line.length > 2 && line.every((t) => /^[-=~*_|:+#]+$/.test(t.text) && t.kind !== "version");

/** Without "-", "*", "•", "#", "1." and the like at its start. */
function withoutMarker(line: readonly Token[]): readonly Token[] {
  let i = 0;
  while (line[i] && /^[#]$/.test(line[i]?.text ?? "")) i++;
  if (i > 0) return line.slice(i);
  if (/^[-*•·–+o]$/.test(line[0]?.text ?? "") && (line[1]?.start ?? 0) > (line[0]?.end ?? 0)) return line.slice(1);
  if (line[0]?.kind === "number" && /^[.)]$/.test(line[1]?.text ?? "") && line.length > 2) return line.slice(2);
  return line;
}

function isHeading(line: readonly Token[], body: readonly Token[], next: readonly Token[] | undefined): boolean {
  if (line[0]?.text === "#") return true;
  if (body.length > 12 || body.length === 0) return false;
  if (next && next.length > 0 && isRule(next) && !tableCells(line)) return true;
  if (last(body).text === ".") return false;
  const words = body.filter((t) => t.text !== ":");
  return (body.length === line.length || last(body).text === ":") && SECTION.test(words.map((t) => t.lower).join(" "));
}

/** "Affected versions: ..." begins something of its own, also without a blank line before it. */
const isKeyValue = (body: readonly Token[]): boolean => {
  const colon = body.slice(0, 6).findIndex((t) => t.text === ":");
  if (colon > 0 && body.slice(0, colon).some((t) => KEY.test(t.lower))) return true;
  return (
    colon > 0 &&
    SECTION.test(
      body
        .slice(0, colon)
        .map((t) => t.lower)
        .join(" "),
    )
  );
};

/** "Vendor: Acme" among lines of its like is one of a form's fields. */
function isKeyed(line: readonly Token[] | undefined): boolean {
  const colon = line?.slice(0, 6).findIndex((t) => t.text === ":") ?? -1;
  if (!line || colon < 1 || !/^\p{Lu}/u.test(line[0]?.text ?? "")) return false;
  return (
    line.slice(0, colon).every((t) => t.kind === "word" || /^[()]$/.test(t.text)) &&
    (line[colon + 1]?.start ?? Number.POSITIVE_INFINITY) > (line[colon]?.end ?? 0)
  );
}

/** One line with a bar in it is no table: "'=cmd|...'" is an attack. */
const isRow = (line: readonly Token[] | undefined): boolean =>
  line !== undefined && line.length > 0 && (isRule(line) || tableCells(line) !== undefined);

function tableCells(line: readonly Token[]): Token[][] | undefined {
  const bars = line.filter((t) => t.text === "|" && !t.code).length;
  // "1.2 || 2.3" is a choice, not a cell.
  if (line.some((t, i) => t.text === "|" && line[i + 1]?.text === "|" && line[i + 1]?.start === t.end)) return undefined;
  if (bars === 0 || (bars === 1 && first(line).text === "|")) return undefined;
  const cells: Token[][] = [[]];
  for (const token of line) {
    if (token.text === "|" && !token.code) cells.push([]);
    else cells[cells.length - 1]?.push(token);
  }
  if (first(line).text === "|") cells.shift();
  if (last(line).text === "|") cells.pop();
  return cells.length > 1 ? cells : undefined;
}
