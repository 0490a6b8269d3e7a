import { markColumns } from "./columns.ts";

/**
 * Blanks out markup without moving anything: the masked text is exactly as long as the original, so that every offset in
 * it is an offset in the original. Each pattern is anchored by a fixed opening and bounded, so that the work stays linear.
 */
export function mask(text: string): string {
  return markColumns(blankComments(blankFences(text)))
    .replace(CONTROL, " ")
    .replace(TAG, (tag) => (CELL_END.test(tag) ? "|".padEnd(tag.length) : BREAKING_TAG.test(tag) ? "\n".padEnd(tag.length) : blank(tag)))
    .replace(ENTITY, (entity, name: string) => (ENTITIES[name.toLowerCase()] ?? " ").padStart(entity.length))
    .replace(TABS, (tabs) => "|".padEnd(tabs.length))
    .replace(ARROW, (arrow) => "-".padEnd(arrow.length))
    .replace(LINK, (_, label: string, url: string) => ` ${label}${blank(url)}`)
    .replace(EMPHASIS, blank)
    .replace(OTHER_HYPHENS, "-")
    .replace(OTHER_SPACES, " ");
}

const blank = (found: string): string => " ".repeat(found.length);

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are no part of any statement
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffd]/g;
const ENTITY = /&(lt|gt|le|ge|amp|quot|nbsp|apos|#\d{1,6}|#x[0-9a-f]{1,6});/gi;
const ENTITIES: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  le: "≤",
  ge: "≥",
  amp: "&",
  quot: '"',
  apos: "'",
  "#60": "<",
  "#62": ">",
  "#39": "'",
  "#x27": "'",
  "#x3c": "<",
  "#x3e": ">",
};
/** Known element names only: "<app>" in a path and "<v1.2 or >" are text. */
const TAG =
  /<\/?(?:a|abbr|b|blockquote|br|code|dd|del|details|div|dl|dt|em|font|h[1-6]|hr|i|img|li|ol|p|pre|small|span|strong|sub|summary|sup|table|tbody|td|th|thead|tr|tt|u|ul)(?:\s[^<>]{0,500})?\/?>/gi;
const CELL_END = /^<\/t[dh]\b/i;
/** Rows begin a line and end none: a blank line would end their table. */
const BREAKING_TAG = /^<(?:tr|\/?(?:br|p|div|li|h[1-6]|ul|ol|table|blockquote|dt|dd|hr))\b/i;
/** Between words they part the cells of a row. */
const TABS = /(?<=[^\s])\t+(?=[^\s])/g;
/** "9.18.1 -> 9.18.27": a stretch of versions. */
const ARROW = /(?<=\d[\w.]{0,30} ?)(?:[-=–]>|→)(?= ?v?\d)/g;
/** `[label](target)`: the label stays, also where it holds a code span. */
const LINK = /\[([^[\]\n]{1,300})(\]\([^()\s]{0,1000}\))/g;
const EMPHASIS = /\*{2,3}|(?<![\w*])__(?=\w)|(?<=\w)__(?![\w(])/g;
const OTHER_HYPHENS = /[\u2010-\u2012\u2212]/g;
const OTHER_SPACES = /[\u00a0\u2000-\u200a\u202f\u205f\u3000]/g;

/** Code in fences shows the attack or a configuration; a version in it states nothing. */
function blankFences(text: string): string {
  if (!text.includes("```") && !text.includes("~~~~")) return text;
  let fenced = false;
  return text
    .split("\n")
    .map((line) => {
      const fence = /^\s{0,8}(?:```|~~~~)/.test(line);
      // A fence that opens and closes on one line is a code span.
      if (fence && !(line.indexOf("```", line.indexOf("```") + 3) > 0)) fenced = !fenced;
      return fence || fenced ? blank(line) : line;
    })
    .join("\n");
}

function blankComments(text: string): string {
  let out = "";
  let from = 0;
  for (let open = text.indexOf("<!--"); open >= 0; open = text.indexOf("<!--", from)) {
    const close = text.indexOf("-->", open + 4);
    if (close < 0) break;
    out += text.slice(from, open) + blank(text.slice(open, close + 3));
    from = close + 3;
  }
  return out + text.slice(from);
}
