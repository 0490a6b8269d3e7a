// Fits by which words around it a version of a bulletin is told to be a repaired one, and writes the weights with where they came from:
//   tsx deploy/models/fit-bulletin-roles.ts DIR
// DIR holds archives as OSV publishes them, ECOSYSTEM/all.zip. The same files give the same weights. Sources that are held out
// from the reader's evaluation are not opened.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { samplesOf } from "../../controller/src/know/intel/bulletin/left-out.testing.ts";
import { HELD_OUT, osvSources } from "../../controller/src/know/intel/bulletin/osv-labels.testing.ts";
import { chanceOf, fitRoles, type Sample } from "../../controller/src/know/intel/bulletin/roles/training.ts";

const TARGET = "controller/src/know/intel/bulletin/roles/weights.json";
const [directory] = process.argv.slice(2);
if (!directory) {
  console.error("usage: fit-bulletin-roles DIR");
  process.exit(2);
}
const samples: Sample[] = [];
const sources: { file: string; sha256: string; samples: number }[] = [];
for (const source of osvSources(directory).filter((s) => !HELD_OUT.has(`osv/${s}`))) {
  const before = samples.length;
  samples.push(...(await samplesOf(directory, source)));
  if (samples.length > before)
    sources.push({
      file: `${source}/all.zip`,
      sha256: createHash("sha256")
        .update(readFileSync(join(directory, source, "all.zip")))
        .digest("hex"),
      samples: samples.length - before,
    });
}

/** Of each source, told by what was fitted on the others: precision and recall of "repaired" at even chance. */
const leftOut = Object.fromEntries(
  sources
    .filter((s) => s.samples >= 100)
    .map(({ file }) => {
      const source = file.split("/")[0] ?? "";
      const weights = fitRoles(samples.filter((s) => s.source !== source));
      const own = samples.filter((s) => s.source === source);
      const said = own.filter((s) => chanceOf(weights, s.features) >= 0.5);
      const right = said.filter((s) => s.repaired).length;
      const share = (x: number, of: number) => Number((x / Math.max(1, of)).toFixed(3));
      return [source, { precision: share(right, said.length), recall: share(right, own.filter((s) => s.repaired).length) }];
    }),
);
const provenance = { fittedBy: "tsx deploy/models/fit-bulletin-roles.ts", sources, samples: samples.length, leftOut };
writeFileSync(TARGET, `${JSON.stringify({ provenance, weights: fitRoles(samples) }, null, 2)}\n`);
console.log(JSON.stringify(provenance, null, 2));
