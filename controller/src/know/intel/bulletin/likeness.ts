import { type Outline, type Sentence, UNDER } from "./outline.ts";
import { VERSION_WORD } from "./words.ts";

/** Words of a text about a vulnerability with how much each speaks for one; each counts once. */
const FOR: readonly (readonly [RegExp, number])[] = [
  [/^vulnerab/, 3],
  [/^(?:cve-\d|ghsa-|rhsa-|usn-\d|dsa-\d)/, 2],
  [/^(?:attackers?|attacks?)$/, 2],
  [/^(?:exploit(?:ed|able|ation|s)?)$/, 2],
  [/^(?:xss|csrf|ssrf|xxe|rce|redos|dos|sqli|idor|ssti)$/, 2],
  [/^(?:cross-site|use-after-free|out-of-bounds|deserialization|spoofing|clickjacking|prototype)$/, 1.5],
  [/^(?:injection|traversal|overflow|bypass|escalation|disclosure|denial|hijack\w*|smuggling|forgery|leak\w*)$/, 1.5],
  [/^(?:security|malicious|arbitrary|unauthorized|untrusted|unauthenticated|sensitive|privileges?|credentials?|victim|undefined)$/, 1],
  [/^(?:affected|impacted|unaffected|workarounds?|patched|mitigations?|advisory|insecure|improper\w*|crafted)$/, 1],
  [/^(?:unsound\w*|soundness|aliasing)$/, 1],
  [/^(?:corrupt\w*|races?|uninitiali[sz]ed|dangling|double-free|flaws?|weakness(?:es)?)$/, 1],
  [/^(?:segmentation|segfaults?|violation|discovered|null)$/, 1],
  [/^(?:uncontrolled|unrestricted|weak|hard-?coded|plaintext|cleartext|expos\w+|unexpected|infinite)$/, 1],
  [
    /^(?:consumption|exhaustion|crash(?:es|ed)?|panics?|recursion|dereference|pollution|poisoning|tampering|phishing|man-in-the-middle|mitm)$/,
    1,
  ],
  [/^(?:allows|steal\w*|bypass\w+|execut\w+|inject\w*|attacking)$/, 1],
  [/^(?:encouraged?|advised|recommended|urged)$/, 0.75],
  [/^(?:cvss|cwe-\d+|severity)$/, 1.5],
];
/** Words of a changelog: what was added, bumped and tidied. */
const AGAINST =
  /^(?:add|added|adds|bump|bumps|bumped|refactor\w*|chores?|typos?|docs|documentation|deprecat\w*|rename[ds]?|improved?|improvements?|drop|dropped|tests?|refine\w*|changed|features?|enhancements?)$/;
/** Sections of an advisory made from a form. */
const ADVISORY_SECTION = /^(?:patches|workarounds?|impact|affected .*|proof of concept|poc|attack .*|mitigations?|remediation)$/;
const CHANGELOG_SECTION =
  /^(?:improvements?|fixes|added|changed|changes|removed|chores?|bug ?fixes|features?|documentation|deprecated|dependencies|new features?|enhancements?)$/;
/** One common word of danger is not enough, two are. */
const ENOUGH = 1.25;
/** "X before 1.2" is how bulletins speak, and hardly anything else. */
const BOUNDED_RANGE = 3;
/** "Drop support for Node < 10" speaks so too: without a word of danger it counts for little. */
const BOUNDED_ALONE = 1;
const DANGER = 1;
const NAMES_A_CVE = 2;
const NAMES_A_REPAIR = 0.5;
const MAX_AGAINST = 5;

/** What else of a text tells whether it is a bulletin. */
interface Signs {
  readonly cveIds: number;
  readonly boundedRanges: number;
  /** Those of them that stand in running text rather than in a list. */
  readonly boundedInProse: number;
  readonly repaired: boolean;
  /** How much the form of the text speaks for a changelog. */
  readonly changelog: number;
}

/**
 * How much a text reads like a bulletin, 0 to 1; from 0.5 on its versions are taken for claims.
 */
export function bulletinLikeness({ sentences }: Outline, { cveIds, boundedRanges, boundedInProse, repaired, changelog }: Signs): number {
  const seen = new Set<number>();
  let words = 0;
  let against = 0;
  let items = 0;
  let sections = 0;
  let form = 0;
  for (const sentence of sentences) {
    if (sentence.kind === "item") items++;
    if (sentence.kind === "heading" && CHANGELOG_SECTION.test(title(sentence))) sections++;
    if (sentence.kind === "heading" && ADVISORY_SECTION.test(title(sentence))) form++;
    for (const [at, token] of sentence.tokens.entries()) {
      if (token.kind !== "word") continue;
      words++;
      // "Add ..." tells a change; "an element is dropped" tells a flaw.
      if ((sentence.kind === "item" || at < 3) && AGAINST.test(token.lower)) against++;
      for (const [i, [word]] of FOR.entries()) if (!seen.has(i) && word.test(token.lower)) seen.add(i);
    }
  }
  const danger = (changelog === 0 && boundedInProse > 0) || [...seen].some((i) => (FOR[i]?.[1] ?? 0) >= DANGER) || cveIds > 0;
  let points =
    (cveIds > 0 ? NAMES_A_CVE : 0) +
    (boundedRanges > 0 ? (danger ? BOUNDED_RANGE : BOUNDED_ALONE) : 0) +
    (repaired ? NAMES_A_REPAIR : 0) -
    ENOUGH;
  for (const i of seen) points += FOR[i]?.[1] ?? 0;
  points += Math.min(3, form);
  const listed = items > sentences.length / 2 ? 2 : 1;
  points -= Math.min(MAX_AGAINST, (listed * 25 * against) / Math.max(20, words)) + 2 * sections;
  points -= changelog;
  if (isReleaseTitle(sentences[0])) points -= 4;
  return Math.round(100 / (1 + Math.exp(-points))) / 100;
}

/** "1.36.0", "[3.0.18] - 2024-03-24", "Version v30.1.0", "v0.7.0 (Nov 16, 2013)": a text that begins so tells a release. */
function isReleaseTitle(title: Sentence | undefined): boolean {
  const tokens = title?.tokens.filter((t) => t.kind !== "mark" && !VERSION_WORD.has(t.lower)) ?? [];
  return tokens.length <= 6 && tokens[0]?.kind === "version" && !tokens.slice(1).some((t) => FOR.some(([word]) => word.test(t.lower)));
}

const title = ({ section }: Sentence): string => section.split(UNDER).pop() ?? "";
