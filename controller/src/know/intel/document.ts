import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";

/** The largest published archive (all of Debian) is about 100 MB. */
const MAX_BYTES = 2 * 1024 ** 3;
const DOWNLOAD_TIMEOUT_MS = 10 * 60_000;

/** A feed's document on disk. `dispose` removes what was downloaded. */
export interface FeedDocument {
  readonly path: string;
  readonly etag: string;
  /** SHA-256 of the bytes, hex. */
  readonly checksum: string;
  dispose(): Promise<void>;
}

/**
 * Fetches a source: an http(s) URL (asked with the ETag of the last success, so that an unchanged feed costs nothing) or a
 * file. @returns undefined when the source says that nothing changed
 * @throws Error with a plain reason when it cannot be had, is too large, or takes longer than ten minutes
 */
export async function fetchDocument(source: string, lastEtag: string, stop?: AbortSignal): Promise<FeedDocument | undefined> {
  if (!/^https?:/i.test(source)) return localDocument(source.startsWith("file:") ? fileURLToPath(source) : source);
  const response = await fetch(source, {
    headers: lastEtag ? { "if-none-match": lastEtag } : {},
    signal: AbortSignal.any([AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS), ...(stop ? [stop] : [])]),
  }).catch((cause: Error) => {
    throw new Error(`cannot be reached: ${cause.cause instanceof Error ? cause.cause.message : cause.message}`);
  });
  if (response.status === 304) return undefined;
  if (!response.ok || !response.body) {
    await response.body?.cancel();
    throw new Error(`the server answered ${response.status} ${response.statusText}`.trim());
  }
  const folder = await mkdtemp(join(tmpdir(), "breakwater-feed-"));
  const path = join(folder, "document");
  const dispose = () => rm(folder, { recursive: true, force: true });
  try {
    const hash = createHash("sha256");
    let bytes = 0;
    const count = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        bytes += chunk.length;
        hash.update(chunk);
        if (bytes > MAX_BYTES) done(new Error(`larger than ${MAX_BYTES} bytes`));
        else done(null, chunk);
      },
    });
    await pipeline(Readable.from(response.body), count, createWriteStream(path, { mode: 0o600 }));
    const promised = response.headers.get("content-length");
    if (promised && !response.headers.get("content-encoding") && Number(promised) !== bytes)
      throw new Error(`cut short: ${bytes} of ${promised} bytes arrived`);
    return { path, etag: response.headers.get("etag") ?? "", checksum: hash.digest("hex"), dispose };
  } catch (cause) {
    await dispose();
    throw cause;
  }
}

async function localDocument(path: string): Promise<FeedDocument> {
  const { size } = await stat(path);
  if (size > MAX_BYTES) throw new Error(`larger than ${MAX_BYTES} bytes`);
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return { path, etag: "", checksum: hash.digest("hex"), dispose: async () => {} };
}
