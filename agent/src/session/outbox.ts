import type { AgentMessage } from "@breakwater/shared/wire";

/** What a message may be kept for: everything but its number. */
export type Body = Omit<AgentMessage, "sequence">;

interface Entry {
  readonly key: string;
  readonly body: Body;
  readonly onAcknowledged: () => void;
  /** Number in the present stream; 0 while unsent there. */
  sequence: number;
}

/** Messages that may wait here. Reports beyond stay in the executor's journal, which is asked again after each Welcome. */
export const MAX_WAITING = 2_048;

export interface Outbox {
  /**
   * Queues a message that must not be lost while this process lives. One key waits once: a later message with the same
   * key is dropped, since it says the same. @returns false when the queue is full.
   */
  add(key: string, body: Body, onAcknowledged?: () => void): boolean;
  /** Takes back what has not been acknowledged and is of no use any more. */
  discard(matches: (key: string) => boolean): void;
  /** The next message to write, numbered within the stream; undefined when all are sent. */
  next(): AgentMessage | undefined;
  acknowledge(sequence: number): void;
  /** A new stream: numbers begin anew and everything that was not acknowledged is sent again. */
  restart(): void;
  readonly waiting: number;
}

/** Sequence numbers, acknowledgements and resending of one session. Pure: nothing is written here. */
export function createOutbox(): Outbox {
  const entries = new Map<string, Entry>();
  const unsent: Entry[] = [];
  const bySequence = new Map<number, Entry>();
  let lastSequence = 0;
  return {
    add(key, body, onAcknowledged = () => {}) {
      if (entries.has(key)) return true;
      if (entries.size >= MAX_WAITING) return false;
      const entry: Entry = { key, body, onAcknowledged, sequence: 0 };
      entries.set(key, entry);
      unsent.push(entry);
      return true;
    },
    discard(matches) {
      for (const [key, entry] of entries) {
        if (!matches(key)) continue;
        entries.delete(key);
        bySequence.delete(entry.sequence);
        const at = unsent.indexOf(entry);
        if (at >= 0) unsent.splice(at, 1);
      }
    },
    next() {
      const entry = unsent.shift();
      if (!entry) return undefined;
      entry.sequence = ++lastSequence;
      bySequence.set(entry.sequence, entry);
      return { ...entry.body, sequence: entry.sequence };
    },
    acknowledge(sequence) {
      const entry = bySequence.get(sequence);
      if (!entry) return;
      bySequence.delete(sequence);
      entries.delete(entry.key);
      entry.onAcknowledged();
    },
    restart() {
      lastSequence = 0;
      bySequence.clear();
      unsent.length = 0;
      for (const entry of entries.values()) unsent.push({ ...entry, sequence: 0 });
      for (const entry of unsent) entries.set(entry.key, entry);
    },
    get waiting() {
      return entries.size;
    },
  };
}
