import type { ByteSource } from "../types.ts";

/** The parts of an ELF file that tell where things are (elf(5)). */
export interface Elf {
  readonly littleEndian: boolean;
  readonly sections: readonly { readonly name: string; readonly offset: number; readonly size: number }[];
  readonly segments: readonly {
    readonly address: number;
    readonly offset: number;
    readonly size: number;
    readonly writable: boolean;
  }[];
}

const LOAD = 1;
const WRITABLE = 2;
const MAX_TABLE_BYTES = 1024 * 1024;

/** @returns undefined for what is no ELF file; @throws Error when its tables point beyond it or are none */
export function parseElf(source: ByteSource): Elf | undefined {
  if (source.size < 64) return undefined;
  const head = source.read(0, 64);
  if (head.readUInt32BE(0) !== 0x7f454c46) return undefined;
  const wide = head[4] === 2;
  const littleEndian = head[5] === 1;
  const at = numbers(littleEndian);
  const word = (bytes: Buffer, offset: number) => (wide ? at.u64(bytes, offset) : at.u32(bytes, offset));
  const [segmentsAt, sectionsAt] = wide ? [at.u64(head, 32), at.u64(head, 40)] : [at.u32(head, 28), at.u32(head, 32)];
  const counts = wide ? 54 : 42;
  const [segmentBytes, segmentCount] = [at.u16(head, counts), at.u16(head, counts + 2)];
  const [sectionBytes, sectionCount, namesIndex] = [at.u16(head, counts + 4), at.u16(head, counts + 6), at.u16(head, counts + 8)];
  const segmentTable = table(source, segmentsAt, segmentBytes, segmentCount, wide ? 56 : 32);
  const sectionTable = table(source, sectionsAt, sectionBytes, sectionCount, wide ? 64 : 40);
  const raw = sectionTable.map((row) => ({
    nameAt: at.u32(row, 0),
    offset: word(row, wide ? 24 : 16),
    size: word(row, wide ? 32 : 20),
  }));
  const names = raw[namesIndex];
  const nameBytes = names && names.size <= MAX_TABLE_BYTES ? source.read(names.offset, names.size) : Buffer.alloc(0);
  return {
    littleEndian,
    sections: raw.map(({ nameAt, offset, size }) => ({ name: cString(nameBytes, nameAt), offset, size })),
    segments: segmentTable
      .filter((row) => at.u32(row, 0) === LOAD)
      .map((row) => ({
        offset: word(row, wide ? 8 : 4),
        address: word(row, wide ? 16 : 8),
        size: word(row, wide ? 32 : 16),
        writable: (at.u32(row, wide ? 4 : 24) & WRITABLE) !== 0,
      })),
  };
}

function table(source: ByteSource, offset: number, rowBytes: number, count: number, least: number): Buffer[] {
  if (count === 0 || offset === 0) return [];
  if (rowBytes < least || rowBytes * count > MAX_TABLE_BYTES) throw new Error("its tables are none of an ELF file");
  const bytes = source.read(offset, rowBytes * count);
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * rowBytes, (i + 1) * rowBytes));
}

function cString(bytes: Buffer, at: number): string {
  const end = bytes.indexOf(0, at);
  return at < bytes.length && end >= 0 ? bytes.toString("latin1", at, end) : "";
}

/** Numbers in the file's own byte order. Larger ones than 2^53 are beyond any file, so that rounding them does no harm. */
export const numbers = (littleEndian: boolean) => ({
  u16: (b: Buffer, o: number) => (littleEndian ? b.readUInt16LE(o) : b.readUInt16BE(o)),
  u32: (b: Buffer, o: number) => (littleEndian ? b.readUInt32LE(o) : b.readUInt32BE(o)),
  u64: (b: Buffer, o: number) => Number(littleEndian ? b.readBigUInt64LE(o) : b.readBigUInt64BE(o)),
});
