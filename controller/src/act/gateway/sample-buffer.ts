import type { EndpointSample } from "./intakes.ts";

/**
 * Samples on their way to one watcher, at most `capacity`. When it reads too slowly the oldest are dropped and counted:
 * a monitor that comes too late wants what is true now.
 */
export function createSampleBuffer(capacity: number) {
  const ring: (EndpointSample | undefined)[] = new Array(capacity);
  let start = 0;
  let length = 0;
  let dropped = 0;
  return {
    get length() {
      return length;
    },
    put(samples: readonly EndpointSample[]): void {
      for (const sample of samples) {
        if (length === capacity) {
          start = (start + 1) % capacity;
          length--;
          dropped++;
        }
        ring[(start + length) % capacity] = sample;
        length++;
      }
    },
    /** Takes out up to `limit` of the oldest, and how many were dropped since the last time. */
    take(limit: number): { samples: EndpointSample[]; dropped: number } {
      const samples: EndpointSample[] = [];
      while (length > 0 && samples.length < limit) {
        samples.push(ring[start] as EndpointSample);
        ring[start] = undefined;
        start = (start + 1) % capacity;
        length--;
      }
      const missed = dropped;
      dropped = 0;
      return { samples, dropped: missed };
    },
  };
}
