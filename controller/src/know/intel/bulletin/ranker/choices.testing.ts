import { join } from "node:path";
import { cveLines, isVendorHeldOut } from "../cve-labels.testing.ts";
import { namesIn } from "../index.ts";
import { HELD_OUT, osvLines, osvSources } from "../osv-labels.testing.ts";
import { type Line, nameMatches } from "../scoring.testing.ts";
import { featuresOf } from "./features.ts";
import type { Choice } from "./training.ts";

/** A source's texts without their titles are read too: a reader of mail and of pages often has none. */
const UNTITLED = " untitled";
const MAX_TITLE = 200;

/**
 * Labelled choices of tuned sources. Sources that are held out are not read.
 * @param osv directory with archives as OSV publishes them; @param cve directory with records of the CVE list, `cves.zip`
 */
export async function choicesIn(osv: string, cve?: string): Promise<Choice[]> {
  const choices: Choice[] = [];
  for (const source of osvSources(osv).filter((s) => !HELD_OUT.has(`osv/${s}`)))
    for await (const line of osvLines(osv, source)) choices.push(...choicesOf(line));
  if (cve !== undefined)
    for await (const line of cveLines(join(cve, "cves.zip"))) if (!isVendorHeldOut(line.source)) choices.push(...choicesOf(line));
  return choices;
}

function choicesOf(line: Line): Choice[] {
  const end = line.text.indexOf("\n\n");
  const untitled = end > 0 && end < MAX_TITLE ? choiceOf(`${line.source}${UNTITLED}`, line.text.slice(end + 2), line) : [];
  return [...choiceOf(line.source, line.text, line), ...untitled];
}

function choiceOf(source: string, text: string, { gold }: Line): Choice[] {
  const names = gold.ranges.filter((r) => !r.neutral).flatMap((r) => r.names);
  const { read, candidates } = namesIn(text);
  const right = candidates.map((c) => nameMatches(c.name.text, names));
  return right.some(Boolean) ? [{ source, features: featuresOf(candidates, read), right, points: candidates.map((c) => c.points) }] : [];
}

/** The source whose manner a text has, titled or not. */
export const mannerOf = ({ source }: Choice): string => source.replace(UNTITLED, "");
