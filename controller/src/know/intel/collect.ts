import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Instant } from "@breakwater/shared/core";
import { chunksOf } from "./bytes.ts";
import type { FeedConfig } from "./feed-config.ts";
import { checkSignature } from "./signature.ts";
import { download, MAX_DOWNLOAD_BYTES, NO_VALIDATORS, sha256Of, type Transport, type Validators } from "./transport/index.ts";

/** What is known of a feed's last reading. */
export interface KnownReading extends Validators {
  /** SHA-256 of what was read, hex. */
  readonly checksum: string;
  readonly cursor: string;
}

/** A feed's documents on disk. */
export interface Collected {
  readonly paths: readonly string[];
  readonly validators: Validators;
  readonly checksum: string;
  /** Where the next reading goes on. */
  readonly cursor: string;
  /** Everything that the feed says; false: only what came since the cursor. */
  readonly whole: boolean;
  /** Documents that the publisher took back since. */
  readonly gone?: readonly string[];
  /** Each document was held against its signature, where the feed asks for that. */
  readonly signed?: boolean;
  /** Removes what was downloaded. */
  dispose(): Promise<void>;
}

export interface Collecting {
  readonly feed: FeedConfig;
  readonly known: KnownReading;
  readonly transport: Transport;
  /** The feed's own folder: what a broken download left lies there. */
  readonly folder: string;
  readonly now: Instant;
  readonly stop?: AbortSignal | undefined;
  /** Tells how far a download of many pages has come; null: what had come is of no use. */
  readonly told: (progress: Progress | null) => void;
}

/** Records that have been fetched, and how many there are as far as the publisher says. */
export interface Progress {
  readonly done: number;
  readonly total: number;
}

/** Fetches what a feed says. @returns undefined when nothing changed @throws Error with a plain reason */
export type Collect = (collecting: Collecting) => Promise<Collected | undefined>;

/** More files in a directory are no feed's. */
const MAX_FILES = 500_000;
const MAX_DEPTH = 6;

export const isUrl = (source: string): boolean => /^https?:/i.test(source);
export const localPath = (source: string): string => (source.startsWith("file:") ? fileURLToPath(source) : source);

/** One document by its address; a path may be a directory of them. */
export const collectDocument: Collect = async ({ feed, known, transport, folder, stop }) => {
  if (!isUrl(feed.source)) return localDocuments(localPath(feed.source), feed);
  const path = join(folder, "document");
  const validators = await download(transport, feed.source, path, known, { stop, ...(feed.headers ? { headers: feed.headers } : {}) });
  if (!validators) return undefined;
  const dispose = () => rm(path, { force: true });
  try {
    const checksum = await sha256Of(path);
    if (feed.checksum) await verify(feed.checksum, path, checksum, (url) => transport.text(url, feed.headers, stop));
    const signed = await hasSignature(feed, path, () => transport.text(`${feed.source}.asc`, feed.headers, stop));
    return { paths: [path], validators, checksum, cursor: "", whole: true, signed, dispose };
  } catch (cause) {
    await dispose();
    throw cause;
  }
};

async function localDocuments(path: string, feed: FeedConfig): Promise<Collected> {
  const entry = await stat(path);
  const base = { validators: NO_VALIDATORS, cursor: "", whole: true, dispose: async () => {} };
  if (!entry.isDirectory()) {
    if (entry.size > MAX_DOWNLOAD_BYTES) throw new Error(`larger than ${MAX_DOWNLOAD_BYTES} bytes`);
    const checksum = await sha256Of(path);
    if (feed.checksum) await verify(feed.checksum, path, checksum, () => Promise.reject(new Error("a file's checksum is no URL")));
    const signed = await hasSignature(feed, path, () => readFile(`${path}.asc`, "utf8"));
    return { ...base, paths: [path], checksum, signed };
  }
  const hash = createHash("sha256");
  const found = await filesOf(path, 0);
  const paths = feed.signedBy ? found.filter((file) => !file.endsWith(".asc")) : found;
  let signed = feed.signedBy !== undefined;
  for (const file of paths) signed = (await hasSignature(feed, file, () => readFile(`${file}.asc`, "utf8"))) && signed;
  for (const file of paths) hash.update(`${file}\n${await sha256Of(file)}\n`);
  return { ...base, paths, checksum: hash.digest("hex"), signed };
}

/** Whether a document's signature was checked; false where the feed asks for none. @throws Error when it is missing or wrong */
export async function hasSignature(feed: FeedConfig, path: string, read: () => Promise<string>): Promise<boolean> {
  if (!feed.signedBy) return false;
  const signature = await read().catch((cause: unknown) => {
    throw new Error(`its signature cannot be had: ${cause instanceof Error ? cause.message : String(cause)}`);
  });
  await checkSignature(localPath(feed.signedBy), path, signature);
  return true;
}

/** The files of a directory and those below it, in order of name. */
export async function filesOf(directory: string, depth: number): Promise<string[]> {
  const found: string[] = [];
  for (const entry of (await readdir(directory, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(directory, entry.name);
    if (entry.isDirectory() && depth < MAX_DEPTH) for (const file of await filesOf(path, depth + 1)) found.push(file);
    else if (entry.isFile()) found.push(path);
    if (found.length > MAX_FILES) throw new Error(`more than ${MAX_FILES} files in ${directory}`);
  }
  return found;
}

/**
 * Holds a document against the publisher's own checksum. NVD's is of what the file unpacks to, everybody else's of the file.
 * @throws Error when they differ, or none can be read
 */
async function verify(declared: string, path: string, checksum: string, fetchText: (url: string) => Promise<string>): Promise<void> {
  const text = /^[0-9a-f]{64}$/i.test(declared)
    ? declared
    : isUrl(declared)
      ? await fetchText(declared)
      : readFileSync(localPath(declared), "utf8");
  const expected = readChecksum(text);
  if (!expected) throw new Error(`no SHA-256 can be read at ${declared.slice(0, 200)}`);
  const actual = /^sha256:/im.test(text) ? await unpackedSha256Of(path) : checksum;
  if (actual !== expected)
    throw new Error(`its SHA-256 is ${actual}, and its publisher says ${expected}: damaged on the way, or published anew meanwhile`);
}

/** Of "HEX  name" (sha256sum), "SHA256 (name) = HEX", "sha256:HEX" (NVD) or the bare hex. */
export const readChecksum = (text: string): string | undefined => /(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/i.exec(text)?.[0].toLowerCase();

async function unpackedSha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of chunksOf(path)) hash.update(chunk);
  return hash.digest("hex");
}

/** A small file of a mirror, or of a server. */
export const readSmall = (source: string, { transport, feed, stop }: Collecting): Promise<string> =>
  isUrl(source) ? transport.text(source, feed.headers, stop) : readFile(localPath(source), "utf8");
