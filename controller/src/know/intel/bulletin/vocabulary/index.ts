import file from "./words.json" with { type: "json" };

/**
 * Words of running text that bulletins of several sources have in common, none of which is a name by itself. Counted in texts of
 * tuned sources (`deploy/models/fit-bulletin-vocabulary.ts`).
 */
const words = new Set(file.words.split(" "));

const STEM = 6;
/** Beginnings of the longer ones: "concatenate" is a word where "concatenation" is one. */
const stems = new Set<string>();
const addStems = () => {
  for (const word of words) if (word.length > STEM && !word.includes("-")) stems.add(word.slice(0, STEM));
};
addStems();

/** @param word in lower case */
export const isCommonWord = (word: string): boolean => words.has(word);

/** Whether it is a common word, a form of one, or put together of such: "heap-based", "sanitizers". @param word in lower case */
export const isWordLike = (word: string): boolean =>
  word
    .split("-")
    .every((part) => words.has(part) || (part.length > STEM && stems.has(part.slice(0, STEM))) || bases(part).some((b) => words.has(b)));
const bases = (word: string): string[] => [
  word.replace(/(?:e?s|e?d|ing|e?r|ly)$/, ""),
  word.replace(/s$/, ""),
  word.replace(/(?:ed|ing|er)$/, "e"),
  word.replace(/ies$/, "y"),
];

/** Reads with other words from here on: for measuring what a source is read like that had no part in them. */
export function replaceVocabulary(others: readonly string[]): void {
  words.clear();
  for (const word of others) words.add(word);
  stems.clear();
  addStems();
}
