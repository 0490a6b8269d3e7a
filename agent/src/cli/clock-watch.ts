import { readUptime, type Uptime } from "../brakes/running-time.ts";

/** A clock that was set by more than this is told to the controller; time synchronisation moves it by less. */
export const CLOCK_MOVED_MS = 60_000;

export interface ClockLook {
  readonly wallMs: number;
  readonly uptime: Uptime;
}

/**
 * By how much the clock was set between two looks, in ms, positive when it was set forward: what it went beyond the time that passed
 * by CLOCK_BOOTTIME, which no setting moves and which counts sleep.
 */
export const clockMovedMs = (before: ClockLook, now: ClockLook): number =>
  now.wallMs - before.wallMs - (now.uptime.upMs - before.uptime.upMs);

/** Looks at the clock again and again. @returns what it was set by since the last look, where that is worth telling; else 0 */
export function watchClock(wall: () => number, uptime: () => Uptime = readUptime): () => number {
  const look = (): ClockLook => ({ wallMs: wall(), uptime: uptime() });
  let last = look();
  return () => {
    const now = look();
    const moved = clockMovedMs(last, now);
    last = now;
    return Math.abs(moved) > CLOCK_MOVED_MS ? moved : 0;
  };
}

/** How long ago something was, in ms. What lies in the future was written down by a clock that was wrong: too long ago for anybody to wait for. */
export const agoMs = (then: number, now: number): number => (then > now ? Number.POSITIVE_INFINITY : now - then);
