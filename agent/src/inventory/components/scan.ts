import { readFileSync } from "node:fs";
import { type Clock, formatInstant } from "@breakwater/shared/core";
import { createBudget } from "./budget.ts";
import { emptyCache, isSettled, type KnownFile, loadCache, type ScanCache, saveCache, unchanged } from "./cache.ts";
import { openSource } from "./file-source.ts";
import { mountRules, parseMounts } from "./mounts.ts";
import { readers } from "./readers/index.ts";
import { type ScanResult, saveResult } from "./result.ts";
import type { ScanSettings } from "./settings.ts";
import { visible } from "./text.ts";
import type { FoundComponent, NotLooked, Reading } from "./types.ts";
import { type Candidate, isGone, reasonOf, walk } from "./walk.ts";

/** How many places are named; all are counted. */
const MAX_NAMED = 500;
/** What one file may fill of the list, so that a single archive cannot hide what else was not looked at. */
const MAX_REFUSED_IN_FILE = 20;

export interface ScanOptions {
  readonly settings: ScanSettings;
  readonly clock: Clock;
  readonly before: ScanCache;
  readonly mountinfo?: string;
}

/** Looks through the file systems once. @returns what was found, and what the next look can build on */
export async function scan({ settings, clock, before, mountinfo }: ScanOptions): Promise<{ result: ScanResult; after: ScanCache }> {
  const after = emptyCache();
  const startedAt = formatInstant(clock.now());
  const budget = createBudget(settings, clock.now);
  const components: FoundComponent[] = [];
  const notLooked: NotLooked[] = [];
  let notLookedTotal = 0;
  const note = (place: NotLooked) => {
    notLookedTotal++;
    if (notLooked.length < MAX_NAMED) notLooked.push({ ...place, path: visible(place.path) });
  };
  const mounts = mountRules(parseMounts(mountinfo ?? readFileSync("/proc/self/mountinfo", "utf8")));
  for (const candidate of walk({ settings, mounts, readers, before, after, budget, note, nowMs: clock.now })) {
    const known = before.files.get(candidate.path);
    const reused = unchanged(known, candidate.stat) && known?.size === candidate.stat.size;
    const file = reused ? known : await read(candidate, (bytes) => (budget.bytes += bytes), note);
    if (!file) continue;
    if (isSettled(candidate.stat.mtimeMs, clock.now())) after.files.set(candidate.path, file);
    for (const found of file.reading?.components ?? []) {
      if (budget.components++ >= settings.maxComponents) break;
      components.push({ ...found, path: visible(found.path) });
    }
    const refused = file.reading?.refused ?? [];
    for (const { path, reason } of refused.slice(0, MAX_REFUSED_IN_FILE)) note({ path, code: "refused", reason });
    if (refused.length > MAX_REFUSED_IN_FILE)
      note({ path: candidate.path, code: "refused", reason: `and ${refused.length - MAX_REFUSED_IN_FILE} more in it` });
  }
  const endedAt = formatInstant(clock.now());
  const { files, directories, bytes } = budget;
  return {
    result: { startedAt, endedAt, roots: settings.roots, files, directories, bytesRead: bytes, components, notLooked, notLookedTotal },
    after,
  };
}

async function read(
  { path, reader, stat }: Candidate,
  used: (bytes: number) => void,
  note: (place: NotLooked) => void,
): Promise<KnownFile | undefined> {
  const { mtimeMs, size, ino } = stat;
  const stamp = { mtimeMs, size, ino };
  try {
    const source = openSource(path, stamp, used);
    try {
      const reading = await reader.read(path, source);
      return reading.components.length + reading.refused.length > 0 ? { ...stamp, reading } : stamp;
    } catch (error) {
      // What it holds is refused until it changes; what the system refuses may be allowed at the next look.
      if ((error as NodeJS.ErrnoException).code?.startsWith("E")) throw error;
      return { ...stamp, reading: refusal(path, (error as Error).message) };
    } finally {
      source.close();
    }
  } catch (error) {
    if (!isGone(error)) note({ path, code: "unreadable", reason: reasonOf(error) });
    return undefined;
  }
}

const refusal = (path: string, reason: string): Reading => ({ components: [], refused: [{ path, reason }] });

/** A whole look with its files: takes up what the last one left, and leaves its own. */
export async function scanAndStore(stateDir: string, version: string, settings: ScanSettings, clock: Clock): Promise<void> {
  const cachePath = `${stateDir}/component-cache.json.gz`;
  const { result, after } = await scan({ settings, clock, before: await loadCache(cachePath, version) });
  await saveCache(cachePath, version, after);
  await saveResult(stateDir, result);
}
