import { mkdir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { MAX_ORDER_BYTES, sha256Hex } from "@breakwater/shared/command";
import { DROP_DIR } from "../brakes/index.ts";
import { writeFileAtomically } from "../session/index.ts";

/** What a controller may have laid down here at most while the executor cannot be told. A person's own files do not count. */
const MAX_LAID = 50;
const PREFIX = "relayed-";

/** Lays a signed order where the executor reads it before it begins anything. Its signature is looked at there. */
export async function layDownOrder(stateDir: string, order: string): Promise<void> {
  const directory = join(stateDir, DROP_DIR);
  await mkdir(directory, { recursive: true, mode: 0o755 });
  const laid = (await readdir(directory)).filter((n) => n.startsWith(PREFIX));
  if (laid.length >= MAX_LAID || Buffer.byteLength(order) > MAX_ORDER_BYTES) throw new Error("too many or too large");
  await writeFileAtomically(join(directory, `${PREFIX}${sha256Hex(order).slice(0, 32)}.json`), order, 0o644);
}

/** Whether files were laid down that were not there at the last look; `seen` is brought up to date. */
export async function ordersLaidDown(configDir: string, stateDir: string, seen: Set<string>): Promise<boolean> {
  let news = false;
  for (const directory of [join(configDir, DROP_DIR), join(stateDir, DROP_DIR)]) {
    for (const name of await readdir(directory).catch(() => [])) {
      const { mtimeMs } = await stat(join(directory, name)).catch(() => ({ mtimeMs: 0 }));
      const key = `${directory}/${name}:${mtimeMs}`;
      if (!seen.has(key)) news = true;
      seen.add(key);
    }
  }
  return news;
}
