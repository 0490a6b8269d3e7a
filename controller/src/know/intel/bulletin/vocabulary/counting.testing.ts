import { z } from "zod";
import { zipEntries } from "../../zip.ts";

/** Counts in how many texts of how many sources a word of running text stands, and how often it is the name of what a text is about. */

const TextRecord = z.object({
  id: z.string(),
  summary: z.string().nullish(),
  details: z.string().nullish(),
  affected: z.array(z.object({ package: z.object({ name: z.string() }).optional() })).nullish(),
});
/** A longer text tells of more than one thing; a package made to do harm is described by a form. */
const MAX_CHARACTERS = 20_000;
const MADE_TO_HARM = /^MAL-/;
/** Code and addresses are full of names. */
const NO_PROSE = /```[\s\S]*?```|`[^`\n]*`|https?:\/\/\S+/g;
const WORD = /(?<![\w@/.-])[a-z]{2,30}(?:-[a-z]{1,30}){0,3}(?![\w@/-]|\.\w)/g;

/** Of one word in one source. */
interface Count {
  texts: number;
  named: number;
}
export type Counts = ReadonlyMap<string, ReadonlyMap<string, Count>>;

/** @returns for each source, its words */
export async function countWords(archives: ReadonlyMap<string, string>): Promise<Counts> {
  const counts = new Map<string, Map<string, Count>>();
  for (const [source, archive] of archives) {
    const words = new Map<string, Count>();
    counts.set(source, words);
    for await (const batch of zipEntries(archive))
      for (const entry of batch) {
        if (!entry.name.endsWith(".json")) continue;
        const record = TextRecord.safeParse(JSON.parse(entry.bytes().toString("utf8")));
        if (record.success && !MADE_TO_HARM.test(record.data.id)) count(record.data, words);
      }
  }
  return counts;
}

function count({ summary, details, affected }: z.infer<typeof TextRecord>, words: Map<string, Count>): void {
  const text = `${summary ?? ""}\n${details ?? ""}`;
  if (text.length > MAX_CHARACTERS) return;
  const names = new Set(
    (affected ?? []).flatMap((a) => {
      const name = a.package?.name.toLowerCase() ?? "";
      return [name, ...name.split(/[^a-z0-9]+/)];
    }),
  );
  for (const word of new Set(text.replace(NO_PROSE, " ").match(WORD))) {
    const of = words.get(word) ?? { texts: 0, named: 0 };
    of.texts++;
    if (names.has(word)) of.named++;
    words.set(word, of);
  }
}

/** A word of fewer sources is one source's manner; one that is often a name is more than a word. */
const MIN_SOURCES = 3;
const MIN_TEXTS = 5;
const MOST_NAMED = 0.2;

/** The words that sources have in common, sorted. @param leftOut a source whose texts are not to be counted */
export function commonWords(counts: Counts, leftOut?: string): string[] {
  const all = new Map<string, { sources: number; texts: number; named: number }>();
  for (const [source, words] of counts) {
    if (source === leftOut) continue;
    for (const [word, { texts, named }] of words) {
      const of = all.get(word) ?? { sources: 0, texts: 0, named: 0 };
      of.sources++;
      of.texts += texts;
      of.named += named;
      all.set(word, of);
    }
  }
  return [...all]
    .flatMap(([word, { sources, texts, named }]) =>
      sources >= MIN_SOURCES && texts >= MIN_TEXTS && named < MOST_NAMED * texts ? [word] : [],
    )
    .sort();
}
