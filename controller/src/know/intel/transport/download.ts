import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { PassingFailure, reasonOf, type Transport } from "./http.ts";

/** The largest published archive (Red Hat's statements) is about 500 MB. */
export const MAX_DOWNLOAD_BYTES = 2 * 1024 ** 3;
const MOST_TIME_MS = 60 * 60_000;

/** What a server said of a document, by which it can be asked whether it changed. */
export interface Validators {
  readonly etag: string;
  readonly lastModified: string;
}
export const NO_VALIDATORS: Validators = { etag: "", lastModified: "" };

/** What lies there of a download that was broken off. */
const Partial = z.object({ url: z.string(), etag: z.string(), lastModified: z.string() });

/**
 * Downloads a document to a path, unless the server says that it is what was had before. A download that breaks off is gone on with where it
 * stopped, now or at the next call with the same path, if the document is still the same by its strong ETag or its date (Range with
 * If-Range, RFC 9110); a server that does not do that sends all again.
 * @returns the document's validators; undefined when nothing changed
 * @throws Error with a plain reason; what was received stays for the next call, unless it was too large
 */
export async function download(
  transport: Transport,
  url: string,
  path: string,
  known: Validators,
  options: {
    readonly stop?: AbortSignal | undefined;
    readonly headers?: Readonly<Record<string, string>>;
    readonly maxBytes?: number;
  } = {},
): Promise<Validators | undefined> {
  const { maxBytes = MAX_DOWNLOAD_BYTES, headers = {} } = options;
  const stop = AbortSignal.any([AbortSignal.timeout(MOST_TIME_MS), ...(options.stop ? [options.stop] : [])]);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const part = `${path}.part`;
  const note = `${path}.part.json`;
  const forget = () => Promise.all([rm(part, { force: true }), rm(note, { force: true })]);

  let furthest = 0;
  const result = await transport
    .patiently(async (progressed) => {
      const had = await partial(part, note, url);
      const response = await transport.request(
        url,
        {
          ...headers,
          ...(had ? { range: `bytes=${had.bytes}-`, "if-range": had.validator } : conditions(known)),
        },
        stop,
      );
      if (response.status === 304) return undefined;
      if (response.status === 416) {
        await response.body?.cancel();
        await forget();
        throw new PassingFailure("the server has no more of the document than was received, so it starts again");
      }
      const at = response.status === 206 ? startOf(response.headers.get("content-range")) : 0;
      if (at !== 0 && at !== had?.bytes) {
        await response.body?.cancel();
        await forget();
        throw new PassingFailure("the server went on at another place than it was asked to");
      }
      const validators = { etag: response.headers.get("etag") ?? "", lastModified: response.headers.get("last-modified") ?? "" };
      const encoded = response.headers.has("content-encoding");
      const length = response.headers.get("content-length");
      const whole = length === null || encoded ? undefined : at + Number(length);
      if (whole !== undefined && whole > maxBytes) {
        await response.body?.cancel();
        await forget();
        throw new Error(`larger than ${maxBytes} bytes`);
      }
      // What was decoded on the way cannot be gone on with.
      if (at === 0) await writeFile(note, JSON.stringify({ url: encoded ? "" : url, ...validators }), { mode: 0o600 });
      const file = await open(part, at === 0 ? "w" : "a", 0o600);
      let bytes = at;
      try {
        for await (const chunk of response.body ?? []) {
          bytes += chunk.length;
          if (bytes > maxBytes) throw new TooLarge(`larger than ${maxBytes} bytes`);
          await file.write(chunk);
          // One that always starts again from the beginning makes no progress.
          if (bytes > furthest) progressed();
          furthest = Math.max(furthest, bytes);
        }
      } catch (cause) {
        if (cause instanceof TooLarge) throw cause;
        throw new PassingFailure(`broken off after ${bytes} bytes: ${reasonOf(cause)}`);
      } finally {
        await file.close();
      }
      if (whole !== undefined && bytes !== whole) throw new PassingFailure(`cut short: ${bytes} of ${whole} bytes arrived`);
      return validators;
    }, stop)
    .catch(async (cause: unknown) => {
      if (cause instanceof TooLarge) await forget();
      throw cause;
    });
  if (result === undefined) return undefined;
  await rm(note, { force: true });
  await rename(part, path);
  return result;
}

class TooLarge extends Error {}

const conditions = ({ etag, lastModified }: Validators): Record<string, string> => ({
  ...(etag ? { "if-none-match": etag } : {}),
  ...(lastModified ? { "if-modified-since": lastModified } : {}),
});

/** A weak ETag says that two documents mean the same, not that they have the same bytes. */
async function partial(
  part: string,
  note: string,
  url: string,
): Promise<{ readonly bytes: number; readonly validator: string } | undefined> {
  try {
    const known = Partial.parse(JSON.parse(await readFile(note, "utf8")));
    const { size } = await stat(part);
    const validator = known.etag && !known.etag.startsWith("W/") ? known.etag : known.lastModified;
    return known.url === url && size > 0 && validator ? { bytes: size, validator } : undefined;
  } catch {
    return undefined;
  }
}

const startOf = (contentRange: string | null): number => Number(/^bytes (\d+)-/.exec(contentRange ?? "")?.[1] ?? -1);

/** SHA-256 of a file's bytes, hex. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
