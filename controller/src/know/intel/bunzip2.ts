import { closeSync, openSync, readSync, statSync } from "node:fs";
// @ts-expect-error The library brings no types.
import bitIterator from "unbzip2-stream/lib/bit_iterator.js";
// @ts-expect-error The library brings no types.
import blocks from "unbzip2-stream/lib/bzip2.js";

type Bits = ((count: number) => number) & { readonly bytesRead: number };
interface Blocks {
  /** @returns the size of a block, in hundreds of kilobytes */
  header(bits: Bits): number;
  /** @returns the checksum up to here; null at the stream's end, which was held against its own */
  decompress(bits: Bits, put: (byte: number) => void, table: Int32Array, size: number, checksum: number): number | null;
}

const READ_BYTES = 64 * 1024;
const BLOCK_UNIT = 100_000;
/** What one block of 900 kB can unpack to: five of its bytes stand for at most 259. */
const MAX_BLOCK_BYTES = 48 * 1024 * 1024;
const FIRST_BYTES = 1024 * 1024;

/**
 * A bzip2 file block by block. The library's own stream unpacks all blocks of what it was just given, and forty bytes can stand for 45 MB; here the next block
 * waits until the last one was taken.
 * @throws Error when the file is damaged or cut short
 */
export async function* bunzip2(path: string): AsyncGenerator<Buffer> {
  const file = openSync(path, "r");
  try {
    yield* unpacked(file, statSync(path).size);
  } catch (cause) {
    throw new Error(`the bzip2 file is damaged or cut short: ${cause instanceof Error ? cause.message : String(cause)}`);
  } finally {
    closeSync(file);
  }
}

async function* unpacked(file: number, size: number): AsyncGenerator<Buffer> {
  const { header, decompress } = blocks as Blocks;
  const bits: Bits = bitIterator(() => nextOf(file));
  const out = new Growing();
  // Several streams may follow one another, as parallel packers write them.
  while (bits.bytesRead < size) {
    const bytes = BLOCK_UNIT * header.call(blocks, bits);
    const table = new Int32Array(bytes);
    for (let checksum: number | null = 0; ; ) {
      checksum = decompress.call(blocks, bits, (byte) => out.put(byte), table, bytes, checksum);
      if (checksum === null) break;
      yield out.take();
    }
  }
}

function nextOf(file: number): Buffer {
  const buffer = Buffer.alloc(READ_BYTES);
  const length = readSync(file, buffer);
  if (length === 0) throw new Error("it ends too early");
  return buffer.subarray(0, length);
}

/** Bytes of one block. */
class Growing {
  private buffer = Buffer.alloc(FIRST_BYTES);
  private length = 0;

  put(byte: number): void {
    if (this.length === this.buffer.length) {
      if (this.length >= MAX_BLOCK_BYTES) throw new Error(`a block unpacks to more than ${MAX_BLOCK_BYTES} bytes`);
      const larger = Buffer.alloc(this.length * 2);
      this.buffer.copy(larger);
      this.buffer = larger;
    }
    this.buffer[this.length++] = byte;
  }

  take(): Buffer {
    const taken = Buffer.from(this.buffer.subarray(0, this.length));
    this.length = 0;
    return taken;
  }
}
