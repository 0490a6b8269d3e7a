import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, statSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import type { ManagerCommand } from "../packages/index.ts";
import { hangs, type Pulse } from "./hang.ts";
import { pulseOfTree, treeOf } from "./process-times.ts";

const LOOK_MS = 1_000;
const TAIL_BYTES = 8_000;

export interface Transacted {
  /** "exited 0", "killed SIGKILL", or "hung" when it was ended for waiting on nothing. */
  readonly exit: string;
  readonly hung: boolean;
  /** What it printed, the last of it. */
  readonly output: string;
}

/** Runs a package manager in the clone, its output in a file as on the machine, and ends it when it hangs. */
export async function transact(command: ManagerCommand, log: string): Promise<Transacted> {
  const from = statSync(log, { throwIfNoEntry: false })?.size ?? 0;
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
  let hung = false;
  while (exit === undefined) {
    await wait(LOOK_MS);
    pulses.push({ atMs: performance.now(), outputBytes: statSync(log).size, ...pulseOfTree(child.pid ?? 0) });
    if (exit === undefined && hangs(pulses)) {
      hung = true;
      for (const { pid } of treeOf(child.pid ?? 0).reverse()) killQuietly(pid);
      while (exit === undefined) await wait(50);
    }
  }
  return { exit: hung ? "hung" : exit, hung, output: readFileSync(log).subarray(from).subarray(-TAIL_BYTES).toString("utf8") };
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}
