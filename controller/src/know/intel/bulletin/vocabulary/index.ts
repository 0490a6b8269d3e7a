import file from "./words.json" with { type: "json" };

/**
 * Words of running text that bulletins of several sources have in common, none of which is a name by itself. Counted in texts of
 * tuned sources (`deploy/models/fit-bulletin-vocabulary.ts`).
 */
const words = new Set(file.words.split(" "));

/** @param word in lower case */
export const isCommonWord = (word: string): boolean => words.has(word);

/** Reads with other words from here on: for measuring what a source is read like that had no part in them. */
export function replaceVocabulary(others: readonly string[]): void {
  words.clear();
  for (const word of others) words.add(word);
}
