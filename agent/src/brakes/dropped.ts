import { MAX_ORDER_BYTES } from "@breakwater/shared/command";
import { inForeignDirectory } from "./foreign-file.ts";

/** Where signed halts and lifts may be laid by hand or by a configuration tool, below the agent's state and configuration. */
export const DROP_DIR = "halt.d";
/** More files than anybody lays down; what is beyond is looked at once those before are gone. */
const MAX_FILES = 100;

/** Texts of plain files that lie in these directories, one of which the connection part may write; of each as much as an order can have. */
export async function readDropped(directories: readonly string[]): Promise<string[]> {
  const texts: string[] = [];
  for (const path of directories)
    await inForeignDirectory(path, async (directory) => {
      const names = await directory.names().catch(() => []);
      for (const name of names.slice(0, MAX_FILES)) {
        const text = await directory.read(name, MAX_ORDER_BYTES);
        if (text !== undefined) texts.push(text);
      }
    });
  return texts;
}
