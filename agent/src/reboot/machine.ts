import { readFile } from "node:fs/promises";
import { release } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import type { Run } from "../packages/index.ts";

const SYSTEMCTL = "/usr/bin/systemctl";
const ENV = { LC_ALL: "C.UTF-8", PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };
const ASK_MS = 30_000;
const LOOK_MS = 1_000;

export const runningKernel = (): string => release();

/** The machine as far as it goes down and comes back. */
export interface Machine {
  /**
   * What proves that a reboot took place: the kernel's boot id (random(4)), which a container shares with its host, and the
   * start of process 1, which a container does not.
   */
  bootId(): Promise<string>;
  kernel(): string;
  /** Asks systemd to reboot, as an administrator would: services are stopped in order. @returns why it would not */
  reboot(): Promise<string | undefined>;
  /** Waits until it has started what it starts at boot, or the limit. @returns what systemd calls its state then */
  settled(limitMs: number): Promise<string>;
}

/**
 * @param kernel Content of /proc/sys/kernel/random/boot_id.
 * @param first Content of /proc/1/stat; its 22nd field is the start (proc(5)), its second may hold spaces and brackets.
 */
export function bootIdentity(kernel: string, first: string): string {
  const started = first.slice(first.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  if (kernel.trim() === "" || !/^\d+$/.test(started)) throw new Error("neither the kernel nor process 1 says which boot this is");
  return `${kernel.trim()}/${started}`;
}

export function createMachine(run: Run): Machine {
  return {
    async bootId() {
      const [kernel, first] = await Promise.all([readFile("/proc/sys/kernel/random/boot_id", "utf8"), readFile("/proc/1/stat", "utf8")]);
      return bootIdentity(kernel, first);
    },
    kernel: runningKernel,
    async reboot() {
      const ran = await run([SYSTEMCTL, "reboot"], { env: ENV, timeoutMs: ASK_MS });
      return ran.exitCode === 0 ? undefined : (ran.stderr.trim() || "systemctl gave no answer in time").slice(0, 500);
    },
    async settled(limitMs) {
      // At boot the clock is set for the first time, by hours where the machine has none that runs on.
      const until = performance.now() + limitMs;
      for (;;) {
        const { stdout } = await run([SYSTEMCTL, "is-system-running"], { env: ENV, timeoutMs: ASK_MS });
        const state = stdout.trim();
        if (state === "running" || state === "degraded" || performance.now() >= until) return state || "unknown";
        await wait(LOOK_MS);
      }
    },
  };
}
