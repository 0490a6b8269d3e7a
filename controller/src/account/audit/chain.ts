import { canonicalJson, sha256Hex } from "@breakwater/shared/command";
import { formatInstant } from "@breakwater/shared/core";
import type { RecordedEvent } from "../../store/index.ts";

/** What the first record is chained to: SHA-256 of the text "breakwater-audit-v1". */
export const GENESIS_HASH = sha256Hex("breakwater-audit-v1");

/** One record of the chain, as it is stored and exported. */
export interface AuditRecord {
  /** Counts up from 1 without a gap. */
  readonly sequence: number;
  /** Position of the domain event that it records; grows, with gaps where a transaction was rolled back. */
  readonly eventPosition: number;
  /** Canonical JSON of the event: sorted keys, no white space. */
  readonly record: string;
  readonly previousHash: string;
  /** Hex SHA-256 of the previous hash, a line feed, and the record. */
  readonly hash: string;
}

export const hashOf = (previousHash: string, record: string): string => sha256Hex(`${previousHash}\n${record}`);

/** The text of an event in the chain. Figures that are no safe integers are spelled as strings: canonical JSON has no others. */
export const recordOf = (event: RecordedEvent): string =>
  canonicalJson({
    position: event.position,
    at: formatInstant(event.at),
    type: event.type,
    actor: event.actor,
    subject: event.subject,
    data: spelled(event.data),
  });

function spelled(value: unknown): unknown {
  if (typeof value === "number" && !Number.isSafeInteger(value)) return String(value);
  if (Array.isArray(value)) return value.map(spelled);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, spelled(inner)]));
  return value ?? null;
}

/** Chains events after a head. */
export function chain(head: { readonly sequence: number; readonly hash: string }, events: readonly RecordedEvent[]): AuditRecord[] {
  let { sequence, hash } = head;
  return events.map((event) => {
    const record = recordOf(event);
    const previousHash = hash;
    hash = hashOf(previousHash, record);
    sequence += 1;
    return { sequence, eventPosition: event.position, record, previousHash, hash };
  });
}

export interface Broken {
  /** Sequence of the first record that is not as it was written. */
  readonly firstBroken: number;
  readonly reason: string;
}

/** Checks records that follow a head, in order. @returns the new head, or where and how it is broken */
export function follow(
  head: { readonly sequence: number; readonly position: number; readonly hash: string },
  records: readonly AuditRecord[],
): { readonly sequence: number; readonly position: number; readonly hash: string } | Broken {
  let { sequence, position, hash } = head;
  for (const record of records) {
    const expected = sequence + 1;
    if (record.sequence !== expected)
      return { firstBroken: expected, reason: `Record ${expected} is missing or out of order (found ${record.sequence}).` };
    if (record.previousHash !== hash) return { firstBroken: expected, reason: `Record ${expected} is not chained to the one before it.` };
    if (hashOf(hash, record.record) !== record.hash)
      return { firstBroken: expected, reason: `Record ${expected} does not match its own hash: it was changed.` };
    if (record.eventPosition <= position) return { firstBroken: expected, reason: `Record ${expected} repeats or reorders an event.` };
    if (positionIn(record.record) !== record.eventPosition)
      return { firstBroken: expected, reason: `Record ${expected} names another event than it holds.` };
    ({ sequence, hash } = record);
    position = record.eventPosition;
  }
  return { sequence, position, hash };
}

function positionIn(record: string): number | undefined {
  try {
    return (JSON.parse(record) as { position?: number }).position;
  } catch {
    return undefined;
  }
}

export const GENESIS = { sequence: 0, position: 0, hash: GENESIS_HASH } as const;
