import { printable } from "@breakwater/shared/core";
import { comparePackageVersions } from "@breakwater/shared/package-version";

/** What of a changelog is newer than a version. */
export interface ChangelogPart {
  readonly cves: readonly string[];
  readonly urgency: string;
  readonly text: string;
}

const URGENCIES = ["low", "medium", "high", "emergency", "critical"];
const MAX_TEXT_BYTES = 16 * 1024;
/** First line of an entry, deb-changelog(5): "source (version) distributions; urgency=low, binary-only=yes". */
const HEADER = /^([a-z0-9][a-z0-9+.-]*) \(([^)\s]+)\) [^;]*;(.*)$/;

/** A rebuild without a source change ("+b2") has its source's version (Debian developers' reference 5.10.2.1). */
export const withoutRebuild = (version: string): string => version.replace(/\+b\d+$/, "");

/** The entries of a Debian changelog that are newer than `fromVersion`; newest first, as in the file. */
export function changelogSince(changelog: string, fromVersion: string): ChangelogPart {
  const from = withoutRebuild(fromVersion);
  const cves = new Set<string>();
  const kept: string[] = [];
  let [length, urgency] = [0, -1];
  for (const raw of linesOf(changelog)) {
    const header = HEADER.exec(raw);
    if (header) {
      // Entries of rebuilds stand above their source's entry and say nothing of the source. What is not known to be
      // newer ends the reading: a fix is claimed only where it is certain.
      if (comparePackageVersions("deb", withoutRebuild(header[2] ?? ""), from) !== ">") break;
      urgency = Math.max(urgency, URGENCIES.indexOf(/urgency=(\w+)/i.exec(header[3] ?? "")?.[1]?.toLowerCase() ?? ""));
    }
    const line = printable(raw);
    for (const m of line.matchAll(/\bCVE-(\d{4})-(\d{4,19})\b/gi)) cves.add(`CVE-${m[1]}-${m[2]}`);
    // What is cut off anyway is not kept: some changelogs are megabytes long.
    if (length > MAX_TEXT_BYTES) continue;
    kept.push(line);
    length += line.length + 1;
  }
  return { cves: [...cves].sort(), urgency: URGENCIES[urgency] ?? "", text: cut(kept.join("\n").trim()) };
}

/** One at a time: as an array, the lines of a long changelog take more memory than its text. */
function* linesOf(text: string): Generator<string> {
  for (let start = 0; start <= text.length; ) {
    const end = text.indexOf("\n", start);
    yield text.slice(start, end < 0 ? text.length : end);
    if (end < 0) return;
    start = end + 1;
  }
}

function cut(text: string): string {
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length <= MAX_TEXT_BYTES) return text;
  const note = "\n[shortened]";
  return `${bytes
    .subarray(0, MAX_TEXT_BYTES - note.length)
    .toString("utf8")
    .replace(/\uFFFD+$/, "")}${note}`;
}
