import { readdirSync, readFileSync } from "node:fs";

interface ProcessTimes {
  readonly pid: number;
  readonly parent: number;
  /** Its own CPU time and that of its children that ended. */
  readonly ticks: number;
  /** Runs, wants to run, or waits for a disk (states R and D). */
  readonly busy: boolean;
}

/** USER_HZ, which Linux tells user space on every architecture we run on. */
const TICK_MS = 10;

/** Reads one /proc/PID/stat (proc(5)); the name in parentheses may hold anything. */
export function parseStat(text: string): ProcessTimes | undefined {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const pid = Number.parseInt(text, 10);
  const [parent, own] = [Number(fields[1]), [11, 12, 13, 14].map((i) => Number(fields[i]))];
  return Number.isInteger(pid) && own.every(Number.isFinite)
    ? { pid, parent, ticks: own.reduce((a, b) => a + b, 0), busy: fields[0] === "R" || fields[0] === "D" }
    : undefined;
}

function all(): ProcessTimes[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const read = parseStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
        return read ? [read] : [];
      } catch {
        return [];
      }
    });
}

/** CPU time of everything in this PID namespace, ended processes included. */
export const cpuOfAllMs = (): number => all().reduce((sum, p) => sum + p.ticks, 0) * TICK_MS;

/** A process and all below it. */
export function treeOf(root: number, processes: readonly ProcessTimes[] = all()) {
  const found = processes.filter((p) => p.pid === root);
  for (let i = 0; i < found.length; i++) found.push(...processes.filter((p) => p.parent === found[i]?.pid && p.pid !== found[i]?.pid));
  return found;
}
/** The same tree's CPU time, and whether anything in it is busy at this moment. */
export function pulseOfTree(root: number): { cpuMs: number; busy: boolean } {
  const tree = treeOf(root);
  return { cpuMs: tree.reduce((sum, p) => sum + p.ticks, 0) * TICK_MS, busy: tree.some((p) => p.busy) };
}
