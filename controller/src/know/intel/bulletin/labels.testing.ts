import { sameName } from "./names.ts";
import type { Line } from "./scoring.testing.ts";

/**
 * Labels made from databases of advisories: a record tells in fields what its own text states in words. A version is wanted only
 * where the text has it, and a record only where the text has each of them, so that what a text leaves out is not missed.
 * The fields know less than the words. Records join what their text keeps apart ("before 1.2.9, and 1.3 before 1.3.4" is one stretch
 * up to 1.3.4), and leave out branches that they do not follow ("fixed in 1.4.1 and 2.0.0-rc1"): such versions (`joined`, `besides`)
 * are neither wanted nor wrong. What else the fields leave out counts as wrong, so figures on these labels are for comparing readers
 * and sources, not the reader's worth.
 */

/** At most so many texts of a source: a large one takes minutes and tells no more. */
export const MAX_TEXTS = 400;
/** A text longer than this tells of more than one thing. */
export const MAX_LABELLED_CHARACTERS = 20_000;

export interface Bounds {
  /** "0": from the first version on. */
  readonly introduced: string;
  readonly kind: "fixed" | "lastAffected";
  readonly upper: string;
}
/** A stretch of affected versions of a package. */
export interface LabelledRange extends Bounds {
  /** Accepted spellings of the package's name. */
  readonly names: readonly string[];
  /** A package that the text does not name cannot be read from it. */
  readonly neutral: boolean;
  /** Other versions that the record tells to be the last affected one. */
  readonly last: readonly string[];
}

/**
 * "bootstrap", "twbs/bootstrap" and "org.webjars:bootstrap" in one record are one thing that its text names once; so are stretches
 * that begin apart and end together.
 */
function once(ranges: readonly LabelledRange[]): LabelledRange[] {
  const kept: LabelledRange[] = [];
  for (const range of ranges) {
    const at = kept.findIndex(
      (k) => k.kind === range.kind && k.upper === range.upper && k.names.some((a) => range.names.some((b) => sameName(a, b))),
    );
    const other = kept[at];
    if (!other) kept.push(range);
    else
      kept[at] = {
        ...other,
        names: [...new Set([...other.names, ...range.names])],
        last: [...other.last, ...range.last],
        neutral: other.neutral && range.neutral,
      };
  }
  return kept;
}

/** @returns undefined where no range is wanted */
export function labelledLine(
  id: string,
  source: string,
  text: string,
  all: readonly LabelledRange[],
  judge: readonly ("fixed" | "ranges")[] = ["fixed", "ranges"],
): Line | undefined {
  const ranges = once(all);
  if (ranges.every((r) => r.neutral)) return undefined;
  const named = (names: readonly string[]) => [...new Set([...names, ...spelledIn(text, names)])];
  const coarse = ranges.flatMap((r) =>
    r.neutral ? [] : unknownTo(r, ranges, text).map((version) => ({ names: named(r.names), version })),
  );
  return {
    id,
    source,
    text,
    judge: [...judge],
    gold: {
      ids: [],
      severity: null,
      fixed: [
        ...ranges.flatMap((r) => (r.kind === "fixed" ? [{ names: named(r.names), version: r.upper, neutral: r.neutral }] : [])),
        ...coarse.map((c) => ({ ...c, neutral: true })),
      ],
      ranges: [
        ...ranges.map((r) => ({
          names: named(r.names),
          neutral: r.neutral,
          introduced: r.introduced,
          // One version alone begins where it ends, or says nothing of where: either reading will do.
          introducedStated: r.introduced !== r.upper && states(text, r.introduced),
          uppers: uppersOf(r, text),
        })),
        ...coarse.map(neither),
      ],
    },
  };
}

/** What may be told for the end of a stretch. */
const uppersOf = (range: LabelledRange, text: string): [string, string][] => [
  [range.kind, range.upper],
  ...[...range.last, ...(range.kind === "fixed" ? [...predecessor(range.upper), ...lastStated(range, text)] : [])].map(
    (v): [string, string] => ["lastAffected", v],
  ),
];

/** "Through 3.15.0 ..., upgrade to 3.16.0": the highest version below a repaired one that the text itself calls the last affected one. */
function lastStated({ introduced, upper }: LabelledRange, text: string): string[] {
  const stated = [...text.matchAll(LAST)].flatMap(([, a, b]) => [a ?? b ?? ""]).filter((v) => isBelow(v, upper) && !isBelow(v, introduced));
  const last = stated.find((v) => !stated.some((other) => isBelow(v, other)));
  return last ? [last] : [];
}

/** A version that is neither wanted nor wrong as either bound. */
const neither = ({ names, version }: { names: string[]; version: string }): Line["gold"]["ranges"][number] => ({
  names,
  neutral: true,
  introduced: version,
  introducedStated: false,
  uppers: [
    ["fixed", version],
    ["lastAffected", version],
  ],
});

/** Versions that the text states beside those of a range, and that the record does not know. */
function unknownTo(range: LabelledRange, all: readonly LabelledRange[], text: string): string[] {
  const known = new Set(all.flatMap((r) => [r.introduced, r.upper]).map(bare));
  return [...new Set([...joined(range, text), ...besides(range, text)])].filter((v) => !known.has(bare(v)));
}

/** Versions inside a stretch that stand in one sentence with its end: there the text tells of branches, the record of all at once. */
const joined = (range: LabelledRange, text: string): string[] =>
  text.split(SENTENCE).flatMap((sentence) => {
    const { introduced, upper } = range;
    const ends = uppersOf(range, text).map(([, v]) => bare(v));
    const stated = versionsIn(sentence);
    return stated.some((v) => ends.includes(bare(v))) ? stated.filter((v) => isBelow(introduced, v) && isBelow(v, upper)) : [];
  });
const SENTENCE = /[.!?;]\s+(?=\p{Lu})|\n\s*(?:\n|[-*|])/u;

/** Versions listed with the repaired one by nothing but "and", "or" and commas: "1.4.1, 1.5.2 and 2.0.0-rc1". */
const besides = ({ kind, upper }: LabelledRange, text: string): string[] =>
  kind === "lastAffected"
    ? []
    : [...text.matchAll(LIST)].flatMap(([list]) => {
        const stated = versionsIn(list);
        return stated.some((v) => bare(v) === bare(upper)) ? stated : [];
      });
const VERSION = String.raw`(?<![\w.-])v?\d+(?:\.\w+)+(?:-[a-z]+[.-]?\d*|\.\*)?(?!\w)`;
const LIST = new RegExp(`${VERSION}(?:(?:,? (?:and|or) |, ?)(?:versions? )?${VERSION})+`, "gi");
const LAST = new RegExp(
  String.raw`(?:\b(?:through|up to(?: and including)?)|<=|≤) (?:versions? )?(${VERSION})|(${VERSION}) (?:and|or) (?:earlier|below|prior|older|lower)`,
  "gi",
);
/** "0.25.*" and "0.25.x" begin where 0.25 does. */
const versionsIn = (text: string): string[] => [...text.matchAll(new RegExp(VERSION, "gi"))].map(([v]) => v.replace(/\.[x*]$/i, ""));
const bare = (version: string): string => version.toLowerCase().replace(/^v/, "");
/** By the numbers of two versions, as far as they go. */
function isBelow(a: string, b: string): boolean {
  const numbers = (v: string) => (/^\d+(?:\.\d+)*/.exec(bare(v))?.[0] ?? "").split(".").map(Number);
  const [left, right] = [numbers(a), numbers(b)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const [x, y] = [left[i] ?? 0, right[i] ?? 0];
    if (x !== y) return x < y;
  }
  return false;
}

/** "Up to 2.4.66" says of what 2.4.67 repairs the same as "before 2.4.67". */
const predecessor = (version: string): string[] =>
  [/^(.*[.-])(\d+)$/.exec(version)].flatMap((m) => (m && Number(m[2]) > 0 ? [`${m[1]}${Number(m[2]) - 1}`] : []));
/** Whether the text has the version as one of its own, not as a piece of a longer one. */
export function states(text: string, version: string): boolean {
  const bare = version.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`(?<![\\w.-])v?${bare}(?![\\w-]|\\.\\w)`, "i").test(text);
}

/** Whether the text has one of the names in whole words: "JFinalCMS" does not name jfinal. */
export const isNamed = (text: string, names: readonly string[]): boolean => spelledIn(text, names).length > 0;

/** How the text itself spells names, by letters and digits alike: "Report Portal" for reportportal. */
function spelledIn(text: string, names: readonly string[]): string[] {
  const wanted = names.map(letters).filter(Boolean);
  const words = [...text.matchAll(/[\p{L}\p{N}]+/gu)];
  const found = new Set<string>();
  for (const [i, first] of words.entries()) {
    let spelled = "";
    for (let k = i; k < words.length && wanted.some((w) => w.length > spelled.length && w.startsWith(spelled)); k++) {
      const word = words[k] as RegExpExecArray;
      spelled += letters(word[0]);
      if (wanted.includes(spelled)) found.add(text.slice(first.index, word.index + word[0].length));
    }
  }
  return [...found];
}
const letters = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
