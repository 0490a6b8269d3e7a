import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { unpackerOf } from "./unpack.ts";

/** The longest document that is read as one; a text of more cannot be parsed in the memory that a feed may take. */
export const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;
/** No published feed unpacks to more; what does is made to harm. */
const MAX_UNPACKED_BYTES = 64 * 1024 ** 3;
/** Feeds pack to a fiftieth at best; 49 bytes of bzip2 can stand for 45 MB, and a megabyte for hours of unpacking. */
const MAX_RATIO = 500;
/** Below this no ratio harms. */
const HARMLESS_BYTES = 64 * 1024 * 1024;

/** The first bytes of a file, unpacked where it is packed. */
export async function headOf(path: string, length = 4_096): Promise<Buffer> {
  const kept: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunksOf(path)) {
    kept.push(chunk);
    bytes += chunk.length;
    if (bytes >= length) break;
  }
  return Buffer.concat(kept).subarray(0, length);
}

export async function isZip(path: string): Promise<boolean> {
  return (await magicOf(path)).startsWith("504b");
}

async function magicOf(path: string): Promise<string> {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(6), 0, 6, 0);
    return buffer.subarray(0, bytesRead).toString("hex");
  } finally {
    await file.close();
  }
}

/** A file piece by piece, unpacked where it is packed (gzip, bzip2, zstd, xz). @throws Error when the packed file is damaged or cut short */
export async function* chunksOf(path: string): AsyncGenerator<Buffer> {
  const file = createReadStream(path);
  const { size } = await stat(path);
  const unpack = size > 0 ? unpackerOf(await magicOf(path)) : undefined;
  let bytes = 0;
  try {
    for await (const chunk of unpack ? unpack(file) : file) {
      bytes += (chunk as Buffer).length;
      if (bytes > MAX_UNPACKED_BYTES) throw new Error(`it unpacks to more than ${MAX_UNPACKED_BYTES} bytes`);
      if (unpack && bytes > Math.max(HARMLESS_BYTES, size * MAX_RATIO))
        throw new Error(`it unpacks to more than ${MAX_RATIO} times its ${size} bytes, as no feed does`);
      yield chunk as Buffer;
    }
  } finally {
    file.destroy();
  }
}

/** A document is larger than may be read as one. */
export class TooLarge extends Error {}

/** All of a document. @throws TooLarge when it has more than `limit` bytes */
export async function wholeOf(path: string, limit = MAX_DOCUMENT_BYTES): Promise<Buffer> {
  const kept: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunksOf(path)) {
    bytes += chunk.length;
    if (bytes > limit) throw new TooLarge(`the document has more than ${limit} bytes`);
    kept.push(chunk);
  }
  return Buffer.concat(kept);
}

const LF = 0x0a;

/** Lines of a text, without their ends; a line of more than `limit` bytes is undefined. The last one tells whether it ended. */
export async function* linesOf(
  path: string,
  limit: number,
): AsyncGenerator<{ readonly text: string | undefined; readonly ended: boolean }> {
  let kept: Buffer[] = [];
  let bytes = 0;
  const take = (part: Buffer) => {
    bytes += part.length;
    if (bytes > limit) kept = [];
    else kept.push(part);
  };
  const line = (ended: boolean) => {
    const text = bytes > limit ? undefined : Buffer.concat(kept).toString("utf8").replace(/\r$/, "");
    kept = [];
    bytes = 0;
    return { text, ended };
  };
  for await (const chunk of chunksOf(path)) {
    let from = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, from)) {
      take(chunk.subarray(from, end));
      yield line(true);
      from = end + 1;
    }
    if (from < chunk.length) take(chunk.subarray(from));
  }
  if (bytes > 0) yield line(false);
}
