import type { Findings } from "./findings.ts";

const SCORE = "(-?\\d{1,3}(?:\\.\\d+)?)(?![\\d.]*\\d|\\s*(?:and|or)\\s+(?:earlier|older|below))";
const FORMS = [
  new RegExp(
    `\\bCVSS(?:\\s*v?[234](?:\\.[01])?(?=[\\s:]))?\\s*(?:base\\s*)?(?:score|rating|severity)?\\s*(?:is|of|at|=|:)?\\s*${SCORE}`,
    "i",
  ),
  new RegExp(`\\b(?:severity|score|rated|scored|scores)\\s*(?:is|of|at|=|:)?\\s*${SCORE}`, "i"),
  new RegExp(`${SCORE}\\s*(?:/\\s*10|out of (?:10|ten)|\\(?CVSS|on the CVSS)`, "i"),
  /** What stands alone in brackets beside an id that was blanked out: "(CVE-2026-1, 9.8)". */
  /\(\s*[,;/]?\s*(\d{1,2}\.\d)\s*\)/,
];
/** Middle of the bands that CVSS names by these words. */
const WORDS: readonly (readonly [RegExp, number])[] = [
  [/\bcritical(?:[- ]severity|\s+(?:vulnerability|flaw|bug|cve|hole|rce))/i, 9.5],
  [/\bhigh(?:[- ]severity|\s+(?:vulnerability|flaw|bug|cve|hole))/i, 8],
  [/\b(?:medium|moderate)(?:[- ]severity|\s+(?:vulnerability|flaw|bug|cve|hole))/i, 5.5],
  [/\blow(?:[- ]severity|\s+(?:vulnerability|flaw|bug|cve|hole))/i, 3],
];

/** The CVSS base score that a text states, 0-10; one outside the scale is said and the nearest end is used. */
export function findCvss(text: string, findings: Findings): { score: number | undefined; parts: string[]; fromWords: boolean } {
  for (const form of FORMS) {
    const match = form.exec(text);
    if (!match) continue;
    const stated = Number(match[1]);
    if (stated >= 0 && stated <= 10) return { score: stated, parts: [match[0]], fromWords: false };
    const assumed = stated > 10 ? 10 : 0;
    findings.contradictions.push({
      statement: `A CVSS score lies between 0 and 10; the text says ${stated}.`,
      values: [stated],
      assumed: `${assumed === 10 ? "10, the cautious reading" : "7.5, since a negative score says nothing"}.`,
    });
    return { score: assumed === 10 ? 10 : 7.5, parts: [match[0]], fromWords: false };
  }
  for (const [words, score] of WORDS) {
    const match = words.exec(text);
    if (!match) continue;
    findings.assumptions.push(`The text says "${match[0]}" and gives no CVSS score: ${score}, the middle of that band, is used.`);
    return { score, parts: [], fromWords: true };
  }
  return { score: undefined, parts: [], fromWords: false };
}
