import { readdirSync, readFileSync } from "node:fs";

/** What the kernel says of one process so far (proc(5)). */
export interface Reading {
  readonly rssMb: number;
  /** Of it what is its own: pages of no file. */
  readonly ownMb: number;
  /** A page that several processes map counts by its share. */
  readonly pssMb: number;
  /** utime and stime. */
  readonly cpuSeconds: number;
  /** The same of children that ended: what it started. */
  readonly childrenCpuSeconds: number;
  /** Voluntary switches of all threads: each is a sleep that ended. */
  readonly wakeUps: number;
  /** Bytes that it and its ended children caused to be written to the storage layer. */
  readonly diskBytes: number;
}

export function readProcess(pid: number): Reading {
  const read = (path: string): string => readFileSync(`/proc/${pid}/${path}`, "utf8");
  const kib = (text: string, key: string) => Number(new RegExp(`^${key}:\\s+(\\d+)`, "m").exec(text)?.[1]) / 1024;
  const [stat, status] = [read("stat"), read("status")];
  const ticks = (i: number): number => Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[i]) / 100;
  const switches = readdirSync(`/proc/${pid}/task`).map((task) =>
    Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(read(`task/${task}/status`))?.[1]),
  );
  return {
    rssMb: kib(status, "VmRSS"),
    ownMb: kib(status, "RssAnon"),
    pssMb: kib(read("smaps_rollup"), "Pss"),
    cpuSeconds: ticks(11) + ticks(12),
    childrenCpuSeconds: ticks(13) + ticks(14),
    wakeUps: switches.reduce((sum, n) => sum + n, 0),
    diskBytes: Number(/^write_bytes: (\d+)/m.exec(read("io"))?.[1]),
  };
}

/** RSS of a process and of all that it started, megabytes. */
export function treeRssMb(pid: number): number {
  try {
    const own = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
    const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").trim().split(" ").filter(Boolean),
    );
    return children.reduce((sum, child) => sum + treeRssMb(Number(child)), own);
  } catch {
    // It ended while it was looked at.
    return 0;
  }
}

/** Of the line of least squares through the points. */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (of: (p: readonly [number, number]) => number) => points.reduce((sum, p) => sum + of(p), 0) / points.length;
  const [x, y] = [mean((p) => p[0]), mean((p) => p[1])];
  const spread = points.reduce((sum, p) => sum + (p[0] - x) ** 2, 0);
  return spread === 0 ? 0 : points.reduce((sum, p) => sum + (p[0] - x) * (p[1] - y), 0) / spread;
}
