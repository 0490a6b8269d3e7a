import { constants } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { MAX_ORDER_BYTES } from "@breakwater/shared/command";

/** Where signed halts and lifts may be laid by hand or by a configuration tool, below the agent's state and configuration. */
export const DROP_DIR = "halt.d";
/** More files than anybody lays down; what is beyond is looked at once those before are gone. */
const MAX_FILES = 100;

/**
 * Texts of files that lie in these directories. The connection part may write one of them, so nothing there is followed or
 * waited for: only regular files count, and only as many bytes as an order can have.
 */
export async function readDropped(directories: readonly string[]): Promise<string[]> {
  const texts: string[] = [];
  for (const directory of directories) {
    const names = await readdir(directory).catch(() => []);
    for (const name of names.sort().slice(0, MAX_FILES)) {
      const text = await readSmall(join(directory, name));
      if (text !== undefined) texts.push(text);
    }
  }
  return texts;
}

async function readSmall(path: string): Promise<string | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => undefined);
  if (!file) return undefined;
  try {
    if (!(await file.stat()).isFile()) return undefined;
    const buffer = Buffer.alloc(MAX_ORDER_BYTES + 1);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    return buffer.subarray(0, bytesRead).toString("utf8");
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}
