import type { DurationMs, Random } from "@breakwater/shared/core";

const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;
/** A server that asks for more patience than this is asked again at the next reading. */
export const MOST_PATIENCE_MS = 10 * 60_000;

/** Answers that another try may turn into a good one. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);
export const isPassing = (status: number): boolean => PASSING.has(status);

/**
 * How long to wait before the next try: what the server asks for, else anything up to twice the last limit, so that many controllers that
 * were refused at once do not come back at once ("full jitter").
 * @param attempt 1 after the first failure
 */
export function backOffMs(attempt: number, retryAfterMs: number | null, random: Random): number {
  const limit = Math.min(LONGEST_MS, FIRST_MS * 2 ** (attempt - 1));
  const own = random.next() * limit;
  return retryAfterMs === null ? own : retryAfterMs + random.next() * FIRST_MS;
}

/** Seconds or an HTTP date (RFC 9110, 10.2.3). @returns milliseconds from now; null when the header says nothing readable */
export function readRetryAfter(header: string | null, nowMs: DurationMs | number): number | null {
  if (header === null) return null;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1_000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs);
}
