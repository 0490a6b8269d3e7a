import { readFile, stat } from "node:fs/promises";

/** dpkg's locks are fcntl locks: the file's existence says nothing, the kernel's table does. */
const LOCKS = ["/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock"];

/** Pids of the holders of these inodes in the text of /proc/locks (proc(5)): `1: POSIX ADVISORY WRITE 812 00:2f:1234 0 EOF`. */
export function lockPids(procLocks: string, inodes: ReadonlySet<string>): number[] {
  const pids: number[] = [];
  for (const line of procLocks.split("\n")) {
    const m = /^\d+: (?:POSIX|OFDLCK)\s+ADVISORY\s+WRITE\s+(-?\d+)\s+[0-9a-f]+:[0-9a-f]+:(\d+)\s/.exec(line);
    if (m?.[1] && m[2] && inodes.has(m[2])) pids.push(Number(m[1]));
  }
  return pids;
}

export async function dpkgLockHolder(): Promise<string | undefined> {
  const inodes = new Set<string>();
  for (const path of LOCKS) {
    const found = await stat(path).catch(() => undefined);
    if (found) inodes.add(String(found.ino));
  }
  const [pid] = lockPids(await readFile("/proc/locks", "utf8"), inodes);
  if (pid === undefined) return undefined;
  const name = await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "a process of another container");
  return `${name.trim()} (pid ${pid})`;
}
