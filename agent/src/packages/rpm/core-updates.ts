import { readFile } from "node:fs/promises";
import type { Run } from "../run.ts";
import { RPM, RPM_ENVIRONMENT } from "./environment.ts";

const TIMEOUT_MS = 60_000;
/**
 * What runs on as it was until the machine restarts, as dnf's own needs-restarting has it; kernels are told by their versions.
 * @see https://access.redhat.com/solutions/27943
 */
const CORE = ["glibc", "linux-firmware", "systemd", "dbus", "dbus-broker", "dbus-daemon"];
/** Of the times in /proc/PID/stat, whatever the kernel's own clock ticks at (proc(5), sysconf(_SC_CLK_TCK)). */
const TICKS_PER_SECOND = 100;

/** Pure: when PID 1 started, in seconds since 1970, from /proc/stat and /proc/1/stat; in a container that is its own start. */
export function startedAt(stat: string, first: string): number | undefined {
  const booted = Number(/^btime (\d+)$/m.exec(stat)?.[1]);
  // After the command's name, which may hold anything, field 3 is the first; the start is field 22.
  const ticks = Number(first.slice(first.lastIndexOf(")") + 2).split(" ")[19]);
  return booted > 0 && ticks >= 0 ? booted + ticks / TICKS_PER_SECOND : undefined;
}

/** Pure: the names of lines "INSTALLTIME NAME" whose time is after the start. rpm's lines on what is not installed are none. */
export const cameAfter = (output: string, start: number): string[] => [
  ...new Set(
    output.split("\n").flatMap((line) => {
      const m = /^(\d+) (\S+)$/.exec(line);
      return m?.[1] && m[2] && Number(m[1]) > start ? [m[2]] : [];
    }),
  ),
];

/** Why rpm's core packages want a reboot; empty when none came since the machine started. @throws when nobody can tell */
export async function coreReasons(run: Run): Promise<string[]> {
  const start = startedAt(await readFile("/proc/stat", "utf8"), await readFile("/proc/1/stat", "utf8"));
  if (start === undefined) throw new Error("/proc does not say when the machine started");
  // It ends with the number of those that are not installed: with as many as were asked for at most.
  const ran = await run([RPM, "-q", "--qf", "%{INSTALLTIME} %{NAME}\\n", ...CORE], { env: RPM_ENVIRONMENT, timeoutMs: TIMEOUT_MS });
  if (ran.exitCode === undefined || ran.exitCode > CORE.length || /^error: /m.test(ran.stderr))
    throw new Error(`rpm does not tell of its core packages: ${ran.stderr.trim().slice(0, 300)}`);
  const names = cameAfter(ran.stdout, start);
  return names.length === 0 ? [] : [`${names.join(", ")} changed since the machine started`];
}
