/** A look at a process and all that it started. */
export interface Pulse {
  readonly atMs: number;
  readonly outputBytes: number;
  readonly cpuMs: number;
  /** Something in it runs, wants to run, or waits for a disk. */
  readonly busy: boolean;
}

/** Nothing printed and next to nothing computed for this long. On a clone one may be impatient: nothing is lost by ending it. */
export const SILENCE_MS = 45_000;
/** A tree of processes that waits for ever wakes up now and then. */
const IDLE_CPU_MS = 300;
const IDLE_LOOKS = 0.1;

/**
 * Whether the last `SILENCE_MS` of these looks (oldest first) show a transaction that waits for something that never comes.
 * One that gets no processor on an overloaded machine computes nothing either, but wants to.
 */
export function hangs(pulses: readonly Pulse[]): boolean {
  const last = pulses.at(-1);
  const from = last ? pulses.findLastIndex((p) => last.atMs - p.atMs >= SILENCE_MS) : -1;
  const since = pulses[from];
  if (!last || !since || since.outputBytes !== last.outputBytes || last.cpuMs - since.cpuMs >= IDLE_CPU_MS) return false;
  const looks = pulses.slice(from);
  return looks.filter((p) => p.busy).length <= looks.length * IDLE_LOOKS;
}
