import { closeSync, openSync, writeSync } from "node:fs";
import { rm } from "node:fs/promises";
import { linesOf } from "./bytes.ts";
import type { AdvisoryRecord, FeedSink, RejectRecord, SignalRecord, VulnerabilityRecord } from "./records.ts";

/** Text that is kept in memory before it is written. */
const BUFFER_CHARACTERS = 1024 * 1024;
/** The longest record that a reader can make of a document of 32 MiB. */
const MAX_LINE_BYTES = 128 * 1024 * 1024;
/** Rejects that are kept of one feed, for a person to look at; all are counted. */
const MAX_KEPT_REJECTS = 1_000;

/** One record as it lies in the spool. */
export type Spooled =
  | { readonly kind: "advisory"; readonly record: AdvisoryRecord }
  | { readonly kind: "vulnerability"; readonly record: VulnerabilityRecord }
  | { readonly kind: "signal"; readonly record: SignalRecord }
  | { readonly kind: "document"; readonly record: string };

/** What a whole reading came to; its records lie in the file until they are stored. */
export interface Spool {
  readonly advisories: number;
  readonly vulnerabilities: number;
  readonly signals: number;
  /** How many documents could be told apart and were read whole. */
  readonly documents: number;
  readonly rejects: readonly RejectRecord[];
  readonly rejected: number;
  readonly modelVersion: string;
  /** ISO 8601; null where no document carried a date. */
  readonly dated: string | null;
  records(): AsyncGenerator<Spooled>;
  dispose(): Promise<void>;
}

/**
 * Keeps what a feed says on disk while it is read, so that a feed may be larger than the memory, the store sees nothing of a reading that
 * fails half way, and is busy with it no longer than writing takes.
 */
export class SpoolWriter implements FeedSink {
  private readonly path: string;
  private readonly file: number;
  private lines: string[] = [];
  private characters = 0;
  private readonly counts = { advisory: 0, vulnerability: 0, signal: 0, document: 0 };
  private readonly rejects: RejectRecord[] = [];
  private rejected = 0;
  private model = "";
  private newest: string | null = null;

  constructor(path: string) {
    this.path = path;
    this.file = openSync(path, "w", 0o600);
  }

  advisory(record: AdvisoryRecord): void {
    this.put({ kind: "advisory", record });
  }
  vulnerability(record: VulnerabilityRecord): void {
    this.put({ kind: "vulnerability", record });
  }
  signal(record: SignalRecord): void {
    this.put({ kind: "signal", record });
  }
  document(id: string): void {
    this.put({ kind: "document", record: id });
  }
  reject(record: string, reason: string): void {
    this.rejected++;
    if (this.rejects.length < MAX_KEPT_REJECTS) this.rejects.push({ record: record.slice(0, 200), reason: reason.slice(0, 500) });
  }
  modelVersion(version: string): void {
    this.model ||= version;
  }
  dated(moment: string | null): void {
    if (moment !== null && (this.newest === null || moment > this.newest)) this.newest = moment;
  }
  async ready(): Promise<void> {
    // A breath for the rest of the process.
    await new Promise((next) => setImmediate(next));
  }

  private put(entry: Spooled): void {
    this.counts[entry.kind]++;
    const line = JSON.stringify(entry);
    this.lines.push(line);
    this.characters += line.length;
    if (this.characters > BUFFER_CHARACTERS) this.flush();
  }

  /** Written at once: a reader that tells much of one document does not wait in between. */
  private flush(): void {
    if (this.lines.length > 0) writeSync(this.file, `${this.lines.join("\n")}\n`);
    this.lines = [];
    this.characters = 0;
  }

  finish(): Spool {
    this.flush();
    closeSync(this.file);
    const { path } = this;
    return {
      advisories: this.counts.advisory,
      vulnerabilities: this.counts.vulnerability,
      signals: this.counts.signal,
      documents: this.counts.document,
      rejects: this.rejects,
      rejected: this.rejected,
      modelVersion: this.model,
      dated: this.newest,
      async *records() {
        for await (const { text } of linesOf(path, MAX_LINE_BYTES)) {
          if (text === undefined) throw new Error(`a record has more than ${MAX_LINE_BYTES} bytes`);
          yield JSON.parse(text) as Spooled;
        }
      },
      dispose: () => rm(path, { force: true }),
    };
  }

  /** Forgets what was told. */
  async abandon(): Promise<void> {
    closeSync(this.file);
    await rm(this.path, { force: true });
  }
}
