import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import * as z from "zod";
import { writeFileAtomically } from "../../session/index.ts";
import type { FileStamp } from "./file-source.ts";
import type { Reading } from "./types.ts";

/** What a directory held that was worth looking at, and its subdirectories, while its time of change stays the same. */
export interface KnownDirectory {
  readonly mtimeMs: number;
  readonly ino: number;
  readonly directories: readonly string[];
  readonly files: readonly string[];
}
export interface KnownFile extends FileStamp {
  /** undefined: read, and nothing to tell. */
  readonly reading?: Reading;
}

/** What earlier looks have learned, by path, so that what has not changed is not read again. */
export interface ScanCache {
  readonly directories: Map<string, KnownDirectory>;
  readonly files: Map<string, KnownFile>;
}

/** Larger trees are read anew beyond this; 200,000 directories are some 40 MB while a look runs. */
const MAX_DIRECTORIES = 200_000;
const MAX_FILES = 200_000;
/** A change within the clock's grain of the look could leave a time unchanged, so that what is this young is not trusted. */
const GRAIN_MS = 2_000;
const MAX_BYTES = 256 * 1024 * 1024;

const reading = z.object({
  components: z.array(
    z.object({
      ecosystem: z.string(),
      name: z.string(),
      version: z.string(),
      path: z.string(),
      evidence: z.string(),
      sha1: z.string(),
    }),
  ),
  refused: z.array(z.object({ path: z.string(), reason: z.string() })),
});
const schema = z.object({
  version: z.string(),
  directories: z.array(z.tuple([z.string(), z.number(), z.number(), z.array(z.string()), z.array(z.string())])),
  files: z.array(z.tuple([z.string(), z.number(), z.number(), z.number(), reading.nullable()])),
});

export const emptyCache = (): ScanCache => ({ directories: new Map(), files: new Map() });

/** Another version of the agent may read more out of a file, and begins anew. So does one that finds its cache damaged. */
export async function loadCache(path: string, version: string): Promise<ScanCache> {
  try {
    const text = await promisify(gunzip)(await readFile(path), { maxOutputLength: MAX_BYTES });
    const stored = schema.parse(JSON.parse(text.toString("utf8")));
    if (stored.version !== version) return emptyCache();
    return {
      directories: new Map(stored.directories.map(([p, mtimeMs, ino, directories, files]) => [p, { mtimeMs, ino, directories, files }])),
      files: new Map(stored.files.map(([p, mtimeMs, size, ino, r]) => [p, { mtimeMs, size, ino, ...(r ? { reading: r } : {}) }])),
    };
  } catch {
    return emptyCache();
  }
}

export async function saveCache(path: string, version: string, cache: ScanCache): Promise<void> {
  const stored: z.infer<typeof schema> = {
    version,
    directories: [...cache.directories].slice(0, MAX_DIRECTORIES).map(([p, d]) => [p, d.mtimeMs, d.ino, [...d.directories], [...d.files]]),
    files: [...cache.files]
      .slice(0, MAX_FILES)
      .map(([p, f]) => [p, f.mtimeMs, f.size, f.ino, (f.reading as z.infer<typeof reading>) ?? null]),
  };
  await writeFileAtomically(path, await promisify(gzip)(JSON.stringify(stored), { level: 1 }), 0o600);
}

/** Whether something is what it was, and was already old when it was looked at. */
export const unchanged = (
  known: { readonly mtimeMs: number; readonly ino: number } | undefined,
  now: { readonly mtimeMs: number; readonly ino: number },
): boolean => known !== undefined && known.mtimeMs === now.mtimeMs && known.ino === now.ino;

/** Whether a time of change is far enough back to be worth remembering. */
export const isSettled = (mtimeMs: number, nowMs: number): boolean => nowMs - mtimeMs > GRAIN_MS;
