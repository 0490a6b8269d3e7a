/**
 * How much the form of a text speaks for a changelog or release notes, by lines that hardly any bulletin has. Points are
 * weighed against the words of a bulletin in `likeness.ts`.
 */
const MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}";
const DATE = `(?:\\d{4}[-/.]\\d{1,2}[-/.]\\d{1,2}|\\d{1,2}[-/.]\\d{1,2}[-/.]\\d{4}|${MONTH}\\.? \\d{1,2}(?:st|nd|rd|th)?,? \\d{4}|\\d{1,2}(?:st|nd|rd|th)?[ -]${MONTH}\\.?,?[ -]\\d{4}|${MONTH} \\d{4})`;
/** deb-changelog(5), the format of GNU's ChangeLog, and the %changelog of rpm: each has a line that nothing else has. */
const FORMAT = [
  /^[a-z0-9][a-z0-9+.-]{1,60} \([^()\s]{1,80}\) [\w .-]{2,60}; urgency=/,
  /^\d{4}-\d\d-\d\d {1,2}\S[^<>\n]{1,80}<[^<>\s]{3,80}>\s{0,3}$/,
  /^\w{3} \w{3} {1,2}\d{1,2} [\d:]{8} \w{0,5} ?\d{4} {1,2}\S[^<>\n]{1,80}<[^<>\s]{3,80}>/,
  /^\* \w{3} \w{3} {1,2}\d{1,2} \d{4} \S[^<>\n]{1,80}<[^<>\s]{3,80}>/,
];
const OPENING =
  "[#=*>\\s]{0,8}(?:\\[|\\b)?(?:(?:version|release|released|changes in|changes for|what's new in|notable changes in|noteworthy changes in) ){0,2}";
const VERSION = "\\[?v?\\d{1,4}(?:\\.\\d{1,4}){1,3}(?:[-.+~]?[a-z0-9]{1,12}){0,3}\\]?";
/** "## [1.2.3] - 2024-03-24", "v0.7.0 (Nov 16, 2013)", "Noteworthy changes in release 1.10 (2018-12-29) [stable]". */
const DATED = new RegExp(
  `^${OPENING}(?:[\\w.-]{1,40} )?${VERSION}[\\s:,/()[\\]–—|*_-]{1,8}(?:released? )?(?:on )?(?:${DATE}|unreleased)`,
  "i",
);
/** "Major changes between OpenSSL 3.0.1 and OpenSSL 3.0.2", "Changes since polkit 0.112:". */
const BETWEEN = /^[#=*\s]{0,8}(?:[\w-]{1,20} ){0,3}changes? (?:between|from|since|relative to|in|for)\b.{0,60}\d/i;
/** A line of nothing but a version; a heading, or with a list or a rule under it. */
const BARE = new RegExp(`^${OPENING}${VERSION}[\\s:*]{0,5}$`, "i");
const UNDER = /^\s{0,8}(?:[-*+•] |[-=~]{3,}\s*$)/;
/** "fix(parser): ...", and an item that ends in the commit that it is of. */
const COMMITTED =
  /^\s{0,8}[-*] (?:(?:feat|fix|chore|docs|refactor|perf|test|build|ci|style|revert|deps)(?:\([^()]{1,60}\))?!?: |.{10,400}[\s([][0-9a-f]{7,40}[\])\s]{0,6}$)/i;
/** What changes begin with. */
const CHANGE =
  /^\s{0,8}[-*+•] (?:\[[\w .-]{1,30}\] )?(?:add(?:ed|s)?|bump(?:ed|s)?|fix(?:ed|es)?|remov(?:e|ed|es)|updat(?:ed|es)|chang(?:e|ed|es)|drop(?:ped|s)?|improv(?:e|ed|es|ements?)|renam(?:e|ed|es)|refactor(?:ed|s)?|deprecat(?:e|ed|es)|support(?:ed|s)?|mov(?:e|ed|es)|replac(?:e|ed|es)|introduc(?:e|ed|es)|implement(?:ed|s)?|allow(?:ed|s)?|enabl(?:e|ed|es)|switch(?:ed|es)?|new|use|make|rework(?:ed|s)?|clean(?:ed|s)?|convert(?:ed|s)?|correct(?:ed|s)?|avoid(?:ed|s)?|handl(?:e|ed|es)|dev|docs?|tests?|build|ci)\b/i;
const ITEM = /^\s{0,8}[-*+•] \S/;
const TITLE = /^[#=*\s]{0,8}(?:[\w .-]{0,40} )?(?:change ?-?log|release notes?|what'?s new|news|(?:release |version )?history|changes)\b/i;

/** More than all words of danger together can say. */
const CERTAIN = 30;
/** At most so many lines are looked at, each up to so many characters: a form shows at once. */
const MAX_LINES = 2_000;
const MAX_LINE = 500;

/** @param text masked; @returns points, 0 for a text without any such form */
export function changelogForm(text: string): number {
  const lines = text.split("\n", MAX_LINES).map((line) => line.slice(0, MAX_LINE));
  const count = { format: 0, dated: 0, bare: 0, committed: 0, changes: 0, items: 0 };
  for (const [i, line] of lines.entries()) {
    if (FORMAT.some((format) => format.test(line))) count.format++;
    else if (DATED.test(line) || BETWEEN.test(line)) count.dated++;
    else if (BARE.test(line) && (line.startsWith("#") || UNDER.test(next(lines, i)))) count.bare++;
    if (!ITEM.test(line)) continue;
    count.items++;
    if (COMMITTED.test(line)) count.committed++;
    else if (CHANGE.test(line)) count.changes++;
  }
  const first = lines.find((line) => line.trim() !== "") ?? "";
  return (
    (count.format > 0 ? CERTAIN : 0) +
    Math.min(CERTAIN, 3.5 * count.dated) +
    Math.min(6, 1.5 * Math.max(0, count.bare - 1)) +
    Math.min(8, 1.5 * count.committed) +
    (count.items > 1 && count.changes * 2 >= count.items ? Math.min(3, count.changes) : 0) +
    (TITLE.test(first) ? 3 : 0)
  );
}

/** The next line that says anything. */
const next = (lines: readonly string[], at: number): string => lines.slice(at + 1, at + 4).find((line) => line.trim() !== "") ?? "";
