import { Readable } from "node:stream";
import { extract } from "tar-stream";
import { chunksOf, headOf } from "./bytes.ts";

/** Where a tar header says so (POSIX ustar; GNU's begins alike). */
const MARK_AT = 257;

/** Whether a file is a tar archive, packed or not. */
export async function isTar(path: string): Promise<boolean> {
  try {
    return (await headOf(path, 512)).subarray(MARK_AT, MARK_AT + 5).toString("latin1") === "ustar";
  } catch {
    return false;
  }
}

/**
 * Every file of a tar archive, one after another; one of more bytes than `limit` comes without them.
 * @throws Error when the archive is damaged or cut short
 */
export async function* tarEntries(
  path: string,
  limit: number,
): AsyncGenerator<{ readonly name: string; readonly bytes: Buffer | undefined }> {
  const archive = extract();
  const source = Readable.from(chunksOf(path), { objectMode: false });
  source.on("error", (cause) => archive.destroy(cause));
  source.pipe(archive);
  let entries = 0;
  try {
    for await (const entry of archive) {
      const kept: Buffer[] = [];
      let bytes = 0;
      for await (const chunk of entry) {
        bytes += (chunk as Buffer).length;
        if (bytes <= limit) kept.push(chunk as Buffer);
        else kept.length = 0;
      }
      if (entry.header.type !== "file") continue;
      entries++;
      yield { name: entry.header.name, bytes: bytes > limit ? undefined : Buffer.concat(kept) };
    }
  } catch (cause) {
    throw new Error(`not a whole tar archive: ${cause instanceof Error ? cause.message : String(cause)}`);
  } finally {
    source.destroy();
  }
  if (entries === 0) throw new Error("the tar archive holds no file");
}
