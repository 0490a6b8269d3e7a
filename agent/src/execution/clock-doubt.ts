import { join } from "node:path";
import * as z from "zod";
import { readDurable, writeDurably } from "../brakes/root-file.ts";
import { passedMs, readUptime, type Uptime } from "../brakes/running-time.ts";

/** A clock that went further than the machine ran is not believed in what cannot be taken back, for this much running time. */
const DOUBT_MS = 7 * 86_400_000;
/** Time synchronisation, and a clock that was read a moment later. */
const TOLERANCE_MS = 3_600_000;

const schema = z.object({ bootId: z.string(), upMs: z.number(), wallMs: z.number(), doubtMs: z.number() });

/**
 * Whether the clock may be wrong: it was set by more than an hour while the machine ran, or goes behind what was seen before a start,
 * and since then not a week of running time has passed. A clock that was set forward while the machine was off cannot be told from time
 * that passed. The last look is kept in `clock.json` of the state directory; one that cannot be read counts as doubt.
 */
export function doubtClock(stateDir: string, wallMs: number, uptime: Uptime = readUptime()): boolean {
  const path = join(stateDir, "clock.json");
  const before = readDurable(path, schema);
  const keep = (doubtMs: number): boolean => {
    writeDurably(path, { bootId: uptime.bootId, upMs: uptime.upMs, wallMs, doubtMs });
    return doubtMs > 0;
  };
  if (before === undefined) return keep(0);
  if (before === "damaged") return keep(DOUBT_MS);
  const passed = passedMs(before, uptime);
  const beyond = wallMs - before.wallMs - passed;
  const sameRun = before.bootId === uptime.bootId && uptime.upMs >= before.upMs;
  if (beyond < -TOLERANCE_MS || (sameRun && beyond > TOLERANCE_MS)) return keep(DOUBT_MS);
  return keep(Math.max(0, before.doubtMs - passed));
}
