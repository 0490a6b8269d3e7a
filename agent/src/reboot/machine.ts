import { readFile } from "node:fs/promises";
import { release } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import type { Clock } from "@breakwater/shared/core";
import type { Run } from "../packages/index.ts";

const SYSTEMCTL = "/usr/bin/systemctl";
const ENV = { LC_ALL: "C.UTF-8", PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };
const ASK_MS = 30_000;
const LOOK_MS = 1_000;

export const runningKernel = (): string => release();

/** The machine as far as it goes down and comes back. */
export interface Machine {
  /** Made anew by the kernel at each boot (random(4)); what proves that a reboot took place. */
  bootId(): Promise<string>;
  kernel(): string;
  /** Asks systemd to reboot, as an administrator would: services are stopped in order. @returns why it would not */
  reboot(): Promise<string | undefined>;
  /** Waits until it has started what it starts at boot, or the limit. @returns what systemd calls its state then */
  settled(limitMs: number): Promise<string>;
}

export function createMachine(run: Run, clock: Clock): Machine {
  return {
    bootId: async () => (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim(),
    kernel: runningKernel,
    async reboot() {
      const ran = await run([SYSTEMCTL, "reboot"], { env: ENV, timeoutMs: ASK_MS });
      return ran.exitCode === 0 ? undefined : (ran.stderr.trim() || "systemctl gave no answer in time").slice(0, 500);
    },
    async settled(limitMs) {
      const until = clock.now() + limitMs;
      for (;;) {
        const { stdout } = await run([SYSTEMCTL, "is-system-running"], { env: ENV, timeoutMs: ASK_MS });
        const state = stdout.trim();
        if (state === "running" || state === "degraded" || clock.now() >= until) return state || "unknown";
        await wait(LOOK_MS);
      }
    },
  };
}
