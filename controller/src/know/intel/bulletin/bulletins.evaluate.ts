import { expectOk } from "@breakwater/shared/core";
import { readBulletin } from "./index.ts";
import { GROUPS, groupOf, hasTexts, negativesIn, textsIn } from "./labelled-texts.testing.ts";
import { readerWithout } from "./left-out.testing.ts";
import { archivesOf } from "./osv-labels.testing.ts";
import { replaceRanker, SHIPPED } from "./ranker/index.ts";
import { FIELDS, type Line, newScores, type Scores, score } from "./scoring.testing.ts";

/**
 * Measures the reader on labelled bulletins: `npm run evaluate -- bulletins DIR [--held-out] [--left-out ARCHIVES] [--rules] [--most TEXTS] [--show SOURCE]`.
 *
 * DIR holds labelled texts, or records of the CVE list (each vendor that assigns ids is a source of its own), or archives as OSV
 * publishes them; the latter two are labelled by the records' own fields: many more texts, with coarser labels.
 *
 * The rules were made from the texts of the tuned and opened sources. The texts of those held out have not been read: opam, and
 * every second vendor of the CVE list (crates.io was held out too, until it was opened). Their figures are told only when asked for, and only together: every look at them
 * is a temptation to tune.
 *
 * `--left-out` reads each tuned source as one who never saw it: what of the reader is fitted is fitted anew to the archives of the
 * others (OSV's, of a directory). The grammar itself was made with all tuned sources in view, which no refit undoes.
 *
 * `--rules` tells besides what the reader is worth that chooses names by its rules alone, without the fitted weights. `--most` reads
 * more of OSV's texts than tell a source from another one: the rare mistakes show in thousands.
 */
const [directory, ...flags] = process.argv.slice(2);
if (!directory || !hasTexts(directory)) {
  process.stderr.write("Give a directory with bulletins.jsonl.gz, with cves.zip, or with archives of OSV, ECOSYSTEM/all.zip.\n");
  process.exit(2);
}
const after = (flag: string) => (flags.includes(flag) ? flags[flags.indexOf(flag) + 1] : undefined);
const shown = after("--show");
const archives = after("--left-out");

const write = (line: string) => process.stdout.write(`${line}\n`);
const started = performance.now();
const bySource = new Map<string, Line[]>();
const most = after("--most");
for await (const line of textsIn(directory, flags.includes("--held-out"), most === undefined ? undefined : Number(most)))
  bySource.set(line.source, [...(bySource.get(line.source) ?? []), line]);

/** @param before is called before the texts of each source */
function measure(before: (source: string) => void = () => {}): Map<string, Scores> {
  const sources = new Map<string, Scores>();
  for (const [source, lines] of bySource) {
    before(source);
    const scores = newScores();
    sources.set(source, scores);
    for (const line of lines) {
      const told = score(line, scores);
      if (shown !== undefined && source.startsWith(shown) && groupOf(source) !== "held out" && told.length > 0)
        write(`${source} ${line.id}: ${told.join("; ")}`);
    }
  }
  return sources;
}

const tell = (name: string, scores: Scores) => {
  for (const field of FIELDS) if (!scores[field].empty) write(`${name.padEnd(32)} ${field.padEnd(22)} ${scores[field]}`);
};
/** Each source counts the same here, however many texts it has: what was fitted to the layout of a large one shows. */
function tellMean(name: string, sources: ReadonlyMap<string, Scores>): void {
  for (const field of ["fixed", "ranges"] as const) {
    const judged = [...sources].filter(([, scores]) => !scores[field].empty);
    if (judged.length === 0) continue;
    const mean = judged.reduce((sum, [, scores]) => sum + scores[field].f1, 0) / judged.length;
    const worst = judged.reduce((a, b) => (b[1][field].f1 < a[1][field].f1 ? b : a));
    const least = groupOf(worst[0]) === "held out" ? "" : `, the least ${worst[1][field].f1.toFixed(3)} (${worst[0]})`;
    write(`${name.padEnd(32)} ${field.padEnd(22)} F1 ${mean.toFixed(3)} of ${judged.length}${least}`);
  }
}

const sources = measure();
for (const [source, scores] of [...sources].sort()) if (groupOf(source) !== "held out") tell(`${source} (${groupOf(source)})`, scores);
for (const group of GROUPS) {
  const of = new Map([...sources].filter(([source]) => groupOf(source) === group));
  const total = newScores();
  for (const scores of of.values()) for (const field of FIELDS) total[field].add(scores[field]);
  tell(group, total);
  tellMean(`${group}: mean over sources`, of);
}

if (flags.includes("--rules")) {
  replaceRanker(undefined);
  const byRules = measure();
  for (const group of GROUPS)
    tellMean(`${group}, names by rules: mean`, new Map([...byRules].filter(([source]) => groupOf(source) === group)));
  replaceRanker(SHIPPED);
}

let claiming = 0;
const negatives = negativesIn(directory);
for (const { id, text } of negatives) {
  const { affected, ids, severity } = expectOk(readBulletin(text));
  if (affected.length + ids.length === 0 && severity === null) continue;
  claiming++;
  write(
    `${id} is no bulletin, and claims ${JSON.stringify({ ids, affected: affected.map((a) => [a.package, a.ranges, a.fixedVersion]), severity })}`,
  );
}
write(`texts that are no bulletins and claim something: ${claiming} of ${negatives.length}`);

if (archives !== undefined) {
  const reader = await readerWithout(archives, archivesOf(archives));
  for (const source of [...bySource.keys()]) if (groupOf(source) === "held out") bySource.delete(source);
  const without = measure((source) => reader.leaveOut(source));
  for (const [source, scores] of [...without].sort())
    for (const field of ["fixed", "ranges"] as const)
      if (!scores[field].empty) write(`${`${source} left out`.padEnd(32)} ${field.padEnd(22)} ${scores[field]}`);
  tellMean("left out: mean over sources", without);
}
write(`${((performance.now() - started) / 1000).toFixed(1)} s`);
