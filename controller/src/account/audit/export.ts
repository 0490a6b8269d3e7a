import { z } from "zod";
import { type AuditRecord, type Broken, follow, GENESIS } from "./chain.ts";

const lineSchema = z.strictObject({
  sequence: z.number().int().min(1),
  eventPosition: z.number().int().min(0),
  record: z.string(),
  previousHash: z.string(),
  hash: z.string(),
});

/** One line of an export. */
export const exportLine = (record: AuditRecord): string =>
  JSON.stringify({
    sequence: record.sequence,
    eventPosition: record.eventPosition,
    record: record.record,
    previousHash: record.previousHash,
    hash: record.hash,
  });

export type Verification = {
  readonly records: number;
  /** Hash of the last record that holds. Keep it elsewhere: only against a kept head can a cut-off end be seen. */
  readonly head: string;
} & ({ readonly ok: true } | ({ readonly ok: false } & Broken));

/** Verifies an export without any database. `expectHead` is a hash that was kept elsewhere and must occur in the chain. */
export function verifyExport(lines: Iterable<string>, expectHead?: string): Verification {
  let head: { sequence: number; position: number; hash: string } = { ...GENESIS };
  let met = expectHead === undefined || expectHead === head.hash;
  for (const line of lines) {
    if (line.trim() === "") continue;
    const parsed = lineSchema.safeParse(jsonOf(line));
    if (!parsed.success) return broken(head, { firstBroken: head.sequence + 1, reason: `Line ${head.sequence + 1} is no audit record.` });
    const next = follow(head, [parsed.data]);
    if ("reason" in next) return broken(head, next);
    head = next;
    met ||= head.hash === expectHead;
  }
  if (!met) return broken(head, cutOff(head.sequence));
  return { ok: true, records: head.sequence, head: head.hash };
}

export const cutOff = (sequence: number): Broken => ({
  firstBroken: sequence + 1,
  reason: "The expected head does not occur in the chain: its end was cut off, or the chain was written anew.",
});
export const broken = (head: { sequence: number; hash: string }, how: Broken): Verification => ({
  ok: false,
  records: head.sequence,
  head: head.hash,
  firstBroken: how.firstBroken,
  reason: how.reason,
});

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
