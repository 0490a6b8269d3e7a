import { createHash } from "node:crypto";
import { closeSync, existsSync, fstatSync, fsyncSync, ftruncateSync, openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { type JournalRecord, recordSchema } from "./records.ts";

/** First field of every line; a later layout gets another number, and old files stay readable. */
export const JOURNAL_VERSION = "bw1";
const START_DIGEST = "0".repeat(64);

/** Hash chain: each record's digest covers all before it, so one value says that two sides mean the same history. */
export const chain = (previous: string, body: string): string =>
  createHash("sha256").update(previous).update("\n").update(body).digest("hex");

export interface ParsedJournal {
  readonly records: readonly JournalRecord[];
  readonly digest: string;
  /** Bytes that hold whole, sound records. */
  readonly soundBytes: number;
  /** "torn": the last write did not get to the disk whole. "damaged": something older than the last write is gone. */
  readonly tail: "clean" | "torn" | "damaged";
}

/**
 * Reads lines of `bw1 <digest> <json>`. Records are synced one by one, so a power cut can only spoil the last: a bad line with
 * nothing after it is torn and is cut off. A bad line with sound-looking lines after it is damage of another kind, and is told.
 */
export function parseJournal(bytes: Buffer): ParsedJournal {
  const records: JournalRecord[] = [];
  let digest = START_DIGEST;
  let offset = 0;
  while (offset < bytes.length) {
    const end = bytes.indexOf(10, offset);
    const line = end < 0 ? undefined : bytes.subarray(offset, end).toString("utf8");
    const record = line === undefined ? undefined : parseLine(line, digest);
    if (!record) {
      const rest = end < 0 ? "" : bytes.subarray(end + 1).toString("latin1");
      return { records, digest, soundBytes: offset, tail: rest.includes(`${JOURNAL_VERSION} `) ? "damaged" : "torn" };
    }
    records.push(record.record);
    digest = record.digest;
    offset = end + 1;
  }
  return { records, digest, soundBytes: offset, tail: "clean" };
}

function parseLine(line: string, previous: string): { record: JournalRecord; digest: string } | undefined {
  const [version, digest, ...rest] = line.split(" ");
  const body = rest.join(" ");
  if (version !== JOURNAL_VERSION || digest !== chain(previous, body)) return undefined;
  try {
    const parsed = recordSchema.safeParse(JSON.parse(body));
    return parsed.success ? { record: parsed.data, digest } : undefined;
  } catch {
    return undefined;
  }
}

/** One execution's append-only file. Synchronous on purpose: a record is on disk before the step after it can begin. */
export interface Journal {
  readonly records: readonly JournalRecord[];
  readonly digest: string;
  readonly tail: ParsedJournal["tail"];
  append(record: JournalRecord): void;
  close(): void;
}

/** Where the bytes of a damaged journal are kept. Their being there says that what follows its sound records is not known. */
export const damagedCopyOf = (path: string): string => `${path}.damaged`;

export function openJournal(path: string): Journal {
  const fd = openSync(path, "a+", 0o600);
  const parsed = parseJournal(readFileSync(path));
  if (parsed.tail === "damaged") {
    const copy = openSync(damagedCopyOf(path), "w", 0o600);
    try {
      writeSync(copy, readFileSync(path));
      fsyncSync(copy);
    } finally {
      closeSync(copy);
    }
  }
  if (parsed.tail !== "clean") ftruncateSync(fd, parsed.soundBytes);
  fsyncSync(fd);
  syncDirectory(dirname(path));
  const records = [...parsed.records];
  let digest = parsed.digest;
  return {
    records,
    get digest() {
      return digest;
    },
    tail: parsed.tail,
    append(record) {
      const body = JSON.stringify(recordSchema.parse(record));
      const next = chain(digest, body);
      const line = Buffer.from(`${JOURNAL_VERSION} ${next} ${body}\n`, "utf8");
      const sound = fstatSync(fd).size;
      try {
        for (let written = 0; written < line.length; ) written += writeSync(fd, line, written);
        fsyncSync(fd);
      } catch (error) {
        // Half a line (a full disk) would make everything after it unreadable.
        ftruncateSync(fd, sound);
        throw error;
      }
      digest = next;
      records.push(record);
    },
    close: () => closeSync(fd),
  };
}

/** Reads every execution's journal without touching it. "unreadable": this version cannot make out what an earlier one wrote. */
export function readAllJournals(stateDir: string): { readonly journals: number; readonly unreadable: readonly string[] } {
  const root = join(stateDir, "executions");
  const ids = existsSync(root) ? readdirSync(root).filter((id) => existsSync(join(root, id, "journal"))) : [];
  const unreadable = ids.filter((id) => parseJournal(readFileSync(join(root, id, "journal"))).tail === "damaged");
  return { journals: ids.length, unreadable };
}

/** A new file's name is durable only once its directory is. */
export function syncDirectory(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
