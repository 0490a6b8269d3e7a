// Fits which of its names a bulletin is about, and writes the weights with where they came from and what they are worth:
//   tsx deploy/models/fit-bulletin-ranker.ts OSV CVE
// OSV holds archives as OSV publishes them, ECOSYSTEM/all.zip; CVE holds cves.zip, records of the CVE list. The same files give the
// same weights. Sources that are held out from the reader's evaluation are not read. Printed beside: of each source, told by one who
// never saw it, the share of texts whose name the rules alone get right, and the rules with the weights.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HELD_OUT, osvSources } from "../../controller/src/know/intel/bulletin/osv-labels.testing.ts";
import { choicesIn, mannerOf } from "../../controller/src/know/intel/bulletin/ranker/choices.testing.ts";
import { chosen } from "../../controller/src/know/intel/bulletin/ranker/index.ts";
import { type Choice, fitRanker, type Weights } from "../../controller/src/know/intel/bulletin/ranker/training.ts";

const TARGET = "controller/src/know/intel/bulletin/ranker/weights.json";
const [osv, cve] = process.argv.slice(2);
if (!osv || !cve) {
  console.error("usage: fit-bulletin-ranker OSV CVE");
  process.exit(2);
}
const choices = await choicesIn(osv, cve);
const digest = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");
const files = [
  ...osvSources(osv)
    .filter((s) => !HELD_OUT.has(`osv/${s}`))
    .map((s) => [`${s}/all.zip`, join(osv, s, "all.zip")] as const),
  ["cves.zip", join(cve, "cves.zip")] as const,
];

/** Sources of few texts are left out together, a part of them at a time. */
const FEW = 40;
const PARTS = 4;
const counts = new Map<string, number>();
for (const choice of choices) counts.set(mannerOf(choice), (counts.get(mannerOf(choice)) ?? 0) + 1);
const small = [...counts].filter(([, n]) => n < FEW).map(([s]) => s);
const partOf = (choice: Choice): string => {
  const at = small.indexOf(mannerOf(choice));
  return at < 0 ? mannerOf(choice) : `few ${at % PARTS}`;
};

interface Shares {
  texts: number;
  rules: number;
  ranker: number;
}
const leftOut = new Map<string, Shares>();
const isRight = (weights: Weights | undefined, { features, points, right }: Choice) => (right[chosen(weights, features, points)] ? 1 : 0);
for (const part of new Set(choices.map(partOf))) {
  const weights = fitRanker(choices.filter((c) => partOf(c) !== part));
  for (const choice of choices) {
    if (partOf(choice) !== part) continue;
    const of = leftOut.get(choice.source) ?? { texts: 0, rules: 0, ranker: 0 };
    leftOut.set(choice.source, of);
    of.texts++;
    of.rules += isRight(undefined, choice);
    of.ranker += isRight(weights, choice);
  }
}
const short = (x: number) => Number(x.toFixed(3));
const meanOf = (kept: (source: string) => boolean) => {
  const of = [...leftOut].filter(([source]) => kept(source)).map(([, s]) => s);
  const mean = (count: (s: Shares) => number) => short(of.reduce((sum, s) => sum + count(s) / s.texts, 0) / Math.max(1, of.length));
  return { sources: of.length, rules: mean((s) => s.rules), ranker: mean((s) => s.ranker) };
};
const provenance = {
  fittedBy: "tsx deploy/models/fit-bulletin-ranker.ts",
  sources: files.map(([file, path]) => ({ file, sha256: digest(path) })),
  texts: choices.length,
  leftOut: {
    means: {
      titled: meanOf((s) => s.startsWith("osv/") && !s.endsWith(" untitled")),
      untitled: meanOf((s) => s.endsWith(" untitled")),
      vendors: meanOf((s) => s.startsWith("cve/")),
      all: meanOf(() => true),
    },
    bySource: Object.fromEntries(
      [...leftOut]
        .filter(([, s]) => s.texts >= 10)
        .sort()
        .map(([source, s]) => [source, { texts: s.texts, rules: short(s.rules / s.texts), ranker: short(s.ranker / s.texts) }]),
    ),
  },
};
writeFileSync(TARGET, `${JSON.stringify({ provenance, weights: fitRanker(choices) }, null, 2)}\n`);
console.log(JSON.stringify(provenance, null, 2));
