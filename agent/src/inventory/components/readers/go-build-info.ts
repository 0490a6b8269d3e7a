import type { ByteSource } from "../types.ts";
import { type Elf, numbers } from "./elf.ts";

const MAGIC = Buffer.from("\xff Go buildinf:", "latin1");
const ALIGNMENT = 16;
const HEADER_BYTES = 32;
/** Since Go 1.18 the strings follow the header; before, it points to them. */
const INLINE = 2;
const BIG_ENDIAN = 1;
/** Where a section does not tell, the beginning of the writable data is searched, as Go's own reader does. */
const SEARCH_BYTES = 64 * 1024 * 1024;
const SEARCH_PIECE_BYTES = 1024 * 1024;
const MAX_STRING_BYTES = 4 * 1024 * 1024;
/** Marks around the list of modules, 16 bytes before and after. */
const MARK_BYTES = 16;

/**
 * What the Go linker wrote about a program: `goVersion` ("go1.22.3") and `modules`, lines of "dep\tpath\tversion\tsum".
 * @see https://go.dev/src/debug/buildinfo/buildinfo.go
 * @returns undefined when it holds none
 */
export function readBuildInfo(source: ByteSource, elf: Elf): { readonly goVersion: string; readonly modules: string } | undefined {
  const at = findHeader(source, elf);
  if (at === undefined) return undefined;
  const header = source.read(at, HEADER_BYTES);
  const flags = header[15] ?? 0;
  if (flags & INLINE) {
    const version = inlineString(source, at + HEADER_BYTES);
    return { goVersion: version.text, modules: unframed(inlineString(source, version.end).text) };
  }
  const pointerBytes = header[14] === 8 ? 8 : 4;
  const order = numbers((flags & BIG_ENDIAN) === 0);
  const pointer = (bytes: Buffer, offset: number) => (pointerBytes === 8 ? order.u64(bytes, offset) : order.u32(bytes, offset));
  const stringAt = (address: number): string => {
    if (address === 0) return "";
    const head = readAddress(source, elf, address, pointerBytes * 2);
    const length = pointer(head, pointerBytes);
    if (length > MAX_STRING_BYTES) throw new Error("its build information is longer than any");
    return readAddress(source, elf, pointer(head, 0), length).toString("latin1");
  };
  return { goVersion: stringAt(pointer(header, 16)), modules: unframed(stringAt(pointer(header, 16 + pointerBytes))) };
}

function findHeader(source: ByteSource, elf: Elf): number | undefined {
  const section = elf.sections.find((s) => s.name === ".go.buildinfo");
  const stretch = section ?? elf.segments.find((s) => s.writable);
  if (!stretch) return undefined;
  const end = Math.min(stretch.offset + Math.min(stretch.size, SEARCH_BYTES), source.size);
  // Pieces overlap, so that a header across their border is seen.
  for (let from = stretch.offset; from < end; from += SEARCH_PIECE_BYTES) {
    const piece = source.read(from, Math.min(SEARCH_PIECE_BYTES + HEADER_BYTES, end - from));
    for (let i = piece.indexOf(MAGIC); i >= 0; i = piece.indexOf(MAGIC, i + 1))
      if ((from + i - stretch.offset) % ALIGNMENT === 0 && from + i + HEADER_BYTES <= source.size) return from + i;
  }
  return undefined;
}

function inlineString(source: ByteSource, at: number): { readonly text: string; readonly end: number } {
  const head = source.read(at, Math.min(10, source.size - at));
  let length = 0;
  for (let i = 0; i < head.length; i++) {
    const byte = head[i] ?? 0;
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte >= 0x80) continue;
    if (length > MAX_STRING_BYTES) break;
    const start = at + i + 1;
    return { text: source.read(start, length).toString("latin1"), end: start + length };
  }
  throw new Error("its build information is longer than any");
}

function readAddress(source: ByteSource, elf: Elf, address: number, length: number): Buffer {
  const segment = elf.segments.find((s) => address >= s.address && address + length <= s.address + s.size);
  if (!segment) throw new Error("its build information points nowhere");
  return source.read(segment.offset + address - segment.address, length);
}

const unframed = (modules: string): string =>
  modules.length > 2 * MARK_BYTES && modules.at(-MARK_BYTES - 1) === "\n" ? modules.slice(MARK_BYTES, -MARK_BYTES) : "";
