import { type Dirent, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { fail, ok, type Result } from "@breakwater/shared/core";
import { headOf, isZip } from "./bytes.ts";
import { isEpss, readEpss } from "./epss/index.ts";
import { exploitListOf, readExploitList } from "./exploits/index.ts";
import type { FeedKind } from "./feed-config.ts";
import { jsonFeeds } from "./feeds.ts";
import { readJsonFeed } from "./json-feed.ts";
import { readKevCsv } from "./kev/index.ts";
import { isOval, readOval } from "./oval/index.ts";
import { collectInto, emptyContent, type FeedContent, type RejectRecord } from "./records.ts";
import { isUpdateinfo, readUpdateinfo } from "./updateinfo/index.ts";

/** A file that was read, as what, and how much of it. */
export interface IntelFile {
  readonly path: string;
  readonly kinds: readonly FeedKind[];
  readonly records: number;
  readonly rejects: number;
}

/** Everything that the feed files of a directory say. */
export interface IntelSet extends FeedContent {
  readonly files: readonly IntelFile[];
  /** Feed files of which nothing was used, with the reason: half of one would look like good news. */
  readonly refused: readonly RejectRecord[];
}

/** Deepest folder that is looked into: the layout of osv.dev's bucket is ECOSYSTEM/all.zip. */
const MAX_DEPTH = 6;
const FEED_FILE = /\.(zip|tar|json|jsonl|csv|xml)(\.(gz|bz2|zst|xz))?$/i;

/**
 * Reads feed files as published, wherever they lie in the directory: OSV zips and JSON, the KEV catalogue, EPSS scores, CVE records.
 * A file that is damaged is refused whole and named, and the others are read; a file of no known kind is passed over.
 */
export async function readIntelDirectory(directory: string): Promise<Result<IntelSet>> {
  const set = emptyContent();
  const files: IntelFile[] = [];
  const refused: RejectRecord[] = [];
  let paths: string[];
  try {
    paths = filesOf(directory, 0).sort();
  } catch (cause) {
    return unreadable(`${directory} cannot be read: ${reasonOf(cause)}`);
  }
  for (const path of paths)
    try {
      const content = emptyContent();
      const kinds = await readFile(path, content);
      if (kinds.length === 0) {
        // Something else that lies there, or a feed of which nothing can be read.
        set.rejects.push(...content.rejects);
        continue;
      }
      for (const key of ["advisories", "vulnerabilities", "signals", "rejects"] as const)
        for (const record of content[key]) (set[key] as unknown[]).push(record);
      set.modelVersion ||= content.modelVersion;
      files.push({ path, kinds, records: content.advisories.length + content.signals.length, rejects: content.rejects.length });
    } catch (cause) {
      refused.push({ record: path, reason: reasonOf(cause) });
    }
  if (files.length === 0 && refused.length > 0)
    return unreadable(`Nothing in ${directory} can be read: ${basename(refused[0]?.record ?? "")}: ${refused[0]?.reason}`);
  return ok({ ...set, files, refused });
}

/** By what the file holds rather than by its name. @returns no kinds for files of other kinds */
async function readFile(path: string, content: FeedContent): Promise<FeedKind[]> {
  const sink = collectInto(content);
  if (!(await isZip(path)) && !/\.(jsonl?|tar)(\.\w+)?$/i.test(path)) {
    if (/\.zip$/i.test(path)) throw new Error("not a whole zip archive");
    const head = (await headOf(path)).toString("utf8").replace(/^\ufeff/, "");
    if (isEpss(head)) {
      await readEpss(path, sink);
      return ["epss"];
    }
    if (isUpdateinfo(head)) {
      await readUpdateinfo(path, sink);
      return ["updateinfo"];
    }
    if (isOval(head)) {
      await readOval(path, sink);
      return ["oval"];
    }
    if (exploitListOf(head)) {
      await readExploitList(path, sink);
      return ["exploits"];
    }
    if (!/^\W*cveID,/.test(head)) return [];
    await readKevCsv(path, sink);
    return ["kev"];
  }
  const { taken } = await readJsonFeed(path, jsonFeeds, sink);
  return [...taken.keys()];
}

function filesOf(directory: string, depth: number): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry: Dirent) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return depth < MAX_DEPTH ? filesOf(path, depth + 1) : [];
    return FEED_FILE.test(entry.name) ? [path] : [];
  });
}

const reasonOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause));

const unreadable = (message: string) =>
  fail({
    code: "intel-unreadable",
    message,
    next: "Give a directory of feed files as published (OSV zip or JSON, KEV JSON or CSV, EPSS CSV, CVE JSON), each complete.",
  });
