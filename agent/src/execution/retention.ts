import * as z from "zod";

const DAY_MS = 86_400_000;

/** `retention` of agent.yaml: how much of ended executions this machine keeps. */
export const retentionSchema = z.strictObject({
  /** Ended executions that are remembered, newest first. */
  maxExecutions: z.number().int().min(1).max(10_000).default(200),
  /** How long an ended execution is remembered. */
  maxDays: z.number().int().min(1).max(3_650).default(365),
  /** How long the packages of an ended execution are kept beyond what its plan promises: the way back by hand, and a cache. */
  packageDays: z.number().int().min(0).max(3_650).default(30),
  /** Journals, output and packages together. */
  maxMegabytes: z.number().int().min(16).max(1_000_000).default(2_048),
});
export type Retention = Readonly<z.infer<typeof retentionSchema>>;

/** What pruning has to know of one execution. */
export interface Remembered {
  readonly id: string;
  /** Moment of its last record. */
  readonly lastAt: number;
  readonly terminal: boolean;
  /** The controller holds every report of it. */
  readonly acknowledged: boolean;
  /** Until then its plan's approval is in force, so its journal is what says that it is used up. */
  readonly inForceUntil: number;
  /** Until then its plan promises a way back, for which its packages are needed; 0: it does not, or has been gone. */
  readonly wayBackUntil: number;
  readonly journalBytes: number;
  readonly packageBytes: number;
}

export interface Pruning {
  /** Executions whose packages go. */
  readonly dropPackages: readonly string[];
  /** Executions that are forgotten altogether, packages included. */
  readonly forget: readonly string[];
  /** Bytes that stay because they are needed, though the owner's limit is lower; 0 when the limit holds. */
  readonly beyondLimitBytes: number;
}

/**
 * What goes. First of all stands what may still be needed: an execution without an end, one whose reports the controller has
 * not acknowledged, one whose approval is in force, and packages that a plan's way back needs. All else goes by the owner's
 * age, count and bytes, oldest first, packages before journals. Pure.
 */
export function decidePruning(all: readonly Remembered[], limits: Retention, now: number): Pruning {
  const newestFirst = [...all].sort((a, b) => b.lastAt - a.lastAt || (a.id < b.id ? 1 : -1));
  const ended = newestFirst.filter((e) => e.terminal);
  const packagesFree = (e: Remembered): boolean => e.terminal && now >= e.wayBackUntil;
  const journalFree = (e: Remembered): boolean => packagesFree(e) && e.acknowledged && now >= e.inForceUntil;
  const olderThan = (e: Remembered, days: number): boolean => now - e.lastAt > days * DAY_MS;

  const forget = new Set(ended.filter((e, i) => journalFree(e) && (i >= limits.maxExecutions || olderThan(e, limits.maxDays))));
  const drop = new Set(ended.filter((e) => packagesFree(e) && e.packageBytes > 0 && olderThan(e, limits.packageDays)));

  const kept = (): number => all.reduce((sum, e) => sum + (forget.has(e) ? 0 : e.journalBytes + (drop.has(e) ? 0 : e.packageBytes)), 0);
  let excess = kept() - limits.maxMegabytes * 1_000_000;
  const oldestFirst = ended.toReversed();
  for (const e of oldestFirst) {
    if (excess <= 0) break;
    if (!packagesFree(e) || drop.has(e) || forget.has(e)) continue;
    drop.add(e);
    excess -= e.packageBytes;
  }
  for (const e of oldestFirst) {
    if (excess <= 0) break;
    if (!journalFree(e) || forget.has(e)) continue;
    forget.add(e);
    excess -= e.journalBytes;
  }
  return {
    dropPackages: [...drop].filter((e) => !forget.has(e)).map((e) => e.id),
    forget: [...forget].map((e) => e.id),
    beyondLimitBytes: Math.max(0, excess),
  };
}
