import type { ReadStream } from "node:fs";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { Decompress } from "fzstd";
import { bunzip2 } from "./bunzip2.ts";

type Unpacker = (file: ReadStream) => AsyncIterable<Buffer>;

/** What a zstd frame may ask to have in memory; publishers stay at 8 MiB. */
const MAX_WINDOW_BYTES = 64 * 1024 * 1024;

/** How to unpack a file that begins with these bytes (hex); undefined for one that is not packed. */
export function unpackerOf(magic: string): Unpacker | undefined {
  if (magic.startsWith("1f8b")) return gunzip;
  if (magic.startsWith("28b52ffd")) return unzstd;
  if (magic === "fd377a585a00") return unxz;
  // "BZh", the size of its blocks, and the mark of the first one, or of none.
  if (/^425a683[1-9](3141|1772)/.test(magic)) return (file) => bunzip2(String(file.path));
  return undefined;
}

async function* gunzip(file: ReadStream): AsyncGenerator<Buffer> {
  const stream = file.pipe(createGunzip());
  file.on("error", (cause) => stream.destroy(cause));
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } finally {
    stream.destroy();
  }
}

async function* unzstd(file: ReadStream): AsyncGenerator<Buffer> {
  let ready: Buffer[] = [];
  let whole = false;
  const frame = new Decompress((chunk, final) => {
    whole = final === true;
    // The library writes on into what it hands out.
    if (chunk.length > 0) ready.push(Buffer.from(chunk));
  });
  let first = true;
  for await (const chunk of file as AsyncIterable<Buffer>) {
    if (first && windowOf(chunk) > MAX_WINDOW_BYTES)
      throw new Error(`the zstd frame asks for more than ${MAX_WINDOW_BYTES} bytes of memory`);
    first = false;
    zstd(() => frame.push(chunk));
    yield* ready;
    ready = [];
  }
  zstd(() => frame.push(new Uint8Array(0), true));
  yield* ready;
  if (!whole) throw new Error("the zstd file is cut short");
}

function zstd(work: () => void): void {
  try {
    work();
  } catch (cause) {
    throw new Error(`the zstd file is damaged or cut short: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

/** Bytes of window that a frame's header asks for (RFC 8878, 3.1.1.1). */
function windowOf(head: Buffer): number {
  const descriptor = head[4] ?? 0;
  const single = (descriptor & 0x20) !== 0;
  if (!single) {
    const window = head[5] ?? 0;
    const base = 2 ** (10 + (window >> 3));
    return base + (base / 8) * (window & 7);
  }
  const at = 5 + ([0, 1, 2, 4][descriptor & 3] ?? 0);
  const size = descriptor >> 6;
  if (head.length < at + 8) return 0;
  if (size === 3) return Number(head.readBigUInt64LE(at));
  return size === 2 ? head.readUInt32LE(at) : size === 1 ? head.readUInt16LE(at) + 256 : (head[at] ?? 0);
}

/** Loaded on use: it is a megabyte of WebAssembly. Node sees a CommonJS module's names in its default export only. */
async function xzLibrary(): Promise<typeof import("xz-decompress")> {
  const library = await import("xz-decompress");
  return "default" in library ? (library.default as typeof import("xz-decompress")) : library;
}

async function* unxz(file: ReadStream): AsyncGenerator<Buffer> {
  const { XzReadableStream } = await xzLibrary();
  const stream = new XzReadableStream(Readable.toWeb(file) as ReadableStream<Uint8Array>);
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      // The library hands out its own memory, which it writes again.
      yield Buffer.from(value);
    }
  } catch (cause) {
    throw new Error(`the xz file is damaged or cut short: ${cause instanceof Error ? cause.message : String(cause)}`);
  } finally {
    await reader.cancel().catch(() => {});
  }
}
