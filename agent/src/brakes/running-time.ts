import { readFileSync } from "node:fs";

/** Time since the machine started, asleep or awake (CLOCK_BOOTTIME), and which start that was. No clock can move it. */
export interface Uptime {
  readonly bootId: string;
  readonly upMs: number;
}

/** proc(5): /proc/uptime is CLOCK_BOOTTIME, in hundredths of a second. */
export function readUptime(): Uptime {
  const seconds = Number.parseFloat(readFileSync("/proc/uptime", "utf8"));
  return { bootId: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(), upMs: Math.floor(seconds * 1000) };
}

/** Running time that has certainly passed between two looks: over a restart only what the machine has been up since. */
export const passedMs = (before: Uptime, now: Uptime): number =>
  now.bootId === before.bootId && now.upMs >= before.upMs ? now.upMs - before.upMs : now.upMs;
