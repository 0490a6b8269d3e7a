/**
 * Runs work again and again, one at a time: after each interval, and soon after `wake`. A failure is handed on and does
 * not end it; neither does a failure to hand it on.
 */
export function createRhythm(intervalMs: number, work: () => Promise<void>, failed: (cause: unknown) => Promise<void> | void) {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let again = false;
  let stopped = false;

  async function run(): Promise<void> {
    clearTimeout(timer);
    do {
      again = false;
      try {
        await work();
      } catch (cause) {
        await Promise.resolve(cause)
          .then(failed)
          .catch(() => {});
      }
    } while (again && !stopped);
    running = undefined;
    if (!stopped) timer = setTimeout(start, intervalMs);
  }
  function start(): void {
    running ??= run();
  }

  return {
    start,
    wake(): void {
      if (stopped) return;
      if (running !== undefined) again = true;
      else start();
    },
    async stop(): Promise<void> {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
