import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { JournalRecord } from "./records.ts";
import type { Remembered } from "./retention.ts";
import type { Standing } from "./standing.ts";

/**
 * A deployment watches its waves and may take them back until its plan expires, and a person decides on what is left of it
 * after that. @see sealRollout on the controller: a plan outlives its own schedule by a week at least.
 */
const WAY_BACK_AFTER_END_MS = 7 * 86_400_000;

/** What a machine's executions mean to each other. */
export interface Kinship {
  /** Executions whose change a later one took back to the end. */
  readonly undone: ReadonlySet<string>;
  /** Executions that one without an end is taking back now, with their packages. */
  readonly inUse: ReadonlySet<string>;
}

export function kinshipOf(standings: readonly Standing[]): Kinship {
  const of = (wanted: (s: Standing) => boolean) =>
    new Set(standings.flatMap((s) => (s.origin.kind === "rollback-received" && wanted(s) ? [s.origin.ofExecutionId] : [])));
  return { undone: of((s) => s.state === "rolled-back"), inUse: of((s) => !s.terminal) };
}

/** What pruning has to know of one execution, from the journals alone. */
export function rememberedOf(
  s: Standing,
  records: readonly JournalRecord[],
  seen: { readonly acknowledged: number; readonly kinship: Kinship; readonly directory: string; readonly archives: string },
): Remembered {
  const lastAt = Date.parse(records.at(-1)?.at ?? s.origin.at);
  const inForceUntil = s.origin.kind === "apply-received" ? Date.parse(s.origin.planExpiresAt) : 0;
  const promised = canGoBack(s) && !seen.kinship.undone.has(s.executionId);
  const wayBackUntil = promised ? Math.max(inForceUntil, lastAt + WAY_BACK_AFTER_END_MS) : 0;
  return {
    id: s.executionId,
    lastAt,
    terminal: s.terminal,
    acknowledged: seen.acknowledged >= s.step,
    inForceUntil,
    wayBackUntil: seen.kinship.inUse.has(s.executionId) ? Number.POSITIVE_INFINITY : wayBackUntil,
    journalBytes: bytesBelow(seen.directory),
    packageBytes: bytesBelow(seen.archives),
  };
}

const canGoBack = (s: Standing): boolean =>
  s.origin.kind === "apply-received" &&
  s.action.rollback &&
  s.kept?.reversible === true &&
  s.transactions.length > 0 &&
  s.state !== "rolled-back";

/** What the files of a directory take on the disk; 0 where there is none. */
export function bytesBelow(directory: string): number {
  let names: string[];
  try {
    names = readdirSync(directory, { recursive: true, encoding: "utf8" });
  } catch {
    return 0;
  }
  return names.reduce((sum, name) => sum + lstatSync(join(directory, name)).blocks * 512, 0);
}
