import type { AddressName } from "./addresses.ts";
import { type Name, wordsOf } from "./names.ts";
import type { Outline, Sentence } from "./outline.ts";
import { chancesOfNames } from "./ranker/index.ts";
import { type BesideVersion, candidatesOf } from "./subject-candidates.ts";

/** What a whole text is about. */
export interface Subject {
  readonly name: Name;
  /** A field of the text's own form says it. */
  readonly stated: boolean;
  /** How likely the text is about it rather than about any other name of its own: 0 to 1. */
  readonly confidence: number;
  /** Whether the title begins with it, spelled as an id of a package: in lower case, one word. */
  readonly titled: boolean;
  /** The words of the title. */
  readonly titleWords: ReadonlySet<string>;
  /** How likely the text is about each name that it may be about, by the name as the text spells it. */
  readonly chances: ReadonlyMap<string, number>;
}

/**
 * @param field the package that a field of the text's form names
 * @param besideVersions names that stand beside version expressions, in order of the text
 * @param addresses names out of the web addresses of the text
 */
export function subjectOf(
  read: Outline,
  field: Name | undefined,
  besideVersions: readonly BesideVersion[],
  addresses: readonly AddressName[],
): Subject | undefined {
  const candidates = candidatesOf(read, besideVersions, addresses);
  const chances = chancesOfNames(candidates, read);
  const at = chances.indexOf(Math.max(...chances));
  const best = field ?? candidates[at]?.name;
  const title = read.sentences[0];
  return best
    ? {
        name: best,
        stated: field !== undefined,
        titled:
          best.start >= (title?.start ?? 0) &&
          best.end <= (title?.end ?? 0) &&
          (best.start === title?.start || (best.end === title?.end && affects(title))) &&
          /^[a-z0-9@][a-z0-9@/_.:-]+$/.test(best.text),
        titleWords: new Set(title?.tokens.flatMap((t) => wordsOf(t.text))),
        confidence: field ? SAID : Math.round((chances[at] ?? 0) * 100) / 100,
        chances: new Map(candidates.map((c, i) => [c.name.text, chances[i] ?? 0])),
      }
    : undefined;
}

/** Said outright by the text's own form. */
const SAID = 0.95;

/** "Package        : less" beside "CVE ID         : ...", as mails of Debian's and its kin have it: a name however common the word. */
export function packageField(text: string): Name | undefined {
  const value = /^(?:Source )?Package[ \t]{0,20}:[ \t]{0,20}([a-z0-9][a-z0-9+.-]{1,100})[ \t\r]*$/m.exec(text);
  if (!value?.[1] || !/^CVE IDs?[ \t]{0,20}:/m.test(text)) return undefined;
  const start = value.index + value[0].indexOf(value[1], value[0].indexOf(":"));
  return { text: value[1], start, end: start + value[1].length };
}

/** "Moderate severity vulnerability that affects foo", "Path traversal in foo": a title that ends in what it is about. */
const affects = ({ tokens }: Sentence): boolean =>
  tokens[tokens.length - 1]?.code === false && /^(?:in|affects|affecting)$/.test(tokens[tokens.length - 2]?.text ?? "");
