import type { Span } from "./model.ts";
import type { Token } from "./tokens.ts";
import { COMMON, FILLER, FIX_VERB, PLATFORM, TECHNICAL, VERSION_WORD, WEAKNESS } from "./words.ts";

/** A name of a package or product where the text spells it. */
export interface Name extends Span {
  readonly text: string;
  /** What the text says to be a part of it: Active Record in "Active Record in Ruby on Rails". */
  readonly part?: Name;
}

/** Kinds of software; a name may end in one ("JDBC Driver"), and one may stand between a name and its version ("the foo library 1.2"). */
export const KIND_OF_SOFTWARE = new Set(
  "library lib plugin plugins module modules package packages crate gem driver app application server client sdk framework component firmware software tool toolkit extension theme cms manager suite platform gateway controller engine project connector agent service family system parser edition binding bindings addon add-on runtime hotfix installer npm pypi composer nuget maven rubygem node".split(
    " ",
  ),
);
/** What a plugin or theme is for: "the Happy Gallery WordPress plugin". */
export const EXTENDED = new Set(["wordpress", "drupal", "joomla", "magento", "typo3"]);
/** Never part of a name, however they are written. */
const NEVER = new Set([
  ..."the a an this that these those it its in of on at by with from to is are was were be been has have had and or but not when where which who if then than as via all any every both before prior through versions version until also only due because there here users customers please lts elts esm see fixed patched upgrade update upgrading updating affected vulnerable impacted issue issues vulnerability vulnerabilities successful exploitation attention cve recommendation impact patches summary details undefined unspecified unknown upcoming".split(
    " ",
  ),
]);
/** Between two capitalised words only: "WinCC OA UI for Android". */
const JOINING = new Set(["for", "of", "over", "with", "&", "/"]);
const MAX_NAME_TOKENS = 9;
export const PART =
  /^(?:http|name|form|tab|menu|dialog|header|option|configuration|policy|function|method|parameter|argument|endpoint|field|class|filter|command|attribute|flag|property|directive|setting|helper|tag|type|trait|macro|struct|middleware|directive|value|module'?s|file|event|listener|callback|route|component|permission|setting|variable|object|key|hook|api|call|string|keyword|node|element|object|query|column|prop|script|annotation|token|schema)s?$/;
/** "CVE-2024-10001", and what other lists and researchers number by year: "GHSL-2024-247". */
const IDENTIFIER = /^(?:CVE|CWE|GHSA|CNVD|EUVD|VDB|BDU|ZDI-CAN|SA-CONTRIB|SA-CORE)-|^[A-Z]{2,12}-(?:19|20)\d\d-\d+$/i;
const FILE =
  /\.(?:py|c|h|cpp|cc|hpp|java|php|rb|rs|ts|tsx|jsx|html?|xml|ya?ml|json|txt|conf|cfg|ini|sh|md|exe|dll|so|jsp|aspx?|cgi|cs|ml|hs|pl)$/i;

/** Spelled like the id of a package: joined by hyphens, dots, slashes, or with a scope. */
export const isPackageLike = (text: string): boolean =>
  !text.includes(" ") && /[a-z0-9][-_./:@][a-z0-9@]/i.test(text) && !isPath(text) && !isChoice(text);
/** "file/folder", "read/write": two words of running text. */
const isChoice = (text: string): boolean => /^[a-z]+\/[a-z]+$/i.test(text) && text.split("/").every((w) => COMMON.has(w.toLowerCase()));
/** A word of running text by its look: what stands beside a version may be one ("the frame, in versions before 2"). */
export const isPlainWord = ({ text }: Name): boolean => /^[a-z]+$/.test(text);
const isPath = (text: string): boolean =>
  FILE.test(text) ||
  (!GO_MODULE.test(text) && (text.startsWith("/") || (text.match(/\//g)?.length ?? 0) > 2 || /\(|::(?!\p{Lu})/u.test(text)));
/** "go.etcd.io/etcd/client/pkg/v3": a path that begins with a host is the name of a module. */
const GO_MODULE = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,12}\/[\w.-]+(?:\/[\w.-]+)*$/;

const capital = (token: Token | undefined): boolean => token !== undefined && /^\p{Lu}/u.test(token.text);

function nameLike(tokens: readonly Token[], k: number, nearest: boolean): boolean {
  const token = tokens[k];
  if (!token) return false;
  if (token.kind === "number")
    return k > 0 && capital(tokens[k - 1]) && !NEVER.has(tokens[k - 1]?.lower ?? "") && tokens[k - 1]?.kind === "word";
  if (token.kind === "version") return false;
  if (token.kind !== "word" || IDENTIFIER.test(token.text) || isPath(token.text) || token.text.length > 100) return false;
  if (token.code) return !/[=(){}$]/.test(token.text);
  if (NEVER.has(token.lower) || (FIX_VERB.has(token.lower) && token.text === token.lower)) return false;
  if (capital(token) || /^[a-z]+[A-Z]/.test(token.text))
    return !(COMMON.has(token.lower) && startsSentence(tokens, k) && !opensName(tokens, k));
  if (COMMON.has(token.lower) || FILLER.has(token.lower)) return false;
  return nearest || /[\d_@/:.+-]/.test(token.text);
}
const startsSentence = (tokens: readonly Token[], k: number): boolean => k === 0 || /^[:(]$/.test(tokens[k - 1]?.text ?? "");

/** The tokens [from, to) as the text has them, over what stands between them. */
export function nameOf(tokens: readonly Token[], from: number, to: number): Name | undefined {
  while (to > from && /^[,"'“”‘’(:&/-]$/.test(tokens[to - 1]?.text ?? "")) to--;
  const [start, end] = [tokens[from], tokens[to - 1]];
  if (to <= from || !start || !end) return undefined;
  let text = "";
  for (let k = from; k < to; k++) {
    const token = tokens[k] as Token;
    text += (k > from && token.start > (tokens[k - 1]?.end ?? 0) && !/^[),]$/.test(token.text) ? " " : "") + token.text;
  }
  text = text.replace(/^@(?![\w-]+\/)/, "").trim();
  // "cve-2024-1111: foo before 1.2" is about foo.
  return text === "" || /^cve-\d{4}-\d+$/i.test(text) ? undefined : { text, start: start.start, end: end.end };
}

/** The name that ends before token `at`, over words that say nothing ("versions of", "the library"). */
export function nameBefore(tokens: readonly Token[], at: number): Name | undefined {
  // "upgrade to Apache InLong's 1.9.0".
  let j = tokens[at - 1]?.lower === "s" && /^['’]$/.test(tokens[at - 2]?.text ?? "") ? at - 3 : at - 1;
  for (let skipped = 0; j >= 0 && skipped < 8; skipped++, j--) {
    const token = tokens[j] as Token;
    // "the consul ruby gem", "the foo python package".
    const platform =
      j > 0 && (PLATFORM.has(token.lower) || EXTENDED.has(token.lower)) && KIND_OF_SOFTWARE.has(tokens[j + 1]?.lower ?? "") && !token.code;
    const kind = platform || (KIND_OF_SOFTWARE.has(token.lower) && token.text === token.lower && !token.code);
    if (
      !(
        /^["'“”‘’:,-]$/.test(token.text) ||
        (((FILLER.has(token.lower) && !(capital(token) && KIND_OF_SOFTWARE.has(token.lower))) || kind) && !token.code) ||
        token.text === "("
      )
    )
      break;
    // "foo, bar and before": what stands behind the comma of another clause is not ours.
    if (token.text === "," && j > 0 && !nameLike(tokens, j - 1, true) && tokens[j - 1]?.text !== ")") return undefined;
  }
  if (tokens[j]?.text === ")") return nameBeforeBracket(tokens, j);
  const name = phraseEndingAt(tokens, j);
  // "The Ruby http gem": of two names of platforms the one beside the kind is what it is called.
  const [kind, beside] = [tokens[j + 2], tokens[j + 1]];
  if (name && beside && PLATFORM.has(name.text.toLowerCase()) && PLATFORM.has(beside.lower) && KIND_OF_SOFTWARE.has(kind?.lower ?? ""))
    return nameOf(tokens, j + 1, j + 2);
  return name;
}

/** "Vertex AI SDK (google-cloud-aiplatform)": the id in brackets, or else the words before them. */
function nameBeforeBracket(tokens: readonly Token[], close: number): Name | undefined {
  let open = close - 1;
  while (open >= 0 && close - open < 10 && tokens[open]?.text !== "(") open--;
  if (tokens[open]?.text !== "(") return undefined;
  // "Concrete CMS (formerly concrete5)" has both names.
  const also = /^(?:aka|formerly|alias|previously)$/.test(tokens[open + 1]?.lower ?? "") ? phraseEndingAt(tokens, open - 1) : undefined;
  const start = also ? tokens.findIndex((t) => t.start === also.start) : -1;
  if (also && start >= 0) return nameOf(tokens, start, close + 1);
  const inside = nameOf(tokens, /^(?:aka|formerly|alias)$/.test(tokens[open + 1]?.lower ?? "") ? open + 2 : open + 1, close);
  const outside = phraseEndingAt(tokens, open - 1);
  // "CP 1543SP-1 (6GK7543-6WX00-0XE0)": a number to order by is none; ids of packages are in lower case.
  if (inside && isPackageLike(inside.text) && /[a-z]/.test(inside.text) && nameLike(tokens, close - 1, true)) return inside;
  // "Image Registry Service (Glimpse)" has a long name and a short one.
  const called = close === open + 2 && outside?.text.includes(" ") && isShortName(tokens[open + 1]);
  return called && outside
    ? nameOf(
        tokens,
        tokens.findIndex((t) => t.start === outside.start),
        close + 1,
      )
    : outside;
}

const isShortName = (token: Token | undefined): boolean =>
  token !== undefined &&
  /^\p{Lu}[\p{L}\d]+$/u.test(token.text) &&
  !COMMON.has(token.lower) &&
  !PLATFORM.has(token.lower) &&
  !isTechnical(token) &&
  !VERSION_WORD.has(token.lower);

/** "URL", "JPEG" alone. */
const isTechnical = (token: Token | undefined): boolean =>
  token !== undefined &&
  !token.code &&
  (TECHNICAL.has(token.text) || (/^[A-Z/]{2,6}s$/.test(token.text) && TECHNICAL.has(token.text.slice(0, -1))));

function phraseEndingAt(tokens: readonly Token[], end: number): Name | undefined {
  let k = end;
  const wordy = capital(tokens[end]) || tokens[end]?.kind === "number";
  for (; k >= 0 && end - k < MAX_NAME_TOKENS; k--) {
    if (nameLike(tokens, k, k === end)) {
      // A code span is one name; a command in one is none.
      if (tokens[k]?.code) {
        k--;
        break;
      }
      continue;
    }
    // "Jenkins Push and Pull Request Plugin".
    if (
      k < end &&
      tokens[k]?.lower === "and" &&
      KIND_OF_SOFTWARE.has(tokens[end]?.lower ?? "") &&
      capital(tokens[end]) &&
      capital(tokens[k - 1]) &&
      !KIND_OF_SOFTWARE.has(tokens[k - 1]?.lower ?? "") &&
      !NEVER.has(tokens[k - 1]?.lower ?? "")
    )
      continue;
    // "NetGuard Vulnerability Scanner Plugin".
    if (k < end && tokens[k]?.text === "Vulnerability" && capital(tokens[k - 1]) && capital(tokens[k + 1]) && leadsToKind(tokens, k))
      continue;
    if (
      k < end &&
      wordy &&
      JOINING.has(tokens[k]?.lower ?? "") &&
      capital(tokens[k - 1]) &&
      capital(tokens[k + 1]) &&
      !NEVER.has(tokens[k - 1]?.lower ?? "")
    )
      continue;
    break;
  }
  let from = k + 1;
  // "Vulnerability in Foo": a capitalised common word at the beginning is none of the name.
  while (from < end && COMMON.has(tokens[from]?.lower ?? "") && !tokens[from]?.code && WEAKNESS.has(tokens[from]?.lower ?? "")) from++;
  if (from > end) return undefined;
  const only = tokens[from];
  // "3,x until": what is left of a wildcard.
  if (from === end && /^[a-z]$/.test(only?.text ?? "") && !only?.code) return undefined;
  if (from === end && isTechnical(only)) return undefined;
  if (
    from === end &&
    only &&
    COMMON.has(only.lower) &&
    !only.code &&
    (!capital(only) || WEAKNESS.has(only.lower) || KIND_OF_SOFTWARE.has(only.lower) || FILLER.has(only.lower))
  )
    return undefined;
  return onlyKinds(tokens, from, end + 1) ? undefined : nameOf(tokens, from, end + 1);
}

/** "SDK", "Runtime Library": kinds of software alone name nothing. */
const onlyKinds = (tokens: readonly Token[], from: number, to: number): boolean =>
  tokens.slice(from, to).every((t) => !t.code && (KIND_OF_SOFTWARE.has(t.lower) || VERSION_WORD.has(t.lower)));

/** The name that begins at token `at`: "curl", "Apache HTTP Server", "the Snowflake JDBC Driver". */
export function nameFrom(tokens: readonly Token[], at: number): Name | undefined {
  let from = at;
  while (
    from < tokens.length &&
    from - at < 4 &&
    (/^["'“‘]$/.test(tokens[from]?.text ?? "") ||
      /^(?:the|a|an|package|library|module|plugin|crate|gem|npm|our)$/.test(tokens[from]?.lower ?? "")) &&
    !tokens[from]?.code
  )
    from++;
  let to = from;
  for (; to < tokens.length && to - from < MAX_NAME_TOKENS; to++) {
    const token = tokens[to] as Token;
    if (tokens[to]?.code && to > from) break;
    if (to > from && token.kind === "word" && WEAKNESS.has(token.lower) && !leadsToKind(tokens, to)) break;
    if (to > from && !capital(token) && token.kind === "word" && KIND_OF_SOFTWARE.has(token.lower)) break;
    if (nameLike(tokens, to, to === from) || (to === from && opensName(tokens, to))) continue;
    if (to > from && JOINING.has(token.lower) && capital(tokens[to - 1]) && capital(tokens[to + 1])) continue;
    break;
  }
  const word = tokens[from];
  if (word && !word.code && WEAKNESS.has(word.lower) && !leadsToKind(tokens, from)) return undefined;
  if (to === from || !word || (to === from + 1 && COMMON.has(word.lower) && !word.code)) return undefined;
  if (to === from + 1 && isTechnical(word)) return undefined;
  // "The `Cookie` header" names a part of something.
  if ((word.code || /^[a-z]+_/.test(word.text)) && PART.test(tokens[to]?.lower ?? "")) return undefined;
  return onlyKinds(tokens, from, to) ? undefined : nameOf(tokens, from, to);
}

/** "Field Test", "Script Security Plugin": a common word that a name begins with. */
function opensName(tokens: readonly Token[], at: number): boolean {
  const [word, next] = [tokens[at], tokens[at + 1]];
  if (!capital(word) || NEVER.has(word?.lower ?? "")) return false;
  return (
    leadsToKind(tokens, at) ||
    (capital(next) && !WEAKNESS.has(word?.lower ?? "") && !WEAKNESS.has(next?.lower ?? "") && !FILLER.has(word?.lower ?? ""))
  );
}

/** "Script Security Plugin": a word of weaknesses inside a name that ends in a kind of software. */
function leadsToKind(tokens: readonly Token[], at: number): boolean {
  for (let k = at; k < at + 4 && capital(tokens[k]); k++) if (KIND_OF_SOFTWARE.has(tokens[k]?.lower ?? "")) return true;
  return false;
}

/** Letters and digits alone, in lower case: what two spellings of one name have in common. */
export const sameName = (a: string, b: string): boolean => squeeze(a) === squeeze(b);
export const squeeze = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");
export const wordsOf = (text: string): string[] =>
  text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((w) => w !== "");
/** Whether one name's words are all in the other one. */
export function nameWithin(a: string, b: string): boolean {
  const [x, y] = [new Set(wordsOf(a)), new Set(wordsOf(b))];
  return x.size > 0 && y.size > 0 && ([...x].every((w) => y.has(w)) || [...y].every((w) => x.has(w)));
}
