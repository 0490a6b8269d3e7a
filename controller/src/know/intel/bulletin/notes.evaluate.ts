import { existsSync } from "node:fs";
import { join } from "node:path";
import { expectOk } from "@breakwater/shared/core";
import { z } from "zod";
import { zipEntries } from "../zip.ts";
import { readBulletin } from "./index.ts";
import { negativesIn } from "./labelled-texts.testing.ts";
import file from "./notes-labels.testing.json" with { type: "json" };

/**
 * Measures what the reader notes for who plans a patch (restart, regression, configuration, known issue, workaround, end of
 * support): `npm run evaluate -- notes DIR`, DIR with `osv/ECOSYSTEM/all.zip` and `bulletins/negatives.jsonl.gz`.
 *
 * The labels are by hand, one sentence each, of bulletins, package updates and release notes, given before the reader was asked.
 * Sentences were drawn by words that any such statement might have ("restart", "regression", "config", "default", "after
 * upgrading", "workaround", "no longer" and the like), so that recall is of what uses such words; most of the drawn say nothing to
 * note. Where a person could not decide, the sentence was left out. After the misses of the first sample had been looked at and the
 * rules changed, a second one was drawn from other texts: the figures on that one are the honest ones.
 */
const directory = process.argv[2];
if (!directory || !existsSync(join(directory, "osv"))) {
  process.stderr.write("Give a directory with osv/ECOSYSTEM/all.zip and bulletins/negatives.jsonl.gz.\n");
  process.exit(2);
}
const Label = z.object({
  source: z.string(),
  id: z.string(),
  start: z.number(),
  kind: z.string().nullable(),
  sample: z.enum(["tuned", "fresh"]),
});
type Label = z.infer<typeof Label>;
const labels = file.labels.map((l) => Label.parse(l));

interface Counts {
  right: number;
  wrong: number;
  missed: number;
}
const none = (): Counts => ({ right: 0, wrong: 0, missed: 0 });
const count = { tuned: new Map<string, Counts>(), fresh: new Map<string, Counts>() };
let read = 0;
function judge(text: string, wanted: readonly Label[]): void {
  const { notes } = expectOk(readBulletin(text));
  for (const { start, kind, source, id, sample } of wanted) {
    read++;
    const of = (k: string): Counts => {
      const counts = count[sample].get(k) ?? none();
      count[sample].set(k, counts);
      return counts;
    };
    const told = new Set<string>(notes.filter((n) => n.span.start === start).map((n) => n.kind));
    if (kind !== null && told.has(kind)) of(kind).right++;
    else if (kind !== null) of(kind).missed++;
    const wrong = [...told].filter((k) => k !== kind);
    for (const k of wrong) of(k).wrong++;
    if (process.argv.includes("--show") && (wrong.length > 0 || (kind !== null && !told.has(kind))))
      process.stdout.write(`${source} ${id} at ${start}: said ${[...told].join(", ") || "nothing"}, is ${kind ?? "nothing"}\n`);
  }
}

const Details = z.object({ id: z.string(), summary: z.string().nullish(), details: z.string().nullish() });
for (const source of new Set(labels.map((l) => l.source))) {
  const byText = new Map<string, Label[]>();
  for (const l of labels) if (l.source === source) byText.set(l.id, [...(byText.get(l.id) ?? []), l]);
  if (source === "negatives") {
    for (const { id, text } of negativesIn(join(directory, "bulletins"))) judge(text, byText.get(id) ?? []);
    continue;
  }
  for await (const batch of zipEntries(join(directory, source, "all.zip")))
    for (const entry of batch) {
      const wanted = byText.get(entry.name.replace(/^.*\//, "").replace(/\.json$/, ""));
      if (!wanted) continue;
      const { summary, details } = Details.parse(JSON.parse(entry.bytes().toString("utf8")));
      judge(`${summary ?? ""}\n\n${details ?? ""}`, wanted);
    }
}
if (read < labels.length) process.stdout.write(`${labels.length - read} labelled sentences are not in these texts\n`);
const tell = (name: string, { right, wrong, missed }: Counts) => {
  const share = (x: number) => (right / Math.max(1, right + x)).toFixed(3);
  process.stdout.write(
    `${name.padEnd(16)} precision ${share(wrong)} recall ${share(missed)} (${right} right, ${wrong} wrong, ${missed} missed)\n`,
  );
};
for (const sample of ["tuned", "fresh"] as const) {
  const own = labels.filter((l) => l.sample === sample);
  process.stdout.write(`${sample}: ${own.length} sentences, ${own.filter((l) => l.kind === null).length} of them with nothing to note\n`);
  const total = none();
  for (const [kind, counts] of [...count[sample]].sort()) {
    tell(kind, counts);
    for (const part of ["right", "wrong", "missed"] as const) total[part] += counts[part];
  }
  tell("all", total);
}
