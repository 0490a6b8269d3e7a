import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { z } from "zod";
import { cveLines, isVendorHeldOut } from "./cve-labels.testing.ts";
import { HELD_OUT, osvLines, osvSources } from "./osv-labels.testing.ts";
import { type Line, lineSchema } from "./scoring.testing.ts";

/** Labelled texts of a directory, and to whom they belong: what was read to make the rules, and what nobody has read. */

/** The texts that the rules were made from at first. */
const TUNED = new Set(
  "PyPI npm Maven AlmaLinux SUSE NuGet Packagist RubyGems"
    .split(" ")
    .map((s) => `osv/${s}`)
    .concat("csaf/listed", "csaf/prose"),
);
/** `opened`: was kept aside at first, and read later to find general causes of misses. */
export const GROUPS = ["tuned", "opened", "held out"] as const;
export type Group = (typeof GROUPS)[number];
export const groupOf = (source: string): Group =>
  TUNED.has(source) || (source.startsWith("cve/") && !isVendorHeldOut(source))
    ? "tuned"
    : HELD_OUT.has(source) || source.startsWith("cve/")
      ? "held out"
      : "opened";

const LABELLED = "bulletins.jsonl.gz";
const CVE_LIST = "cves.zip";

export const hasTexts = (directory: string): boolean =>
  [LABELLED, CVE_LIST].some((file) => existsSync(join(directory, file))) || osvSources(directory).length > 0;

/**
 * @param directory holds `bulletins.jsonl.gz`; or records of the CVE list, `cves.zip`; or archives as OSV publishes them,
 *   `ECOSYSTEM/all.zip`
 * @param heldOut whether texts of sources that are held out are among them
 * @param most at most so many texts of one of OSV's archives; without it as many as any source is worth
 */
export async function* textsIn(directory: string, heldOut: boolean, most?: number): AsyncGenerator<Line> {
  const wanted = (line: Line) => heldOut || groupOf(line.source) !== "held out";
  const files = readdirSync(directory);
  if (files.includes(LABELLED)) {
    for (const line of linesOf(join(directory, LABELLED)).map((l) => lineSchema.parse(l))) if (wanted(line)) yield line;
  } else if (files.includes(CVE_LIST)) {
    for await (const line of cveLines(join(directory, CVE_LIST))) if (wanted(line)) yield line;
  } else
    for (const source of osvSources(directory)) if (heldOut || !HELD_OUT.has(`osv/${source}`)) yield* osvLines(directory, source, most);
}

const Text = z.object({ id: z.string(), text: z.string() });
/** Texts in which nothing is to be claimed; none where the directory has none. */
export function negativesIn(directory: string): z.infer<typeof Text>[] {
  const path = join(directory, "negatives.jsonl.gz");
  return existsSync(path) ? linesOf(path).map((l) => Text.parse(l)) : [];
}

const linesOf = (path: string) =>
  gunzipSync(readFileSync(path))
    .toString("utf8")
    .split("\n")
    .filter((l) => l !== "")
    .map((l) => JSON.parse(l) as unknown);
