import type { Outline } from "./outline.ts";

/** Words of a text about a vulnerability with how much each speaks for one; each counts once. */
const FOR: readonly (readonly [RegExp, number])[] = [
  [/^vulnerab/, 3],
  [/^(?:cve-\d|ghsa-|rhsa-|usn-\d|dsa-\d)/, 2],
  [/^(?:attackers?|attacks?)$/, 2],
  [/^(?:exploit(?:ed|able|ation|s)?)$/, 2],
  [/^(?:xss|csrf|ssrf|xxe|rce|redos|dos|sqli|idor|ssti)$/, 2],
  [/^(?:cross-site|use-after-free|out-of-bounds|deserialization|spoofing|clickjacking|prototype)$/, 1.5],
  [/^(?:injection|traversal|overflow|bypass|escalation|disclosure|denial|hijack\w*|smuggling|forgery|leak\w*)$/, 1.5],
  [
    /^(?:security|malicious|arbitrary|unauthorized|untrusted|unauthenticated|sensitive|privileges?|credentials?|victim|panics?|unsound\w*|soundness|undefined)$/,
    1,
  ],
  [/^(?:affected|impacted|unaffected|workarounds?|patched|mitigations?|advisory|insecure|improper\w*|crafted)$/, 1],
  [/^(?:cvss|cwe-\d+|severity)$/, 1.5],
];
/** Words of a changelog: what was added, bumped and tidied. */
const AGAINST =
  /^(?:add|added|adds|bump|bumps|bumped|refactor\w*|chore|chores|typo|docs|documentation|deprecat\w*|rename[ds]?|improved?|improvements?|drop|dropped|tests?|ci|refine\w*)$/;
const ENOUGH = 3.5;

/** How much a text reads like a bulletin, 0 to 1; from 0.5 on its versions are taken for claims. */
export function bulletinLikeness({ sentences }: Outline, cveIds: number): number {
  const seen = new Set<number>();
  let tokens = 0;
  let against = 0;
  let items = 0;
  for (const sentence of sentences) {
    if (sentence.kind === "item") items++;
    for (const token of sentence.tokens) {
      if (token.kind !== "word") continue;
      tokens++;
      if (AGAINST.test(token.lower)) against++;
      for (const [i, [word]] of FOR.entries()) if (!seen.has(i) && word.test(token.lower)) seen.add(i);
    }
  }
  const points = [...seen].reduce((sum, i) => sum + (FOR[i]?.[1] ?? 0), cveIds > 0 ? 2 : 0);
  const listed = items > sentences.length / 2 ? 2 : 1;
  const x = points - ENOUGH - Math.min(4, (listed * 40 * against) / Math.max(20, tokens));
  return Math.round((100 * 1) / (1 + Math.exp(-x))) / 100;
}
