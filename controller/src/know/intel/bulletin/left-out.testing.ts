import { mask } from "./mask.ts";
import { osvLines } from "./osv-labels.testing.ts";
import { outline } from "./outline.ts";
import { choicesIn, mannerOf } from "./ranker/choices.testing.ts";
import { replaceRanker } from "./ranker/index.ts";
import { fitRanker } from "./ranker/training.ts";
import { candidatesOf } from "./roles/features.ts";
import { replaceRoles } from "./roles/index.ts";
import { fitRoles, type Sample } from "./roles/training.ts";
import { tokenize } from "./tokens.ts";
import { commonWords, countWords } from "./vocabulary/counting.testing.ts";
import { replaceVocabulary } from "./vocabulary/index.ts";

/** The reader as it is without one source: what of it is fitted to texts (words, roles of versions, choice of names) is fitted to the others' alone. */
export interface WithoutASource {
  /** From here on texts are read as by one who never saw this source; one that had no part in the fit changes nothing. */
  leaveOut(source: string): void;
}

/** @param archives paths of archives as OSV publishes them, by source, none of them held out */
export async function readerWithout(directory: string, archives: ReadonlyMap<string, string>): Promise<WithoutASource> {
  const counts = await countWords(archives);
  const choices = await choicesIn(directory);
  const samples: Sample[] = [];
  for (const source of archives.keys()) samples.push(...(await samplesOf(directory, source)));
  return {
    leaveOut(source) {
      const of = source.replace(/^osv\//, "");
      replaceVocabulary(commonWords(counts, of));
      replaceRoles(fitRoles(samples.filter((s) => s.source !== of)));
      replaceRanker(fitRanker(choices.filter((c) => mannerOf(c) !== `osv/${of}`)));
    },
  };
}

const spelling = (version: string) => version.toLowerCase().replace(/^v/, "");
/** Versions of the labelled texts of one source, and which of them are repaired ones. */
export async function samplesOf(directory: string, source: string): Promise<Sample[]> {
  const samples: Sample[] = [];
  for await (const line of osvLines(directory, source)) {
    const repaired = new Set(line.gold.fixed.map((f) => spelling(f.version)));
    if (repaired.size === 0) continue;
    for (const { sentence, at, features } of candidatesOf(outline(tokenize(mask(line.text))).sentences))
      samples.push({ source, text: line.id, features, repaired: repaired.has(spelling(sentence.tokens[at]?.text ?? "")) });
  }
  return samples;
}
