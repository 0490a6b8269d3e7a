import { closeSync, openSync, readSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import type { Io } from "./io.ts";
import { unreadableFile } from "./problems.ts";

/** Reading with a limit: input that does not end must not take the memory with it. */
const CHUNK_BYTES = 64 * 1024;
const RETRY_MS = 10;
const LF = 0x0a;

/** The bytes of a file, or of standard input for "-", piece by piece. @throws file-unreadable */
export async function* chunksOf(io: Io, path: string): AsyncGenerator<Uint8Array> {
  if (path === "-" && !io.streamsInput) {
    yield Buffer.from(io.readInput());
    return;
  }
  let file = 0;
  try {
    if (path !== "-") file = openSync(path, "r");
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    for (;;) {
      const read = await readSome(file, buffer);
      if (read === 0) return;
      yield Uint8Array.prototype.slice.call(buffer, 0, read);
    }
  } catch (cause) {
    throw unreadableFile(path, cause);
  } finally {
    if (file > 0) closeSync(file);
  }
}

/** A standard input that does not block says EAGAIN while nothing has come yet. */
async function readSome(file: number, buffer: Buffer): Promise<number> {
  for (;;) {
    try {
      return readSync(file, buffer);
    } catch (cause) {
      const code = cause instanceof Error && "code" in cause ? cause.code : "";
      if (code === "EOF") return 0;
      if (code !== "EAGAIN") throw cause;
      await pause(RETRY_MS);
    }
  }
}

/** All of a text; undefined as soon as it has more than `limitBytes`. Bytes that are no UTF-8 become U+FFFD. */
export async function boundedText(chunks: AsyncIterable<Uint8Array>, limitBytes: number): Promise<string | undefined> {
  const kept: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > limitBytes) return undefined;
    kept.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(kept));
}

/** Line by line; undefined for a line of more than `limitBytes`, of which nothing is kept. An unended last line counts. */
export async function* boundedLines(chunks: AsyncIterable<Uint8Array>, limitBytes: number): AsyncGenerator<string | undefined> {
  let kept: Uint8Array[] = [];
  let bytes = 0;
  const line = () => {
    const text = bytes > limitBytes ? undefined : new TextDecoder().decode(Buffer.concat(kept));
    kept = [];
    bytes = 0;
    return text;
  };
  const take = (part: Uint8Array) => {
    bytes += part.length;
    if (bytes > limitBytes) kept = [];
    else kept.push(part);
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, from)) {
      take(chunk.subarray(from, end));
      yield line();
      from = end + 1;
    }
    if (from < chunk.length) take(chunk.subarray(from));
  }
  if (bytes > 0) yield line();
}
