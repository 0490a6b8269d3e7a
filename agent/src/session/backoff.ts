import type { DurationMs, Random } from "@breakwater/shared/core";

const BASE_MS = 1_000;
/** A controller with 10,000 agents that comes back sees about 160 of them a second at this cap. */
const CAP_MS = 60_000;

/**
 * How long to wait before attempt n (from 0): full jitter, so that a restarted controller is not stampeded. What the
 * server asked for is the least, and the jitter comes on top of it, or all would come back at that same moment.
 */
export function reconnectDelay(attempt: number, retryAfterMs: number, random: Random): DurationMs {
  const ceiling = Math.min(CAP_MS, BASE_MS * 2 ** Math.min(attempt, 16));
  return Math.round(retryAfterMs + random.next() * ceiling) as DurationMs;
}
