import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ProblemError } from "@breakwater/shared/core";

/** Field 22 of /proc/PID/stat (proc(5)): tells a process from a later one with its number. */
const startTime = (pid: number): string | undefined => {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ")[19];
  } catch {
    return undefined;
  }
};

/** Two executors on one state directory would both resume the same journal. The later one throws. */
export function ownStateDirectory(stateDir: string): void {
  mkdirSync(stateDir, { recursive: true, mode: 0o755 });
  const file = join(stateDir, "owner");
  let owner = "";
  try {
    owner = readFileSync(file, "utf8").trim();
  } catch {
    // Nobody was here before.
  }
  const [pid, started] = owner.split(" ");
  if (pid && started && Number(pid) !== process.pid && startTime(Number(pid)) === started)
    throw new ProblemError({ code: "executor-running", message: `Process ${pid} is the executor of ${stateDir}.` });
  writeFileSync(file, `${process.pid} ${startTime(process.pid)}\n`, { mode: 0o644 });
}
