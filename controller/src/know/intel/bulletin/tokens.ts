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
const VERSION = /^(?:v\.?|ver\.?|r|[a-z](?=\d+\.\d+\.\d))?(?:\d+:)?\d+\.(?:\d|[xX*](?=$|[.\-_])|[A-Za-z]+[\d_])[0-9A-Za-z_.+~^:()-]*\*?$/i;
/** "1.5MB" and "2.4GHz" are quantities; "2.0-based" speaks of more than a version. */
const QUANTITY = /^\d+(?:\.\d+)?(?:[kmgt]i?b|[kmg]?hz|ms|s|x|px|em|min|h)$|-(?:based|compatible|like|style|specific)$/i;
const V_NUMBER = /^v\.?\d{1,4}(?:[-_](?:alpha|beta|rc|sp|u)\.?\d*)?$/i;
/** A name glued to its version: "python-1.39.4", "foo@1.2.3", "org.foo:bar:1.2.3". */
const GLUED = /^(@?[\p{L}_][\p{L}\p{N}_./@:+-]*?)(?:[-_](?=v?\d+\.\d)|@(?=v?\d)|:(?=v?\d+\.\d))(v?\d.*)$/iu;
/** "Net::CIDR::Lite" is what Perl and Ruby call a module: one name. */
const MODULE_PATH = /^\p{Lu}\w*(?:::\p{Lu}\w*)+$/u;
const URL_START = /^(?:https?|ftps?):\/\/|^www\./i;
const TRAILING = /[.:/\\&#-]/;
const NOT_A_VERSION = /^(?:127\.\d+\.\d+\.\d+|0\.0\.0\.0|192\.168\.\d+\.\d+|255\.255\.\d+\.\d+|10\.\d+\.\d+\.\d+(?=:))/;

/** "100.64.0.0/10" is a network. */
const NETWORK = /^\d{1,3}(?:\.\d{1,3}){3}\/\d{1,2}$/;

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
      while (end < text.length && (RUN.test(text[end] as string) || staysInVersion(text, i, end))) end++;
      classify(text, i, end, push);
      i = end;
    } else push("mark", i, ++i);
  }
  return tokens;
}

/** The star of "8.1.*" and the brackets of "9.3(2)" are parts of a version. */
function staysInVersion(text: string, start: number, at: number): boolean {
  if (at - start > MAX_RUN) return false;
  // "Easy!Appointments".
  if (text[at] === "!")
    return (
      /[a-z]/.test(text[at - 1] ?? "") &&
      // "Joomla! 3.1": a sentence would go on with a capital.
      (/[A-Z]/.test(text[at + 1] ?? "") || (/[A-Z]/.test(text[start] ?? "") && /^ (?:[a-z]{2}|v?\d)/.test(text.slice(at + 1, at + 4))))
    );
  if (text[at] === "*") return text[at - 1] === "." && /\d/.test(text[at - 2] ?? "") && !/[\w*]/.test(text[at + 1] ?? "");
  if (text[at] === "(") return IN_BRACKETS.test(text.slice(at - 2, at + 8));
  const near = text.slice(Math.max(start, at - MAX_BRACKET), at + 1);
  return text[at] === ")" && IN_BRACKETS.test(near.slice(Math.max(0, near.lastIndexOf("(") - 2)));
}
const MAX_BRACKET = 8;
const IN_BRACKETS = /^[.\d]\d\(\d{1,3}[a-z]?\)/;

type Push = (kind: Token["kind"], start: number, end: number, as?: string) => void;

function classify(text: string, start: number, runEnd: number, push: Push): void {
  if (URL_START.test(text.slice(start, start + 10))) {
    push("url", start, runEnd);
    return;
  }
  let end = runEnd;
  while (end > start + 1 && TRAILING.test(text[end - 1] as string)) end--;
  if (end - start <= MAX_RUN) split(text, start, end, push);
  else push("word", start, end);
  for (let i = end; i < runEnd; i++) push("mark", i, i + 1);
}

/** One run as what it is, or as the parts that were written without a space between them. */
function split(text: string, start: number, end: number, push: Push): void {
  const run = text.slice(start, end);
  const hyphen = asRange(run);
  const glued = GLUED.exec(run);
  if (/^\d+$/.test(run)) push("number", start, end);
  else if (NOT_A_VERSION.test(run) || NETWORK.test(run)) push("word", start, end);
  else if (MODULE_PATH.test(run)) push("word", start, end);
  else if (run.indexOf("::") > 0) {
    // "bcrypt::verify" is a part of bcrypt.
    const at = start + run.indexOf("::");
    push("word", start, at);
    push("mark", at, at + 2);
    if (at + 2 < end) push("word", at + 2, end);
  } else if (run.indexOf("..", 1) > 0 && isVersion(run.slice(0, run.indexOf("..")))) {
    // "3.0.0...4.6.1".
    const at = run.indexOf("..");
    const dots = run[at + 2] === "." ? 3 : 2;
    push("version", start, start + at);
    push("mark", start + at, start + at + dots, "-");
    if (start + at + dots < end) split(text, start + at + dots, end, push);
  } else if (hyphen > 0) {
    push("version", start, start + hyphen);
    push("mark", start + hyphen, start + hyphen + 1);
    push("version", start + hyphen + 1, end);
  } else if (/^v?\d[\w.-]*\+$/i.test(run)) {
    // "1.2+"; "Notepad++" ends in its own sign.
    split(text, start, end - 1, push);
    push("mark", end - 1, end);
  } else if (isVersion(run)) push("version", start, end);
  else if (run.includes("/") && run.split("/").every((part) => isVersion(part) || /^\d+$/.test(part))) {
    let at = start;
    for (const part of run.split("/")) {
      if (at > start) push("mark", at - 1, at);
      push(isVersion(part) ? "version" : "number", at, at + part.length);
      at += part.length + 1;
    }
  } else if (glued?.[1] && glued[2] && isVersion(glued[2])) {
    push("word", start, start + glued[1].length);
    push("version", end - glued[2].length, end);
  } else push("word", start, end);
}

/** "551-1+deb10u2": a distribution's mark makes a version of what has no dot. */
const DISTRIBUTION_VERSION = /^(?:\d+:)?\d+[a-z]?-\d[\w.]*(?:[+~]deb\d+u|ubuntu)\d[\w.+~]*$/;

export const isVersion = (text: string): boolean =>
  (VERSION.test(text) && !QUANTITY.test(text)) || V_NUMBER.test(text) || DISTRIBUTION_VERSION.test(text);

/** Where "1.0.0-1.4.2" or "19.3-19.24" has its hyphen; 0 where the hyphen belongs to one version. */
function asRange(run: string): number {
  const hyphen = run.indexOf("-");
  const [from, to] = [run.slice(0, hyphen), run.slice(hyphen + 1)];
  const plain = /^v?\d+(?:\.\d+)+$/i;
  if (hyphen <= 0 || !plain.test(from) || !plain.test(to) || from.split(".").length !== to.split(".").length) return 0;
  // Of two parts only within one line of releases: "2.2-1.1" is a version with a revision.
  return from.split(".").length > 2 ||
    (parseFloat(from) > 2 && from.split(".")[0] === to.split(".")[0] && Number(from.split(".")[1]) < Number(to.split(".")[1]))
    ? hyphen
    : 0;
}
