import { readdirSync, readFileSync } from "node:fs";

/** What the kernel says of a process so far, and what went over its wire. */
export interface Reading {
  readonly at: number;
  readonly rssMb: number;
  /** utime, stime, and those of ended children (proc(5)). */
  readonly cpuSeconds: number;
  /** Voluntary switches of all threads: each is a sleep that ended. */
  readonly wakeUps: number;
  /** Bytes that it caused to be written to the storage layer. */
  readonly diskBytes: number;
  readonly sent: number;
  readonly received: number;
}

export function readProcess(pid: number): Omit<Reading, "at" | "sent" | "received"> {
  const read = (path: string): string => readFileSync(`/proc/${pid}/${path}`, "utf8");
  const stat = read("stat");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const switches = readdirSync(`/proc/${pid}/task`).map((task) =>
    Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(read(`task/${task}/status`))?.[1]),
  );
  return {
    rssMb: Number(/^VmRSS:\s+(\d+)/m.exec(read("status"))?.[1]) / 1024,
    cpuSeconds: [11, 12, 13, 14].reduce((sum, i) => sum + Number(fields[i]), 0) / 100,
    wakeUps: switches.reduce((sum, n) => sum + n, 0),
    diskBytes: Number(/^write_bytes: (\d+)/m.exec(read("io"))?.[1]),
  };
}

/** Of the line of least squares through the points. */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (of: (p: readonly [number, number]) => number) => points.reduce((sum, p) => sum + of(p), 0) / points.length;
  const [x, y] = [mean((p) => p[0]), mean((p) => p[1])];
  const spread = points.reduce((sum, p) => sum + (p[0] - x) ** 2, 0);
  return spread === 0 ? 0 : points.reduce((sum, p) => sum + (p[0] - x) * (p[1] - y), 0) / spread;
}
