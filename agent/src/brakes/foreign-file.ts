import { constants } from "node:fs";
import { type FileHandle, open, opendir } from "node:fs/promises";

/** open(2): a name for what lies there without opening it, so that no device is set going and no pipe waited for. */
const O_PATH = 0o10000000;
/** Names of a directory that are looked at, however many somebody makes. */
const MAX_NAMES = 1_000;

const through = (handle: FileHandle): string => `/proc/self/fd/${handle.fd}`;

/** A directory of another user's, as it is now: no later exchange of it for a link changes what is read. */
export interface ForeignDirectory {
  names(): Promise<string[]>;
  /** @returns undefined for anything but a plain file; at most one byte more than is taken, so that too much can be told */
  read(name: string, maxBytes: number): Promise<string | undefined>;
}

/**
 * Reads, as root, in a directory that an unprivileged user owns. Nothing there is followed, and what is opened has been seen to be
 * a plain file first: root must not be made to open a device or to read a file that only root may.
 * @returns undefined where there is no such directory
 */
export async function inForeignDirectory<T>(path: string, use: (directory: ForeignDirectory) => Promise<T>): Promise<T | undefined> {
  const directory = await open(path, O_PATH | constants.O_NOFOLLOW | constants.O_DIRECTORY).catch(() => undefined);
  if (!directory) return undefined;
  try {
    return await use({ names: () => namesIn(directory), read: (name, maxBytes) => readIn(directory, name, maxBytes) });
  } finally {
    await directory.close();
  }
}

async function namesIn(directory: FileHandle): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of await opendir(through(directory))) {
    names.push(name);
    if (names.length >= MAX_NAMES) break;
  }
  return names.sort();
}

async function readIn(directory: FileHandle, name: string, maxBytes: number): Promise<string | undefined> {
  const seen = await open(`${through(directory)}/${name}`, O_PATH | constants.O_NOFOLLOW).catch(() => undefined);
  if (!seen) return undefined;
  try {
    if (!(await seen.stat()).isFile()) return undefined;
    const file = await open(through(seen), constants.O_RDONLY);
    try {
      const buffer = Buffer.alloc(maxBytes + 1);
      const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
      return buffer.subarray(0, bytesRead).toString("utf8");
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  } finally {
    await seen.close();
  }
}
