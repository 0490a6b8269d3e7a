import { PassThrough, type Readable } from "node:stream";
import { inflateRawSync } from "node:zlib";
import yauzl from "yauzl";
import { bufferSource, partOf } from "./file-source.ts";
import type { ByteSource } from "./types.ts";

/** Real archives of Java have up to some 60,000 entries. */
const MAX_ENTRIES = 200_000;
const LOCAL_HEADER = 0x04034b50;
const LOCAL_HEADER_BYTES = 30;
const DIRECTORY_ENTRY = 0x02014b50;
const END_OF_DIRECTORY = 0x06054b50;
const END_BYTES = 22;
const MAX_COMMENT_BYTES = 0xffff;
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 1;

/** A file in an archive. Nothing of it is read before it is asked for. */
export interface ArchiveEntry {
  readonly name: string;
  /** What the archive claims. */
  readonly size: number;
  /**
   * Its bytes: of one that lies there as it is, read where it lies; of a compressed one, inflated in memory.
   * @throws Error when it is larger than the limit, whatever it claims, or damaged
   */
  open(maxBytes: number): ByteSource;
}

/**
 * The files of a zip archive, one after another. Their names are read as they are: what climbs out of the archive is no matter,
 * since nothing is ever unpacked to a path.
 * @throws Error when it is no whole archive
 */
export async function* archiveEntries(whole: ByteSource): AsyncGenerator<ArchiveEntry> {
  const source = withoutPrefix(whole);
  const zip = await open(source);
  if (zip.entryCount > MAX_ENTRIES) throw new Error(`it has more than ${MAX_ENTRIES} entries`);
  const next = entriesOf(zip);
  for (let entry = await next(); entry; entry = await next()) {
    const found = entry;
    const name = (found.fileName as unknown as Buffer).toString("utf8");
    if (!name.endsWith("/")) yield { name, size: found.uncompressedSize, open: (maxBytes) => openEntry(source, found, maxBytes) };
  }
}

function openEntry(source: ByteSource, entry: yauzl.Entry, maxBytes: number): ByteSource {
  if (entry.generalPurposeBitFlag & ENCRYPTED) throw new Error("it is encrypted");
  if (entry.uncompressedSize > maxBytes || entry.compressedSize > maxBytes) throw new Error(`it is larger than ${maxBytes} bytes`);
  const header = source.read(entry.relativeOffsetOfLocalHeader, LOCAL_HEADER_BYTES);
  if (header.readUInt32LE(0) !== LOCAL_HEADER) throw new Error("damaged: its header is not where the archive says");
  const start = entry.relativeOffsetOfLocalHeader + LOCAL_HEADER_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28);
  if (entry.compressionMethod === STORED) {
    if (entry.compressedSize !== entry.uncompressedSize) throw new Error("its size is not what the archive says");
    return partOf(source, start, entry.uncompressedSize);
  }
  if (entry.compressionMethod !== DEFLATED) throw new Error(`it is compressed by method ${entry.compressionMethod}, which is not read`);
  return bufferSource(inflate(source.read(start, entry.compressedSize), entry.uncompressedSize));
}

/** One byte more than is claimed is one too many: the limit of what is made from it. */
function inflate(packed: Buffer, claimed: number): Buffer {
  let bytes: Buffer;
  try {
    bytes = inflateRawSync(packed, { maxOutputLength: claimed + 1 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw new Error("its size is not what the archive says");
    throw new Error("damaged: it cannot be inflated");
  }
  if (bytes.length !== claimed) throw new Error("its size is not what the archive says");
  return bytes;
}

/**
 * A program may stand before an archive (Spring Boot's executable jars): the archive's own offsets count from where it begins,
 * which the distance between its directory and its end tells.
 */
function withoutPrefix(source: ByteSource): ByteSource {
  const tailAt = Math.max(0, source.size - END_BYTES - MAX_COMMENT_BYTES);
  const tail = source.read(tailAt, source.size - tailAt);
  for (let i = tail.length - END_BYTES; i >= 0; i--) {
    if (tail.readUInt32LE(i) !== END_OF_DIRECTORY || tail.readUInt16LE(i + 20) !== tail.length - i - END_BYTES) continue;
    const prefix = tailAt + i - tail.readUInt32LE(i + 12) - tail.readUInt32LE(i + 16);
    return prefix > 0 && tail.readUInt32LE(i + 16) !== 0xffffffff && startsDirectory(source, prefix + tail.readUInt32LE(i + 16))
      ? partOf(source, prefix, source.size - prefix)
      : source;
  }
  return source;
}

const startsDirectory = (source: ByteSource, at: number): boolean =>
  at + 4 <= source.size && source.read(at, 4).readUInt32LE(0) === DIRECTORY_ENTRY;

/** yauzl's view of a source. */
class SourceReader extends yauzl.RandomAccessReader {
  readonly #source: ByteSource;
  constructor(source: ByteSource) {
    super();
    this.#source = source;
  }
  override _readStreamForRange(start: number, end: number): Readable {
    return new PassThrough().end(this.#source.read(start, end - start));
  }
  override read(buffer: Buffer, offset: number, length: number, position: number, callback: (error: Error | null) => void): void {
    try {
      this.#source.read(position, length).copy(buffer, offset);
    } catch (error) {
      callback(error as Error);
      return;
    }
    callback(null);
  }
}

function open(source: ByteSource): Promise<yauzl.ZipFile> {
  const options = { lazyEntries: true, autoClose: false, decodeStrings: false, validateEntrySizes: false };
  return new Promise((done, refuse) =>
    yauzl.fromRandomAccessReader(new SourceReader(source), source.size, options, (cause, zip) =>
      cause ? refuse(new Error(`no whole archive: ${cause.message}`)) : done(zip),
    ),
  );
}

/** One entry at each call; undefined at the end. */
function entriesOf(zip: yauzl.ZipFile): () => Promise<yauzl.Entry | undefined> {
  let settle: { done(entry: yauzl.Entry | undefined): void; refuse(cause: Error): void } | undefined;
  zip.on("entry", (entry: yauzl.Entry) => settle?.done(entry));
  zip.on("end", () => settle?.done(undefined));
  zip.on("error", (cause: Error) => settle?.refuse(new Error(`no whole archive: ${cause.message}`)));
  return () =>
    new Promise((done, refuse) => {
      settle = { done, refuse };
      zip.readEntry();
    });
}
