import { expectOk } from "@breakwater/shared/core";
import { z } from "zod";
import { type Affected, readBulletin } from "./index.ts";

/**
 * Scores what is read from a labelled text as the labels' own description has it: pairs of name and version, names leniently
 * (letters and digits alike, or one name's words all in the other), versions by spelling without a leading v and trailing zeros, a
 * lower bound of 0 not at all. A lower bound that the text does not state is neither wanted nor wrong; another one in its place is
 * wrong. Whether a bound is read as the last affected version or the first safe one is told apart, beside the pairs.
 */
export const lineSchema = z.object({
  id: z.string(),
  source: z.string(),
  text: z.string(),
  judge: z.array(z.string()),
  gold: z.object({
    ids: z.array(z.string()),
    severity: z.string().nullable(),
    fixed: z.array(z.object({ names: z.array(z.string()), version: z.string(), neutral: z.boolean().optional() })),
    ranges: z.array(
      z.object({
        names: z.array(z.string()),
        introduced: z.string().nullable(),
        introducedStated: z.boolean(),
        uppers: z.array(z.tuple([z.string(), z.string()])),
        neutral: z.boolean().optional(),
      }),
    ),
  }),
});
export type Line = z.infer<typeof lineSchema>;

class Counts {
  right = 0;
  wrong = 0;
  missed = 0;
  add(other: Counts): void {
    this.right += other.right;
    this.wrong += other.wrong;
    this.missed += other.missed;
  }
  get empty(): boolean {
    return this.right + this.wrong + this.missed === 0;
  }
  get f1(): number {
    return (2 * this.right) / Math.max(1, 2 * this.right + this.wrong + this.missed);
  }
  toString(): string {
    const precision = this.right / Math.max(1, this.right + this.wrong);
    const recall = this.right / Math.max(1, this.right + this.missed);
    const f1 = this.f1;
    return `P ${precision.toFixed(3)} R ${recall.toFixed(3)} F1 ${f1.toFixed(3)} (${this.right} right, ${this.wrong} wrong, ${this.missed} missed)`;
  }
}

const letters = (text: string) => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
const wordSet = (text: string) =>
  new Set(
    text
      .toLowerCase()
      .split(/[^\p{L}\p{N}]+/u)
      .filter(Boolean),
  );
export function nameMatches(ours: string, accepted: readonly string[]): boolean {
  return accepted.some((name) => {
    if (letters(name) === letters(ours)) return true;
    const [a, b] = [wordSet(name), wordSet(ours)];
    return a.size > 0 && b.size > 0 && ([...a].every((w) => b.has(w)) || [...b].every((w) => a.has(w)));
  });
}
const spelling = (version: string) =>
  version
    .trim()
    .toLowerCase()
    .replace(/^v\.?\s*/, "")
    .replace(/(?:\.0+)+$/, "");
const isZero = (version: string) => /^0(?:\.0)*$/.test(spelling(version));

interface Pair {
  readonly name: string;
  readonly version: string;
}
const unique = (pairs: readonly Pair[]): Pair[] => {
  const seen = new Map(pairs.map((p) => [`${letters(p.name)} ${spelling(p.version)}`, p]));
  return [...seen.values()];
};
const fixedPairs = (affected: readonly Affected[]) =>
  unique(
    affected.flatMap((a) =>
      [a.fixedVersion, ...a.ranges.map((r) => r.fixed ?? null)].flatMap((v) => (v ? [{ name: a.package, version: v }] : [])),
    ),
  );
const upperPairs = (affected: readonly Affected[]) =>
  unique(
    affected.flatMap((a) =>
      (a.ranges.length > 0 ? a.ranges.map((r) => r.fixed ?? r.lastAffected ?? null) : [a.fixedVersion]).flatMap((v) =>
        v ? [{ name: a.package, version: v }] : [],
      ),
    ),
  );
const lowerPairs = (affected: readonly Affected[]) =>
  unique(affected.flatMap((a) => a.ranges.flatMap((r) => (isZero(r.introduced) ? [] : [{ name: a.package, version: r.introduced }]))));

interface Wanted {
  readonly names: readonly string[];
  readonly versions: readonly string[];
  readonly neutral: boolean;
}
/** Each pair takes at most one wanted thing; a pair that matches something neutral is neither right nor wrong. */
function compare(counts: Counts, pairs: readonly Pair[], wanted: readonly Wanted[], byName = true): string[] {
  const open = new Set(wanted);
  const told: string[] = [];
  for (const pair of pairs) {
    const matches = wanted.filter(
      (w) => w.versions.some((v) => spelling(v) === spelling(pair.version)) && (!byName || nameMatches(pair.name, w.names)),
    );
    const match = matches.find((w) => open.has(w) && !w.neutral) ?? matches[0];
    if (!match) {
      counts.wrong++;
      told.push(`WRONG ${pair.name} ${pair.version}`);
    } else if (open.delete(match) && !match.neutral) counts.right++;
  }
  for (const w of open) {
    if (w.neutral) continue;
    counts.missed++;
    told.push(`MISSED ${w.names[0]} ${w.versions.join("|")}`);
  }
  return told;
}

/** Of upper bounds whose name and version are right: whether the last affected version is taken for the first safe one or the reverse. */
function kinds(counts: Counts, affected: readonly Affected[], gold: Line["gold"]["ranges"]): void {
  for (const { package: name, ranges } of affected)
    for (const { fixed, lastAffected } of ranges) {
      const version = fixed ?? lastAffected ?? "";
      const kind = fixed === undefined ? "lastAffected" : "fixed";
      const uppers = gold.filter((g) => !g.neutral && nameMatches(name, g.names)).flatMap((g) => g.uppers);
      const same = uppers.filter(([, v]) => spelling(v) === spelling(version));
      if (same.length === 0) continue;
      if (same.some(([k]) => k === kind)) counts.right++;
      else counts.wrong++;
    }
}

/** One text may want a version of several packages; without names it is one. */
const eachVersionOnce = (wanted: readonly Wanted[]): Wanted[] => [
  ...new Map(wanted.map((w) => [w.versions.map(spelling).sort().join(" "), w])).values(),
];

/** "Alone" tells of the same pairs which versions were read, whatever name they were given to. */
export const FIELDS = [
  "ids",
  "fixed",
  "ranges",
  "severity",
  "fixed versions alone",
  "range bounds alone",
  "kinds of upper bounds",
] as const;
export type Scores = Record<(typeof FIELDS)[number], Counts>;
export const newScores = () => Object.fromEntries(FIELDS.map((f) => [f, new Counts()])) as Scores;

/** Adds one text's counts to `scores`; returns what was wrong or missed, in words. */
export function score(line: Line, scores: Scores): string[] {
  const { affected, ids, severity } = expectOk(readBulletin(line.text));
  const told: string[] = [];
  const judged = new Set(line.judge);
  if (judged.has("ids")) {
    for (const id of new Set([...ids, ...line.gold.ids])) {
      if (ids.includes(id) && line.gold.ids.includes(id)) scores.ids.right++;
      else if (ids.includes(id)) scores.ids.wrong++;
      else scores.ids.missed++;
    }
  }
  const both = (field: "fixed" | "ranges", pairs: readonly Pair[], wanted: readonly Wanted[], label: string) => {
    told.push(...compare(scores[field], pairs, wanted).map((t) => `${label} ${t}`));
    const versions = [...new Map(pairs.map((p) => [spelling(p.version), p])).values()];
    compare(scores[field === "fixed" ? "fixed versions alone" : "range bounds alone"], versions, eachVersionOnce(wanted), false);
  };
  if (judged.has("fixed"))
    both(
      "fixed",
      fixedPairs(affected),
      line.gold.fixed.map((f) => ({ names: f.names, versions: [f.version], neutral: f.neutral ?? false })),
      "fixed",
    );
  if (judged.has("ranges")) {
    const gold = line.gold.ranges;
    both(
      "ranges",
      upperPairs(affected),
      gold.map((r) => ({ names: r.names, versions: r.uppers.map(([, v]) => v), neutral: r.neutral ?? false })),
      "upper",
    );
    kinds(scores["kinds of upper bounds"], affected, gold);
    // Lower bounds that the text does not state are neither wanted nor wrong.
    const lowers = gold.flatMap((r) =>
      r.introduced && !isZero(r.introduced)
        ? [{ names: r.names, versions: [r.introduced], neutral: (r.neutral ?? false) || !r.introducedStated }]
        : [],
    );
    told.push(...compare(scores.ranges, lowerPairs(affected), lowers).map((t) => `lower ${t}`));
  }
  if (judged.has("severity")) {
    if (severity === line.gold.severity) scores.severity.right += severity === null ? 0 : 1;
    else {
      if (severity !== null) scores.severity.wrong++;
      if (line.gold.severity !== null) scores.severity.missed++;
      told.push(`severity said ${severity}, is ${line.gold.severity}`);
    }
  }
  return told;
}
