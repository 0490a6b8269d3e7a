const MINUTE_MS = 60_000;

export interface EveryMinute {
  /** Begins nothing any more; what is under way goes on to its end. */
  stop(): void;
}

/**
 * Runs work a minute after it was last done, never twice at a time; a failure is handed on and does not end it. A plain timer: a
 * scheduler that knows calendars and time zones takes 13 MB of the process, and would have all agents of a fleet do it in one second.
 */
export function everyMinute(work: () => Promise<void>, failed: (error: Error) => void, intervalMs = MINUTE_MS): EveryMinute {
  let stopped = false;
  let timer: NodeJS.Timeout;
  const plan = (): void => {
    timer = setTimeout(() => {
      void work()
        .catch(failed)
        .then(() => {
          if (!stopped) plan();
        });
    }, intervalMs);
  };
  plan();
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
