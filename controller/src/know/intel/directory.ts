import { type Dirent, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fail, ok, type Result } from "@breakwater/shared/core";
import type { FeedKind } from "./adapter.ts";
import { feedAdapters } from "./feeds.ts";
import { emptyContent, type FeedContent } from "./records.ts";

/** Everything that the feed files of a directory say. */
export interface IntelSet extends FeedContent {
  /** Files that were read, and as what. */
  readonly files: readonly { readonly path: string; readonly kind: FeedKind; readonly records: number; readonly rejects: number }[];
}

/** Deepest folder that is looked into: the layout of osv.dev's bucket is ECOSYSTEM/all.zip. */
const MAX_DEPTH = 6;

/**
 * Reads feed files as published, wherever they lie in the directory: OSV zips and JSON, the KEV catalogue, EPSS scores.
 * A file that is cut short or of no known kind is an error, since half the intelligence would look like good news.
 */
export async function readIntelDirectory(directory: string): Promise<Result<IntelSet>> {
  const set = emptyContent();
  const files: IntelSet["files"][number][] = [];
  let paths: string[];
  try {
    paths = filesOf(directory, 0).sort();
  } catch (cause) {
    return unreadable(directory, cause);
  }
  for (const path of paths) {
    try {
      const kind = await kindOf(path);
      if (!kind) continue;
      const content = await feedAdapters[kind].read(path);
      for (const key of ["advisories", "vulnerabilities", "signals", "rejects"] as const)
        for (const record of content[key]) (set[key] as unknown[]).push(record);
      set.modelVersion ||= content.modelVersion;
      files.push({ path, kind, records: content.advisories.length + content.signals.length, rejects: content.rejects.length });
    } catch (cause) {
      return unreadable(path, cause);
    }
  }
  return ok({ ...set, files });
}

function filesOf(directory: string, depth: number): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry: Dirent) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return depth < MAX_DEPTH ? filesOf(path, depth + 1) : [];
    return /\.(zip|json|csv|csv\.gz)$/i.test(entry.name) ? [path] : [];
  });
}

/** By what the file holds rather than by its name; undefined for JSON and CSV of other kinds. */
async function kindOf(path: string): Promise<FeedKind | undefined> {
  if (/\.zip$/i.test(path)) return "osv";
  if (/\.csv(\.gz)?$/i.test(path)) {
    if (/\.gz$/i.test(path)) return /epss/i.test(basename(path)) ? "epss" : undefined;
    const text = await readFile(path, "utf8");
    return /^\W*cveID,/.test(text) ? "kev" : /(^|\n)cve,epss,percentile/.test(text.slice(0, 400)) ? "epss" : undefined;
  }
  const json: unknown = JSON.parse(await readFile(path, "utf8"));
  if (Array.isArray(json)) return "osv";
  const keys = new Set(Object.keys(json ?? {}));
  if (keys.has("vulnerabilities") && (keys.has("catalogVersion") || keys.has("dateReleased"))) return "kev";
  return keys.has("id") && (keys.has("affected") || keys.has("modified")) ? "osv" : undefined;
}

const unreadable = (path: string, cause: unknown) =>
  fail({
    code: "intel-unreadable",
    message: `${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
    next: "Give a directory of feed files as published (OSV zip or JSON, KEV JSON or CSV, EPSS CSV), each complete.",
  });
