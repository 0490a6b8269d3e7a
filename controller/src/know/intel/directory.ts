import { type Dirent, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { fail, ok, type Result, systemReason } from "@breakwater/shared/core";
import { parse as parseYaml } from "yaml";
import { z } from "zod";
import { headOf, isZip } from "./bytes.ts";
import { isEpss, readEpss } from "./epss/index.ts";
import { exploitListOf, readExploitList } from "./exploits/index.ts";
import { type FeedKind, type SignalMapping, SignalMappingSchema } from "./feed-config.ts";
import { jsonFeeds } from "./feeds.ts";
import { jsonDocuments } from "./json-documents.ts";
import { readJsonFeed } from "./json-feed.ts";
import { readKevCsv } from "./kev/index.ts";
import { isMisp, readMisp } from "./misp/index.ts";
import { isOval, readOval } from "./oval/index.ts";
import { plausible } from "./plausible.ts";
import { collectInto, emptyContent, type FeedContent, type RejectRecord } from "./records.ts";
import { readSignals } from "./signals/index.ts";
import { isStix, readStix } from "./stix/index.ts";
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
 * Reads feed files as published, wherever they lie in the directory, of every kind that a controller reads, each known by what it holds; a table of reports by
 * the mapping beside it.
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
    return unreadable(`${directory} cannot be read: ${systemReason(cause)}`);
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
      refused.push({ record: path, reason: systemReason(cause) });
    }
  // An answer out of nothing would read as good news.
  const [worst] = [...refused, ...set.rejects];
  if (files.length === 0 && worst) return unreadable(`Nothing in ${directory} can be read: ${basename(worst.record)}: ${worst.reason}`);
  return ok({ ...set, files, refused });
}

/** By what the file holds rather than by its name. @returns no kinds for files of other kinds */
async function readFile(path: string, content: FeedContent): Promise<FeedKind[]> {
  const sink = plausible(collectInto(content));
  const mapping = mappingOf(path);
  if (mapping) {
    await readSignals(path, sink, { id: "table", kind: "signals", source: path, mapping });
    return ["signals"];
  }
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
  const first = await firstDocument(path);
  if (isStix(first)) {
    await readStix(path, sink);
    return ["stix"];
  }
  if (isMisp(first)) {
    await readMisp(path, sink);
    return ["misp"];
  }
  const { taken } = await readJsonFeed(path, jsonFeeds, sink);
  return [...taken.keys()];
}

/** The first document of a file or an archive that can be parsed; undefined where none can, of which its reader will say why. */
async function firstDocument(path: string): Promise<unknown> {
  try {
    for await (const documents of jsonDocuments(path)) for (const document of documents) return document.parse();
  } catch {
    // Its reader meets the same, and says so.
  }
  return undefined;
}

/** What a table of reports has beside it: NAME.mapping.yaml or NAME.mapping.json, as in a feed's configuration. */
const MAPPING_FILE = /\.mapping\.(ya?ml|json)$/i;
const MAX_MAPPING_BYTES = 64 * 1024;

function mappingOf(path: string): SignalMapping | undefined {
  const beside = ["yaml", "yml", "json"].map((end) => `${path}.mapping.${end}`).find((p) => existsSync(p));
  if (!beside) return undefined;
  if (statSync(beside).size > MAX_MAPPING_BYTES) throw new Error(`${basename(beside)} has more than ${MAX_MAPPING_BYTES} bytes`);
  let value: unknown;
  try {
    value = parseYaml(readFileSync(beside, "utf8"));
  } catch (cause) {
    throw new Error(`${basename(beside)} cannot be read: ${systemReason(cause).split("\n", 1)[0]}`);
  }
  const mapping = SignalMappingSchema.safeParse(value);
  if (!mapping.success) throw new Error(`${basename(beside)} is no mapping: ${z.prettifyError(mapping.error).slice(0, 300)}`);
  return mapping.data;
}

function filesOf(directory: string, depth: number): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry: Dirent) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return depth < MAX_DEPTH ? filesOf(path, depth + 1) : [];
    return FEED_FILE.test(entry.name) && !MAPPING_FILE.test(entry.name) ? [path] : [];
  });
}

const unreadable = (message: string) =>
  fail({
    code: "intel-unreadable",
    message,
    next: "Give a directory of feed files as published (OSV, CSAF, OVAL, updateinfo, Ubuntu, NVD, CVE, KEV, EPSS ...), each complete.",
  });
