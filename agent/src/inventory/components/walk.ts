import { type Dirent, lstatSync, opendirSync, type Stats } from "node:fs";
import type { Budget } from "./budget.ts";
import { isSettled, type KnownDirectory, type ScanCache, unchanged } from "./cache.ts";
import type { MountRule } from "./mounts.ts";
import type { ScanSettings } from "./settings.ts";
import { visible } from "./text.ts";
import type { NotLooked, Reader } from "./types.ts";

/** A file that some reader wants. */
export interface Candidate {
  readonly path: string;
  readonly reader: Reader;
  readonly stat: Stats;
}

export interface WalkOptions {
  readonly settings: Pick<ScanSettings, "roots" | "exclude" | "maxDepth">;
  readonly mounts: MountRule;
  readonly readers: readonly Reader[];
  readonly before: ScanCache;
  /** Filled with what is learned. */
  readonly after: ScanCache;
  readonly budget: Budget;
  readonly note: (place: NotLooked) => void;
  readonly nowMs: () => number;
}

/** A directory with more is no place where software is installed, and would fill memory. */
const MAX_ENTRIES = 100_000;
/** The smallest program of Go has more than 1 MiB; what is smaller than this is no program of it. */
const LEAST_PROGRAM_BYTES = 64 * 1024;
/** What cannot be decoded was not UTF-8; the name that is left of it names nothing. */
const UNDECODABLE = "\ufffd";

/**
 * Files worth reading below the roots, one after another, on the machine's own disks. No link is followed. A directory whose time
 * of change is the known one is not listed again. What is not looked at is noted with its reason.
 */
export function* walk(options: WalkOptions): Generator<Candidate> {
  const { settings, budget, note, mounts } = options;
  const excluded = new Set(settings.exclude);
  const stack = settings.roots.map((path) => ({ path, depth: 0 })).reverse();
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { path, depth } = next;
    const over = budget.over();
    if (over !== undefined) return noteRest([next, ...stack], over, note);
    if (excluded.has(path)) {
      note({ path, code: "excluded", reason: "left out by agent.yaml" });
      continue;
    }
    const { refusal } = mounts(path);
    if (refusal !== undefined) {
      if (refusal) note(refusal);
      continue;
    }
    if (depth > settings.maxDepth) {
      note({ path, code: "limit", reason: `it lies more than ${settings.maxDepth} directories deep` });
      continue;
    }
    const directory = look(path, options);
    if (!directory) continue;
    for (const name of directory.files) {
      const reached = budget.over();
      if (reached !== undefined) return noteRest([next, ...stack], reached, note);
      const candidate = candidateOf(path, name, options);
      if (candidate) yield candidate;
    }
    for (const name of [...directory.directories].reverse()) stack.push({ path: join(path, name), depth: depth + 1 });
  }
}

const join = (directory: string, name: string) => (directory === "/" ? `/${name}` : `${directory}/${name}`);

/** What is left when a limit is reached, by the directories that hold it: there are few of them, however many are left in each. */
function noteRest(left: readonly { readonly path: string }[], reason: string, note: WalkOptions["note"]): void {
  const places = left.map(({ path }) => path.slice(0, Math.max(1, path.lastIndexOf("/"))));
  for (const path of new Set(places)) note({ path, code: "limit", reason: `${reason}; the rest of it was not looked at` });
}

function look(path: string, { before, after, budget, note, nowMs, readers }: WalkOptions): KnownDirectory | undefined {
  try {
    const stat = lstatSync(path);
    // A root may be a link; below it, only directories come here.
    if (!stat.isDirectory()) return undefined;
    budget.directories++;
    const known = before.directories.get(path);
    const directory: Listing = known && unchanged(known, stat) ? known : list(path, stat, readers, budget, note);
    if (directory.complete !== false && isSettled(stat.mtimeMs, nowMs())) after.directories.set(path, directory);
    return directory;
  } catch (error) {
    if (!isGone(error)) note({ path, code: "unreadable", reason: reasonOf(error) });
    return undefined;
  }
}

function list(path: string, stat: Stats, readers: readonly Reader[], budget: Budget, note: WalkOptions["note"]): Listing {
  const directories: string[] = [];
  const files: string[] = [];
  let seen = 0;
  let complete = true;
  const handle = opendirSync(path, { bufferSize: 256 });
  try {
    for (let entry = handle.readSync(); entry; entry = handle.readSync()) {
      budget.files++;
      if (++seen > MAX_ENTRIES) {
        note({ path, code: "limit", reason: `it has more than ${MAX_ENTRIES} entries` });
        complete = false;
        break;
      }
      if (entry.name.includes(UNDECODABLE)) {
        if (entry.isDirectory() || wanted(path, entry, readers))
          note({ path: join(path, visible(entry.name)), code: "unreadable", reason: "its name is not UTF-8" });
      } else if (entry.isDirectory()) directories.push(entry.name);
      else if (wanted(path, entry, readers)) files.push(entry.name);
    }
  } finally {
    handle.closeSync();
  }
  return { mtimeMs: stat.mtimeMs, ino: stat.ino, directories, files, ...(complete ? {} : { complete }) };
}

type Listing = KnownDirectory & { readonly complete?: false };

function wanted(directory: string, entry: Dirent, readers: readonly Reader[]): boolean {
  if (!entry.isFile()) return false;
  const reader = readers.find((r) => r.wants(directory, entry.name));
  if (!reader?.onlyPrograms) return reader !== undefined;
  try {
    return isProgram(lstatSync(join(directory, entry.name)));
  } catch {
    return false;
  }
}

const isProgram = (stat: Stats) => (stat.mode & 0o111) !== 0 && stat.size >= LEAST_PROGRAM_BYTES;

function candidateOf(directory: string, name: string, { readers, note }: WalkOptions): Candidate | undefined {
  const path = join(directory, name);
  const reader = readers.find((r) => r.wants(directory, name));
  try {
    const stat = lstatSync(path);
    return reader && stat.isFile() ? { path, reader, stat } : undefined;
  } catch (error) {
    if (!isGone(error)) note({ path, code: "unreadable", reason: reasonOf(error) });
    return undefined;
  }
}

/** Gone between being listed and being looked at: not there is not unknown. */
export const isGone = (error: unknown): boolean => ["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "");

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "the agent may not read it",
  EPERM: "the agent may not read it",
  EIO: "the disk cannot read it",
  ELOOP: "it is a link",
};
export const reasonOf = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === undefined ? message : (REASONS[code] ?? code);
};
