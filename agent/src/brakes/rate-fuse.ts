import { existsSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fail, ok, type Result } from "@breakwater/shared/core";
import * as z from "zod";
import { syncDirectory } from "../execution/journal.ts";
import { readDurable, writeDurably } from "./root-file.ts";
import { passedMs, type Uptime } from "./running-time.ts";

export const FUSE_FILE = "rate-fuse.json";
/** Laid by root, in a directory where nobody else may: forget what was counted. */
export const FUSE_RESET_FILE = "rate-fuse.reset";
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Running time that a restart may lose, which shuts the fuse for longer and never for less long. */
const KEEP_EVERY_MS = 60_000;
const PROBLEM = "What was counted of changes cannot be read, so none is begun; root resets it: breakwater-agent fuse reset";
/** Ways back are counted apart, so that a flood of changes cannot shut the way back. */
const KINDS = ["apply", "rollback"] as const;
export type FuseKind = (typeof KINDS)[number];

export interface FuseLimits {
  readonly perHour: number;
  readonly perDay: number;
}

const stateSchema = z.strictObject({
  version: z.literal(1),
  bootId: z.string(),
  upMs: z.number().min(0),
  /** All running time that this file has seen pass; what was begun is dated by it. */
  runningMs: z.number().min(0),
  begun: z.array(z.strictObject({ kind: z.enum(KINDS), executionId: z.string(), at: z.string(), runningMs: z.number() })),
});
type State = z.infer<typeof stateSchema>;

export interface FuseReading extends FuseLimits {
  readonly appliesHour: number;
  readonly appliesDay: number;
  readonly rollbacksHour: number;
  readonly rollbacksDay: number;
  /** Running time until a change may begin again; 0 when one may. */
  readonly opensInMs: number;
}

/**
 * Counts what the executor begins to change, by running time: no clock moves it, so one that jumps neither opens nor shuts it,
 * and it opens by itself once the machine has run for long enough. While the machine is off no time passes for it.
 */
export function createRateFuse(stateDir: string, uptime: () => Uptime) {
  const path = join(stateDir, FUSE_FILE);
  const reset = join(stateDir, FUSE_RESET_FILE);
  const read = readDurable(path, stateSchema);
  let damaged = read === "damaged";
  const fresh = (): State => ({ version: 1, ...uptime(), runningMs: 0, begun: [] });
  let state: State = read === undefined || read === "damaged" ? fresh() : read;

  const keep = (next: State): void => {
    writeDurably(path, next);
    state = next;
  };
  /** The state as of now, with what is a day old left out. */
  const current = (): State => {
    const now = uptime();
    const runningMs = state.runningMs + passedMs(state, now);
    return { ...state, ...now, runningMs, begun: state.begun.filter((b) => runningMs - b.runningMs < DAY_MS) };
  };
  const within = (s: State, kind: FuseKind, ms: number) => s.begun.filter((b) => b.kind === kind && s.runningMs - b.runningMs < ms);
  /** Running time until one more of a kind stays within a limit. */
  const waitFor = (s: State, kind: FuseKind, ms: number, limit: number): number => {
    const counted = within(s, kind, ms);
    const oldest = counted[counted.length - limit];
    return oldest === undefined ? 0 : Math.max(0, oldest.runningMs + ms - s.runningMs);
  };
  const wait = (s: State, kind: FuseKind, { perHour, perDay }: FuseLimits): number =>
    Math.max(waitFor(s, kind, HOUR_MS, perHour), waitFor(s, kind, DAY_MS, perDay));

  return {
    /** Whether one more may begin. Called right before {@link count}, with nothing in between. */
    mayBegin(kind: FuseKind, limits: FuseLimits): Result<void> {
      const what = kind === "apply" ? "changes" : "ways back";
      const next = "Root on the machine: breakwater-agent fuse reset";
      if (damaged) return fail({ code: "rate-fuse", message: PROBLEM, next });
      const s = current();
      const ms = wait(s, kind, limits);
      if (ms === 0) return ok(undefined);
      const counts = `${within(s, kind, HOUR_MS).length} within an hour, ${within(s, kind, DAY_MS).length} within a day`;
      return fail({
        code: "rate-fuse",
        message: `This machine began ${counts} of running time; its owner allows ${limits.perHour} ${what} an hour and ${limits.perDay} a day. The next may begin after ${Math.ceil(ms / 60_000)} min of running time.`,
        next,
      });
    },
    /** Counts one, durably, before it begins. */
    count(kind: FuseKind, executionId: string, at: string): void {
      const s = current();
      keep({ ...s, begun: [...s.begun, { kind, executionId, at, runningMs: s.runningMs }] });
    },
    /** Sets down how much time has passed, so that a restart loses little of it; and forgets all when root said so. */
    look(): "reset" | undefined {
      if (existsSync(reset)) {
        damaged = false;
        keep(fresh());
        rmSync(reset);
        syncDirectory(dirname(reset));
        return "reset";
      }
      const now = current();
      if (!damaged && state.begun.length > 0 && now.runningMs - state.runningMs >= KEEP_EVERY_MS) keep(now);
      return undefined;
    },
    get problem(): string {
      return damaged ? PROBLEM : "";
    },
    reading(limits: FuseLimits): FuseReading {
      const s = current();
      const counted = (kind: FuseKind, ms: number) => within(s, kind, ms).length;
      return {
        ...limits,
        appliesHour: counted("apply", HOUR_MS),
        appliesDay: counted("apply", DAY_MS),
        rollbacksHour: counted("rollback", HOUR_MS),
        rollbacksDay: counted("rollback", DAY_MS),
        opensInMs: wait(s, "apply", limits),
      };
    },
  };
}
