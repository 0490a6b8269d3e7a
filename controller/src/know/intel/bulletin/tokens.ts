import type { Span } from "./model.ts";

/**
 * `version`: digits with a dot, as versions are written. `number`: a bare whole number, a version only where the words around
 * it say so. `operator`: a comparison. `mark`: any other punctuation. `break`: the end of a line.
 */
export interface Token extends Span {
  readonly kind: "word" | "version" | "number" | "operator" | "mark" | "break" | "url";
  readonly text: string;
  readonly lower: string;
  /** Inside backticks. */
  readonly code: boolean;
}

/** A run longer than this is a key or a blob, not a name or a version. */
const MAX_RUN = 120;
const SPACE = /\s/;
const RUN_START = /[\p{L}\p{N}@_.]/u;
const RUN = /[^\s<>=≤≥()[\]{},;"'“”‘’`|!?*$^%–—]/u;
const OPERATORS: Readonly<Record<string, string>> = { "≤": "<=", "≥": ">=", "=<": "<=", "=>": ">=", "==": "=" };
/** One run of one character class after the first dot: nothing here can be matched in two ways. */
const VERSION = /^(?:v\.?|ver\.?|r)?(?:\d+:)?\d+\.(?:\d|[xX*](?=$|[.\-_])|[A-Za-z]+[\d_])[0-9A-Za-z_.+~^:-]*$/i;
/** "1.5MB" and "2.4GHz" are quantities; "2.0-based" speaks of more than a version. */
const QUANTITY = /^\d+(?:\.\d+)?(?:[kmgt]i?b|[kmg]?hz|ms|s|x|px|em|min|h)$|-(?:based|compatible|like|style|specific)$/i;
const V_NUMBER = /^v\.?\d{1,4}(?:[-_](?:alpha|beta|rc|sp|u)\.?\d*)?$/i;
/** A name glued to its version: "python-1.39.4", "foo@1.2.3", "org.foo:bar:1.2.3". */
const GLUED = /^(@?[\p{L}_][\p{L}\p{N}_./@:+-]*?)(?:[-_](?=v?\d+\.\d)|@(?=v?\d)|:(?=v?\d+\.\d))(v?\d.*)$/iu;
const NOT_A_VERSION = /^(?:127\.\d+\.\d+\.\d+|0\.0\.0\.0|192\.168\.\d+\.\d+|255\.255\.\d+\.\d+|10\.\d+\.\d+\.\d+(?=:))/;

/** Cuts a masked text into tokens, in one pass. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let code = false;
  let i = 0;
  const push = (kind: Token["kind"], start: number, end: number, as = text.slice(start, end)) =>
    tokens.push({ kind, start, end, text: as, lower: as.toLowerCase(), code });
  while (i < text.length) {
    const c = text[i] as string;
    if (c === "\n") {
      code = false;
      push("break", i, ++i);
    } else if (SPACE.test(c)) i++;
    else if (c === "`") {
      code = !code;
      i++;
    } else if (/[<>=≤≥]/.test(c)) {
      const two = text.slice(i, i + 2);
      const length = /^(?:[<>=]=|=[<>]|<>)$/.test(two) ? 2 : 1;
      const found = two.slice(0, length);
      push("operator", i, i + length, OPERATORS[found] ?? found);
      i += length;
    } else if (RUN_START.test(c) && !(c === "." && !/[\p{L}\p{N}]/u.test(text[i + 1] ?? ""))) {
      let end = i + 1;
      while (end < text.length && RUN.test(text[end] as string)) end++;
      classify(text, i, end, push);
      i = end;
    } else push("mark", i, ++i);
  }
  return tokens;
}

type Push = (kind: Token["kind"], start: number, end: number, as?: string) => void;

function classify(text: string, start: number, runEnd: number, push: Push): void {
  const run = text.slice(start, Math.min(runEnd, start + 4096));
  if (/^(?:https?|ftps?):\/\/|^www\./i.test(run)) return push("url", start, runEnd);
  let end = runEnd;
  while (end > start + 1 && /[.:/\\&#-]/.test(text[end - 1] as string)) end--;
  // "Config+" and "Notepad++" end in their sign; a version does not, unless it is "1.2+".
  if (end - start <= MAX_RUN) word(text, start, end, push);
  else push("word", start, end);
  for (let i = end; i < runEnd; i++) push("mark", i, i + 1);
}

function word(text: string, start: number, end: number, push: Push): void {
  const run = text.slice(start, end);
  if (/^\d+$/.test(run)) return push("number", start, end);
  if (NOT_A_VERSION.test(run)) return push("word", start, end);
  if (isVersion(run)) {
    const both = asRange(run);
    if (!both) return push("version", start, end);
    push("version", start, start + both);
    push("mark", start + both, start + both + 1);
    return push("version", start + both + 1, end);
  }
  if (/^v?\d[\w.]*\+$/i.test(run)) {
    word(text, start, end - 1, push);
    return push("mark", end - 1, end);
  }
  if (run.includes("/") && run.split("/").every((part) => isVersion(part) || /^\d+$/.test(part))) {
    let at = start;
    for (const part of run.split("/")) {
      if (at > start) push("mark", at - 1, at);
      push(isVersion(part) ? "version" : "number", at, at + part.length);
      at += part.length + 1;
    }
    return;
  }
  const glued = GLUED.exec(run);
  if (glued?.[1] && glued[2] && isVersion(glued[2])) {
    push("word", start, start + glued[1].length);
    return push("version", end - glued[2].length, end);
  }
  push("word", start, end);
}

export const isVersion = (text: string): boolean => (VERSION.test(text) && !QUANTITY.test(text)) || V_NUMBER.test(text);

/** Where "1.0.0-1.4.2" has its hyphen; 0 where the hyphen belongs to one version. */
function asRange(run: string): number {
  const hyphen = run.indexOf("-");
  const [from, to] = [run.slice(0, hyphen), run.slice(hyphen + 1)];
  const plain = /^v?\d+(?:\.\d+){2,}$/i;
  return hyphen > 0 && plain.test(from) && plain.test(to) && from.split(".").length === to.split(".").length ? hyphen : 0;
}
