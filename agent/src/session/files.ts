import { constants } from "node:fs";
import { type FileHandle, mkdir, open, rename, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type * as z from "zod";

/**
 * Replaces a file so that a crash or a power cut leaves either the old or the new one: written beside it, synced, renamed,
 * directory synced. Made by root, it belongs to whoever owns the directory: `enroll` runs as root, `run` does not.
 */
export async function writeFileAtomically(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  const dir = dirname(path);
  await mkdir(dir, { recursive: true, mode: 0o755 });
  const temporary = join(dir, `.${process.pid}.${Math.random().toString(36).slice(2)}.tmp`);
  const file = await open(temporary, "wx", mode);
  try {
    if (process.getuid?.() === 0) {
      const owner = await stat(dir);
      // Of what was opened, not of what has this name by now: the directory is another user's, who may have laid a link there.
      await file.chown(owner.uid, owner.gid);
    }
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  const directory = await open(dir, "r");
  await directory.sync().finally(() => directory.close());
}

/** An identity, a look at the machine's state: some hundred kilobytes at the very most. */
const MAX_JSON_BYTES = 4 * 1024 * 1024;

/**
 * Reads a file of ours. Root reads them too, in a directory that is the agent's user's to write, so nothing but a plain file is taken.
 * @returns undefined when there is none; throws when it is damaged.
 */
export async function readJsonFile<S extends z.ZodType>(path: string, schema: S): Promise<z.infer<S> | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    const seen = await file.stat();
    if (!seen.isFile() || seen.size > MAX_JSON_BYTES) throw new Error(`${path} is no plain file, or too large`);
    return schema.parse(JSON.parse(await file.readFile("utf8")));
  } finally {
    await file.close();
  }
}
