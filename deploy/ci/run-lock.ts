import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

/** Who holds the hosts of a machine: a process, and when it started, since numbers of processes are used again. */
interface Holder {
  readonly pid: number;
  readonly startedAt: string;
  readonly directory: string;
}

const ASK_EVERY_MS = 500;

/** When a process started, in ticks since the boot (field 22 of /proc/PID/stat, proc(5)); undefined where it is gone. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

/** Undefined where nobody holds the lock, or nothing that we wrote stands in it. */
function holderOf(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Holder;
  } catch {
    return undefined;
  }
}

const lives = ({ pid, startedAt }: Holder): boolean => startOf(pid) === startedAt;

/**
 * Takes the lock file of the machine's hosts, so that two test runs do not tear each other's down. A holder that died holds nothing.
 * @returns what frees it @throws Error that names the holder, where it still lives after `waitMs`
 */
export async function takeLock(path: string, waitMs: number, tell: (text: string) => void = console.log): Promise<() => void> {
  const own: Holder = { pid: process.pid, startedAt: startOf(process.pid) ?? "", directory: process.cwd() };
  const draft = `${path}.${process.pid}`;
  const until = performance.now() + waitMs;
  let told = false;
  for (;;) {
    // A link is made whole or not at all, and never over another: nobody reads half a lock.
    writeFileSync(draft, JSON.stringify(own));
    try {
      linkSync(draft, path);
      return () => free(path, own);
    } catch (cause) {
      if (!(cause instanceof Error && "code" in cause && cause.code === "EEXIST")) throw cause;
    } finally {
      rmSync(draft, { force: true });
    }
    const holder = holderOf(path);
    if (!holder || !lives(holder)) {
      clearAway(path);
      continue;
    }
    const who = `process ${holder.pid} in ${holder.directory}`;
    if (performance.now() >= until)
      throw new Error(`The hosts of this machine are in use by ${who} (${path}). Wait for it to end, or end it, and run this again.`);
    if (!told) tell(`The hosts of this machine are in use by ${who}; waiting up to ${Math.round(waitMs / 1_000)} s ...`);
    told = true;
    await pause(Math.min(ASK_EVERY_MS, Math.max(1, until - performance.now())));
  }
}

/** Of two who find the same dead holder only one may remove it: what was moved aside is looked at again, and put back where it lives. */
function clearAway(path: string): void {
  const aside = `${path}.${process.pid}.dead`;
  try {
    renameSync(path, aside);
    const moved = holderOf(aside);
    if (moved && lives(moved)) linkSync(aside, path);
  } catch (cause) {
    // Somebody else moved it first, or took the lock meanwhile.
    if (!(cause instanceof Error && "code" in cause && (cause.code === "ENOENT" || cause.code === "EEXIST"))) throw cause;
  } finally {
    rmSync(aside, { force: true });
  }
}

function free(path: string, { pid, startedAt }: Holder): void {
  const holder = holderOf(path);
  if (holder?.pid === pid && holder.startedAt === startedAt) rmSync(path, { force: true });
}
