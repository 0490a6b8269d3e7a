import type { Sample } from "@breakwater/shared/health";

export const MINUTE_MS = 60_000;

/** What one minute of one series held. */
export interface Minute {
  readonly endpointId: string;
  readonly metric: string;
  readonly subject: string;
  /** Start of the minute. */
  readonly at: number;
  count: number;
  mean: number;
  min: number;
  max: number;
  last: number;
}

/**
 * Minutes that are not in the database yet, oldest dropped first when there are too many: an outage of the database costs
 * history, never memory.
 */
export class PendingMinutes {
  readonly #limit: number;
  readonly #byMinute = new Map<number, Map<string, Minute>>();
  #size = 0;
  /** Minutes that were given up. */
  dropped = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(endpointId: string, at: number, sample: Sample): void {
    const start = Math.floor(at / MINUTE_MS) * MINUTE_MS;
    const { metric, subject, value } = sample;
    this.#merge({ endpointId, metric, subject, at: start, count: 1, mean: value, min: value, max: value, last: value });
    while (this.#size > this.#limit) this.#dropOldest();
  }

  /** Takes out all minutes that ended before a moment. */
  takeBefore(moment: number): Minute[] {
    const taken: Minute[] = [];
    for (const [at, minutes] of this.#byMinute) {
      if (at + MINUTE_MS > moment) continue;
      for (const minute of minutes.values()) taken.push(minute);
      this.#byMinute.delete(at);
    }
    this.#size -= taken.length;
    return taken;
  }

  /** Puts back what could not be written. */
  putBack(minutes: readonly Minute[]): void {
    for (const minute of minutes) this.#merge(minute);
    while (this.#size > this.#limit) this.#dropOldest();
  }

  get size(): number {
    return this.#size;
  }

  *of(endpointIds: ReadonlySet<string>, from: number, to: number): Iterable<Minute> {
    for (const [at, minutes] of this.#byMinute) {
      if (at < from || at >= to) continue;
      for (const minute of minutes.values()) if (endpointIds.has(minute.endpointId)) yield minute;
    }
  }

  #merge(minute: Minute): void {
    const minutes = this.#byMinute.get(minute.at) ?? new Map<string, Minute>();
    this.#byMinute.set(minute.at, minutes);
    const key = `${minute.endpointId}\n${minute.metric}\n${minute.subject}`;
    const known = minutes.get(key);
    if (!known) {
      minutes.set(key, { ...minute });
      this.#size++;
    } else mergeInto(known, minute);
  }

  #dropOldest(): void {
    const oldest = Math.min(...this.#byMinute.keys());
    const gone = this.#byMinute.get(oldest)?.size ?? 0;
    this.#byMinute.delete(oldest);
    this.#size -= gone;
    this.dropped += gone;
  }
}

/** Adds what came later to what was there. */
export function mergeInto(known: Minute, later: Minute): void {
  const count = known.count + later.count;
  known.mean = (known.mean * known.count + later.mean * later.count) / count;
  known.count = count;
  known.min = Math.min(known.min, later.min);
  known.max = Math.max(known.max, later.max);
  known.last = later.last;
}
