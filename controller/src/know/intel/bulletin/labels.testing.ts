import { sameName, squeeze } from "./names.ts";
import type { Line } from "./scoring.testing.ts";

/**
 * Labels made from databases of advisories: a record tells in fields what its own text states in words. A version is wanted only
 * where the text has it, and a record only where the text has each of them, so that what a text leaves out is not missed.
 * The fields know less than the words: "also fixed in 1.2" of a line that the record leaves out counts as wrong. Figures on
 * these labels are for comparing readers and sources, not the reader's worth.
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
  return {
    id,
    source,
    text,
    judge: [...judge],
    gold: {
      ids: [],
      severity: null,
      fixed: ranges.flatMap((r) => (r.kind === "fixed" ? [{ names: [...r.names], version: r.upper, neutral: r.neutral }] : [])),
      ranges: ranges.map(({ names, neutral, last, introduced, kind, upper }) => ({
        names: [...names],
        neutral,
        introduced,
        // One version alone begins where it ends, or says nothing of where: either reading will do.
        introducedStated: introduced !== upper && states(text, introduced),
        uppers: [
          [kind, upper],
          ...[...last, ...(kind === "fixed" ? predecessor(upper) : [])].map((v): [string, string] => ["lastAffected", v]),
        ],
      })),
    },
  };
}

/** "Up to 2.4.66" says of what 2.4.67 repairs the same as "before 2.4.67". */
const predecessor = (version: string): string[] =>
  [/^(.*[.-])(\d+)$/.exec(version)].flatMap((m) => (m && Number(m[2]) > 0 ? [`${m[1]}${Number(m[2]) - 1}`] : []));
/** Whether the text has the version as one of its own, not as a piece of a longer one. */
export function states(text: string, version: string): boolean {
  const bare = version.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`(?<![\\w.-])v?${bare}(?![\\w-]|\\.\\w)`, "i").test(text);
}

export const isNamed = (text: string, names: readonly string[]): boolean => names.some((n) => squeeze(text).includes(squeeze(n)));
