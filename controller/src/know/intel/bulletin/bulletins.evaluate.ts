import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expectOk } from "@breakwater/shared/core";
import { z } from "zod";
import { readBulletin } from "./index.ts";
import { HELD_OUT, osvLines, osvSources } from "./osv-labels.testing.ts";
import { FIELDS, type Line, lineSchema, newScores, type Scores, score } from "./scoring.testing.ts";

/**
 * Measures the reader on labelled bulletins: `npm run evaluate -- bulletins DIR [--show SOURCE] [--held-out]`.
 *
 * The rules were made from the texts of the tuned sources. Of the sources kept aside at first (Bitnami, Hackage, crates.io,
 * opam), the first half in the order of their names was opened later to find general causes of misses; the texts of the
 * second half have not been read. Their figures are told only when asked for: every look at them is a temptation to tune.
 *
 * Any directory of the same form can be given, and one of archives as OSV publishes them (`ECOSYSTEM/all.zip`), whose records
 * are labelled by their own fields: many more texts of the same sources, with coarser labels. The same sources stay held out.
 */
const TUNED = new Set(
  "PyPI npm Maven AlmaLinux SUSE NuGet Packagist RubyGems"
    .split(" ")
    .map((s) => `osv/${s}`)
    .concat("csaf/listed", "csaf/prose"),
);
const GROUPS = ["tuned", "opened", "held out"] as const;
type Group = (typeof GROUPS)[number];
const groupOf = (source: string): Group => (TUNED.has(source) ? "tuned" : HELD_OUT.has(source) ? "held out" : "opened");

const read = (path: string) =>
  gunzipSync(readFileSync(path))
    .toString("utf8")
    .split("\n")
    .filter((l) => l !== "")
    .map((l) => JSON.parse(l) as unknown);

const [directory, ...flags] = process.argv.slice(2);
const labelled = directory !== undefined && readdirSync(directory).includes("bulletins.jsonl.gz");
if (!directory || (!labelled && osvSources(directory).length === 0)) {
  process.stderr.write(
    "Give a directory with bulletins.jsonl.gz and negatives.jsonl.gz, or one with archives of OSV, ECOSYSTEM/all.zip.\n",
  );
  process.exit(2);
}
const heldOut = flags.includes("--held-out");
const shown = flags.includes("--show") ? flags[flags.indexOf("--show") + 1] : undefined;
const sources = new Map<string, Scores>();
const totals = new Map<string, Scores>();
const of = (map: Map<string, Scores>, key: string): Scores => {
  const scores = map.get(key) ?? newScores();
  map.set(key, scores);
  return scores;
};
async function* lines(from: string): AsyncGenerator<Line> {
  if (labelled) for (const line of read(join(from, "bulletins.jsonl.gz"))) yield lineSchema.parse(line);
  else for (const source of osvSources(from)) if (heldOut || !HELD_OUT.has(`osv/${source}`)) yield* osvLines(from, source);
}
const started = performance.now();
for await (const line of lines(directory)) {
  const group = groupOf(line.source);
  if (group === "held out" && !heldOut) continue;
  const told = score(line, of(sources, line.source));
  score(line, of(totals, group));
  if (shown !== undefined && line.source.startsWith(shown) && group !== "held out" && told.length > 0)
    process.stdout.write(`${line.source} ${line.id}: ${told.join("; ")}\n`);
}
const tell = (name: string, scores: Scores) => {
  for (const field of FIELDS) if (!scores[field].empty) process.stdout.write(`${name.padEnd(32)} ${field.padEnd(20)} ${scores[field]}\n`);
};
for (const [name, scores] of [...sources].sort()) if (groupOf(name) !== "held out") tell(`${name} (${groupOf(name)})`, scores);
for (const group of GROUPS) tell(group, of(totals, group));
// Each source counts the same here, however many texts it has: what was fitted to the layout of a large one shows.
for (const field of ["fixed", "ranges"] as const) {
  const left = [...sources].filter(([name, scores]) => groupOf(name) !== "held out" && !scores[field].empty);
  if (left.length === 0) continue;
  const mean = left.reduce((sum, [, scores]) => sum + scores[field].f1, 0) / left.length;
  const worst = left.reduce((a, b) => (b[1][field].f1 < a[1][field].f1 ? b : a));
  process.stdout.write(
    `${"mean over sources".padEnd(32)} ${field.padEnd(20)} F1 ${mean.toFixed(3)} of ${left.length}, the least ${worst[1][field].f1.toFixed(3)} (${worst[0]})\n`,
  );
}
let claiming = 0;
const negatives = (labelled ? read(join(directory, "negatives.jsonl.gz")) : []).map((l) =>
  z.object({ id: z.string(), text: z.string() }).parse(l),
);
for (const { id, text } of negatives) {
  const { affected, ids, severity } = expectOk(readBulletin(text));
  if (affected.length + ids.length === 0 && severity === null) continue;
  claiming++;
  process.stdout.write(
    `${id} is no bulletin, and claims ${JSON.stringify({ ids, affected: affected.map((a) => [a.package, a.ranges, a.fixedVersion]), severity })}\n`,
  );
}
process.stdout.write(
  `texts that are no bulletins and claim something: ${claiming} of ${negatives.length}; ${((performance.now() - started) / 1000).toFixed(1)} s\n`,
);
