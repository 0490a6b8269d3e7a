import { readFile, stat } from "node:fs/promises";

/** Pids of the holders of these inodes in the text of /proc/locks (proc(5)): `1: POSIX ADVISORY WRITE 812 00:2f:1234 0 EOF`. */
export function lockPids(procLocks: string, inodes: ReadonlySet<string>): number[] {
  const pids: number[] = [];
  for (const line of procLocks.split("\n")) {
    const m = /^\d+: (?:POSIX|OFDLCK)\s+ADVISORY\s+WRITE\s+(-?\d+)\s+[0-9a-f]+:[0-9a-f]+:(\d+)\s/.exec(line);
    if (m?.[1] && m[2] && inodes.has(m[2])) pids.push(Number(m[1]));
  }
  return pids;
}

/**
 * Who holds a write lock (fcntl) on one of these files now: the file's existence says nothing, the kernel's table does.
 * @returns e.g. "apt-get (pid 812)"; undefined when nobody does
 */
export async function lockHolderOf(files: readonly string[]): Promise<string | undefined> {
  const inodes = new Set<string>();
  for (const path of files) {
    const found = await stat(path).catch(() => undefined);
    if (found) inodes.add(String(found.ino));
  }
  const [pid] = lockPids(await readFile("/proc/locks", "utf8"), inodes);
  return pid === undefined ? undefined : `${(await commandOf(pid)) ?? "a process of another container"} (pid ${pid})`;
}

/** A process's command, cut by the kernel to 15 characters; undefined when there is no such process. */
export const commandOf = (pid: number): Promise<string | undefined> =>
  readFile(`/proc/${pid}/comm`, "utf8").then(
    (text) => text.trim(),
    () => undefined,
  );
