import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { readSlice, sizeOf } from "../execution/output.ts";
import type { ManagerCommand } from "../packages/index.ts";
import { hangs, type Pulse } from "./hang.ts";
import { pulseOfTree, treeOf } from "./process-times.ts";

const LOOK_MS = 1_000;
/** Between two looks at how much was printed: a script that asks without end fills a disk in seconds. */
const SIZE_LOOK_MS = 100;
/** Some thousand packages print a few megabytes. */
export const MAX_OUTPUT_BYTES = 32 * 1024 * 1024;
const TAIL_BYTES = 8_000;

export interface Transacted {
  /** "exited 0", "killed SIGKILL", or "hung" when it was ended for waiting on nothing or printing without end. */
  readonly exit: string;
  /** It would not have come to an end by itself. */
  readonly hung: boolean;
  /** It hung in that it printed without end. */
  readonly flooded: boolean;
  /** What it printed, the last of it. */
  readonly output: string;
}

/**
 * Runs a package manager in the clone, its output in a file as on the machine, and ends it when it hangs.
 * @param log where there is room for some of {@link MAX_OUTPUT_BYTES}, and nothing of the machine's is to be filled up
 */
export async function transact(command: ManagerCommand, log: string): Promise<Transacted> {
  const from = sizeOf(log);
  const fd = openSync(log, "a", 0o600);
  const [file, ...args] = command.argv;
  const child = spawn(file, args, { env: { ...command.env }, stdio: ["ignore", fd, fd] });
  closeSync(fd);
  let exit: string | undefined;
  child.once("error", (error) => {
    exit = `not started: ${error.message}`;
  });
  child.once("exit", (code, signal) => {
    exit = signal ? `killed ${signal}` : `exited ${code}`;
  });
  const pulses: Pulse[] = [];
  const floods = (): boolean => sizeOf(log) - from > MAX_OUTPUT_BYTES;
  let [hung, flooded] = [false, false];
  let lookAt = performance.now() + LOOK_MS;
  while (exit === undefined) {
    await wait(SIZE_LOOK_MS);
    flooded ||= floods();
    if (performance.now() >= lookAt) {
      lookAt = performance.now() + LOOK_MS;
      pulses.push({ atMs: performance.now(), outputBytes: sizeOf(log), ...pulseOfTree(child.pid ?? 0) });
      hung = hangs(pulses);
    }
    if (exit === undefined && (hung || flooded)) {
      for (const { pid } of treeOf(child.pid ?? 0).reverse()) killQuietly(pid);
      while (exit === undefined) await wait(50);
    }
  }
  // Where the room ended before the look, it may have ended by that.
  flooded ||= floods();
  const size = sizeOf(log);
  const output = readSlice(log, Math.max(from, size - TAIL_BYTES), size).toString("utf8");
  return { exit: hung || flooded ? "hung" : exit, hung: hung || flooded, flooded, output };
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}
