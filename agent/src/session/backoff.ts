import type { DurationMs, Random } from "@breakwater/shared/core";

const BASE_MS = 1_000;
/** A controller with 10,000 agents that comes back sees about 160 of them a second at this cap. */
const CAP_MS = 60_000;
/**
 * Longest that a server may send an agent away. One that was taken over must not silence a fleet until somebody starts
 * every agent anew, and beyond 2^31 ms a timer fires at once, which would turn "come back never" into a storm.
 */
const MAX_RETRY_AFTER_MS = 3_600_000;

/**
 * How long to wait before attempt n (from 0): full jitter, so that a restarted controller is not stampeded. What the
 * server asked for, an hour at most, is the least, and the jitter comes on top of it, or all would come back at that same moment.
 */
export function reconnectDelay(attempt: number, retryAfterMs: number, random: Random): DurationMs {
  const ceiling = Math.min(CAP_MS, BASE_MS * 2 ** Math.min(attempt, 16));
  return Math.round(Math.min(retryAfterMs, MAX_RETRY_AFTER_MS) + random.next() * ceiling) as DurationMs;
}
