import { readdirSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { zipEntries } from "../zip.ts";
import { type Bounds, isNamed, labelledLine, MAX_LABELLED_CHARACTERS, MAX_TEXTS, states } from "./labels.testing.ts";
import type { Line } from "./scoring.testing.ts";

/**
 * Sources whose texts nobody reads or fits to: what the reader is worth on vendors that it was not made for shows in them, and in every
 * second vendor of the CVE list. crates.io was one until its texts were opened, to learn how RustSec writes.
 */
export const HELD_OUT: ReadonlySet<string> = new Set(["osv/opam"]);

const Record = z.object({
  id: z.string(),
  summary: z.string().nullish(),
  details: z.string().nullish(),
  withdrawn: z.string().nullish(),
  affected: z
    .array(
      z.object({
        package: z.object({ name: z.string() }).optional(),
        database_specific: z
          .object({ last_known_affected_version_range: z.string().optional().catch(undefined) })
          .nullish()
          .catch(undefined),
        ranges: z
          .array(
            z.object({
              type: z.string(),
              events: z.array(
                z.object({ introduced: z.string().optional(), fixed: z.string().optional(), last_affected: z.string().optional() }),
              ),
            }),
          )
          .nullish(),
      }),
    )
    .nullish(),
});
type Record = z.infer<typeof Record>;

/** The sources below a directory that holds archives as OSV publishes them, `ECOSYSTEM/all.zip`. */
export const osvSources = (directory: string): string[] =>
  readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && readdirSync(join(directory, entry.name)).includes("all.zip"))
    .map((entry) => entry.name)
    .sort();

/** Paths of the archives of all sources that are not held out, by source. */
export const archivesOf = (directory: string): ReadonlyMap<string, string> =>
  new Map(osvSources(directory).flatMap((source) => (HELD_OUT.has(`osv/${source}`) ? [] : [[source, join(directory, source, "all.zip")]])));

/** Labelled texts of one source, each text once, in the order of the archive. */
export async function* osvLines(directory: string, source: string, most = MAX_TEXTS): AsyncGenerator<Line> {
  const seen = new Set<string>();
  for await (const batch of zipEntries(join(directory, source, "all.zip")))
    for (const entry of batch) {
      if (!entry.name.endsWith(".json")) continue;
      const record = Record.safeParse(JSON.parse(entry.bytes().toString("utf8")));
      const line = record.success ? labelled(record.data, source) : undefined;
      if (!line || seen.has(line.text)) continue;
      seen.add(line.text);
      yield line;
      if (seen.size >= most) return;
    }
}

function labelled(record: Record, source: string): Line | undefined {
  const { summary, details } = record;
  if (record.withdrawn || !details) return undefined;
  const text = summary && !details.replace(/^[#\s]+/, "").startsWith(summary) ? `${summary}\n\n${details}` : details;
  if (text.length > MAX_LABELLED_CHARACTERS) return undefined;
  const ranges = (record.affected ?? []).flatMap((a) => {
    const names = spellings(a.package?.name ?? "");
    // A package that the text does not name cannot be read from it; a text that names none of them is left out.
    const of = { names, neutral: !isNamed(text, names), last: lastKnown(a.database_specific) };
    return (a.ranges ?? []).filter((r) => r.type !== "GIT").flatMap((r) => spans(r.events).map((s) => ({ ...s, ...of })));
  });
  if (!ranges.every((r) => states(text, r.upper))) return undefined;
  return labelledLine(record.id, `osv/${source}`, text, ranges);
}

/** "<= 1.2.3": what the record's author knew to be affected, beside the version that repairs it. */
const lastKnown = (specific: { last_known_affected_version_range?: string | undefined } | null | undefined): string[] => {
  const version = /^<=\s*(\S+)$/.exec(specific?.last_known_affected_version_range ?? "")?.[1];
  return version ? [version] : [];
};
/** Pairs of events that follow each other; what has no end names no version that a text could state. */
function spans(
  events: readonly { introduced?: string | undefined; fixed?: string | undefined; last_affected?: string | undefined }[],
): Bounds[] {
  const found: Bounds[] = [];
  let introduced = "0";
  for (const event of events) {
    // RustSec's "0.3.0-0" is 0.3.0 with all that comes before its release, "0.0.0-0" is the beginning.
    if (event.introduced !== undefined) introduced = event.introduced.replace(/-0$/, "").replace(/^0\.0\.0$/, "0");
    const upper = event.fixed ?? event.last_affected;
    if (upper !== undefined) found.push({ introduced, kind: event.fixed === undefined ? "lastAffected" : "fixed", upper });
  }
  return found;
}

/** "org.foo:bar" is told as bar, "github.com/foo/bar/v2" as bar, "drupal/foo" as foo. */
function spellings(name: string): string[] {
  const path = name.split("/").filter((part) => !/^v\d+$/.test(part));
  return [...new Set([name, path.join("/"), path[path.length - 1] ?? name, name.split(":").pop() ?? name])];
}
