import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import type { ByteSource } from "./types.ts";

export interface FileStamp {
  readonly mtimeMs: number;
  readonly size: number;
  readonly ino: number;
}

/** Reads of archives' directories come in pieces of some 50 bytes: one window of the file serves hundreds of them. */
const WINDOW_BYTES = 256 * 1024;

/**
 * Opens a file for reading: no link is followed, a pipe does not wait, and what is not the file that was looked at is not
 * read. `used` is told of each byte that was read.
 * @throws Error with a plain reason
 */
export function openSource(path: string, expected: FileStamp, used: (bytes: number) => void): ByteSource & { close(): void } {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const close = () => closeSync(file);
  const stat = fstatSync(file);
  if (!stat.isFile() || stat.ino !== expected.ino) {
    close();
    throw new Error("it was replaced while it was looked at");
  }
  let window: Buffer = Buffer.alloc(0);
  let windowAt = 0;
  const fill = (offset: number, length: number): Buffer => {
    const bytes = Buffer.allocUnsafe(length);
    let got = 0;
    while (got < length) {
      const n = readSync(file, bytes, got, length - got, offset + got);
      if (n === 0) break;
      got += n;
    }
    used(got);
    return bytes.subarray(0, got);
  };
  return {
    size: stat.size,
    read(offset, length) {
      if (offset < 0 || offset + length > stat.size) throw new Error("it points beyond its own end");
      if (length > WINDOW_BYTES) return whole(fill(offset, length), length);
      if (offset < windowAt || offset + length > windowAt + window.length) {
        windowAt = offset;
        window = fill(offset, Math.min(WINDOW_BYTES, stat.size - offset));
      }
      return whole(window.subarray(offset - windowAt, offset - windowAt + length), length);
    },
    close,
  };
}

function whole(bytes: Buffer, length: number): Buffer {
  if (bytes.length !== length) throw new Error("it became shorter while it was read");
  return bytes;
}

export const bufferSource = (bytes: Buffer): ByteSource => ({
  size: bytes.length,
  read(offset, length) {
    if (offset < 0 || offset + length > bytes.length) throw new Error("it points beyond its own end");
    return bytes.subarray(offset, offset + length);
  },
});

/** A stretch of another source. */
export const partOf = (source: ByteSource, start: number, size: number): ByteSource => ({
  size,
  read(offset, length) {
    if (offset < 0 || offset + length > size) throw new Error("it points beyond its own end");
    return source.read(start + offset, length);
  },
});
