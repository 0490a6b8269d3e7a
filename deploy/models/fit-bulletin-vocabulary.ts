// Counts which words the texts of bulletins have in common, and writes them with where they came from:
//   tsx deploy/models/fit-bulletin-vocabulary.ts DIR
// DIR holds archives as OSV publishes them, ECOSYSTEM/all.zip. The same files give the same words. Sources that are held out
// from the reader's evaluation are not opened.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { archivesOf } from "../../controller/src/know/intel/bulletin/osv-labels.testing.ts";
import { commonWords, countWords } from "../../controller/src/know/intel/bulletin/vocabulary/counting.testing.ts";

const TARGET = "controller/src/know/intel/bulletin/vocabulary/words.json";
const [directory] = process.argv.slice(2);
if (!directory) {
  console.error("usage: fit-bulletin-vocabulary DIR");
  process.exit(2);
}
const archives = archivesOf(directory);
const words = commonWords(await countWords(archives));
const sources = [...archives].map(([source, archive]) => ({
  file: `${source}/all.zip`,
  sha256: createHash("sha256").update(readFileSync(archive)).digest("hex"),
}));
const provenance = { fittedBy: "tsx deploy/models/fit-bulletin-vocabulary.ts", sources, words: words.length };
writeFileSync(TARGET, `${JSON.stringify({ provenance, words: words.join(" ") }, null, 2)}\n`);
console.log(JSON.stringify(provenance, null, 2));
