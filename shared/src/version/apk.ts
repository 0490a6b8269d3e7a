import { plainRange } from "./plain-range.ts";
import type { VersionScheme } from "./scheme.ts";

const VERSION = /^(\d+(?:\.\d+)*)([a-z]?)((?:_(?:alpha|beta|pre|rc|cvs|svn|git|hg|p)\d*)*)(?:~([0-9a-f]+))?(?:-r(\d+))?$/;
const SUFFIX_ORDER = ["alpha", "beta", "pre", "rc", "", "cvs", "svn", "git", "hg", "p"];
const NO_SUFFIX = SUFFIX_ORDER.indexOf("");

/** The kinds of token in the order in which a version may carry them; a version that ends sorts as `end`. */
const KIND = { initialNumber: 0, number: 1, letter: 2, suffix: 3, suffixNumber: 4, hash: 5, revision: 6, end: 7 } as const;
interface Token {
  readonly kind: number;
  readonly text: string;
}
const END: Token = { kind: KIND.end, text: "" };

function tokens(version: string): Token[] | undefined {
  const match = VERSION.exec(version);
  if (!match) return undefined;
  const result: Token[] = (match[1] ?? "").split(".").map((text, i) => ({ kind: i === 0 ? KIND.initialNumber : KIND.number, text }));
  if (match[2]) result.push({ kind: KIND.letter, text: match[2] });
  for (const [, name = "", number = ""] of (match[3] ?? "").matchAll(/_([a-z]+)(\d*)/g)) {
    result.push({ kind: KIND.suffix, text: name });
    if (number) result.push({ kind: KIND.suffixNumber, text: number });
  }
  if (match[4]) result.push({ kind: KIND.hash, text: match[4] });
  if (match[5] !== undefined) result.push({ kind: KIND.revision, text: match[5] });
  return result;
}

const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
function byNumber(a: string, b: string): number {
  const x = a.replace(/^0+/, "");
  const y = b.replace(/^0+/, "");
  return x.length - y.length || byText(x, y);
}

function compareToken(a: Token, b: Token): number {
  switch (a.kind) {
    case KIND.number:
      // A leading zero makes it a fraction, as in Gentoo: 1.02 < 1.1, 1.1 < 1.10.
      return a.text.startsWith("0") || b.text.startsWith("0") ? byText(a.text, b.text) : byNumber(a.text, b.text);
    case KIND.suffix:
      return SUFFIX_ORDER.indexOf(a.text) - SUFFIX_ORDER.indexOf(b.text);
    case KIND.letter:
    case KIND.hash:
      return byText(a.text, b.text);
    default:
      return byNumber(a.text, b.text);
  }
}

const isPreRelease = (token: Token) => token.kind === KIND.suffix && SUFFIX_ORDER.indexOf(token.text) < NO_SUFFIX;

function compare(a: string, b: string): number | undefined {
  const left = tokens(a);
  const right = tokens(b);
  if (!left || !right) return undefined;
  for (let i = 0; ; i++) {
    const l = left[i] ?? END;
    const r = right[i] ?? END;
    if (l.kind !== r.kind) {
      if (isPreRelease(l)) return -1;
      if (isPreRelease(r)) return 1;
      return r.kind - l.kind;
    }
    if (l.kind === KIND.end) return 0;
    const order = compareToken(l, r);
    if (order !== 0) return order;
  }
}

/** Alpine package versions, as apk-tools 3 reads them. */
export const apk: VersionScheme = {
  id: "apk",
  displayName: "Alpine packages",
  urls: ["https://man.archlinux.org/man/extra/apk-tools/apk-version.8.en", "https://gitlab.alpinelinux.org/alpine/apk-tools"],
  compare,
  inRange: plainRange(compare),
};
