import { fail, ok, type Result } from "@breakwater/shared/core";

/** What the machine has to spare at this moment. */
export interface Spare {
  readonly memoryBytes: number;
  /** On the file system of our state directory. */
  readonly diskBytes: number;
  readonly loopDevices: boolean;
  readonly processors: number;
}

export interface Limits {
  readonly layer: { readonly kind: "loop" | "tmpfs"; readonly bytes: number };
  /** Of all processes of the clone, and of its layer where that lies in memory. */
  readonly memoryBytes: number;
  readonly cpuPercent: number;
  readonly tasks: number;
  readonly deadlineMs: number;
}

const MIB = 1024 * 1024;
const LEAST_LAYER = 256 * MIB;
const MOST_LAYER = 8 * 1024 * MIB;
const LEAST_WORKING_SET = 256 * MIB;
const MOST_WORKING_SET = 2 * 1024 * MIB;
const DEADLINE_MS = 20 * 60_000;

/**
 * How much of the machine one rehearsal may take: at most half of what is spare, one processor, never the last of anything.
 * A layer on disk costs no memory, so it is preferred; memory it is where there are no loop devices, as in containers.
 */
export function limitsFor(spare: Spare): Result<Limits> {
  const [disk, memory] = [spare.diskBytes / 2, spare.memoryBytes / 2];
  const kind = spare.loopDevices && disk >= LEAST_LAYER ? "loop" : "tmpfs";
  const bytes = Math.floor(Math.min(MOST_LAYER, kind === "loop" ? disk : memory / 2));
  const working = Math.floor(Math.min(MOST_WORKING_SET, kind === "loop" ? memory : memory / 2));
  if (bytes < LEAST_LAYER || working < LEAST_WORKING_SET)
    return fail({
      code: "no-room",
      message: `A copy needs ${LEAST_LAYER / MIB} MiB for its layer and ${LEAST_WORKING_SET / MIB} MiB of memory out of half of what is free; ${Math.floor(spare.memoryBytes / MIB)} MiB of memory and ${Math.floor(spare.diskBytes / MIB)} MiB of disk are free.`,
    });
  return ok({
    layer: { kind, bytes },
    memoryBytes: working + (kind === "tmpfs" ? bytes : 0),
    cpuPercent: spare.processors > 1 ? 100 : 50,
    tasks: 2_000,
    deadlineMs: DEADLINE_MS,
  });
}
