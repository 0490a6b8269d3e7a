/**
 * Runs tasks one after another. Above `depth` the source is paused, and resumed when half is done, so that one sender's
 * backlog is bounded by its own stream's flow control.
 */
export function createSerialQueue(depth: number, source: { pause(): void; resume(): void }, failed: (cause: unknown) => void) {
  const waiting: (() => Promise<void>)[] = [];
  let running: Promise<void> | undefined;
  let paused = false;
  let closed = false;

  async function run(): Promise<void> {
    for (let task = waiting.shift(); task && !closed; task = waiting.shift()) {
      if (paused && waiting.length <= depth / 2) {
        paused = false;
        source.resume();
      }
      try {
        await task();
      } catch (cause) {
        failed(cause);
      }
    }
    running = undefined;
  }

  return {
    add(task: () => Promise<void>): void {
      if (closed) return;
      waiting.push(task);
      if (!paused && waiting.length >= depth) {
        paused = true;
        source.pause();
      }
      running ??= run();
    },
    get length() {
      return waiting.length;
    },
    /** What waits is dropped; what runs is waited for. */
    async close(): Promise<void> {
      closed = true;
      waiting.length = 0;
      await running;
    },
  };
}
