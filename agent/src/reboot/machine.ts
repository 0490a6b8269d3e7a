import { readFile } from "node:fs/promises";
import { release } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import type { Run } from "../packages/index.ts";

const SYSTEMCTL = "/usr/bin/systemctl";
const ENV = { LC_ALL: "C.UTF-8", PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };
const ASK_MS = 30_000;
const LOOK_MS = 1_000;

/** Made anew by the kernel at each boot (random(4)); what proves that a reboot took place. */
export const bootId = async (): Promise<string> => (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();

export const runningKernel = (): string => release();

/** Asks systemd to reboot, as an administrator would: services are stopped in order. @returns why it would not */
export async function askForReboot(run: Run): Promise<string | undefined> {
  const ran = await run([SYSTEMCTL, "reboot"], { env: ENV, timeoutMs: ASK_MS });
  return ran.exitCode === 0 ? undefined : (ran.stderr.trim() || "systemctl gave no answer in time").slice(0, 500);
}

/** Waits until the machine has started what it starts at boot, or the limit. @returns what systemd calls its state then */
export async function settledAfterBoot(run: Run, limitMs: number, now: () => number): Promise<string> {
  const until = now() + limitMs;
  for (;;) {
    const { stdout } = await run([SYSTEMCTL, "is-system-running"], { env: ENV, timeoutMs: ASK_MS });
    const state = stdout.trim();
    if (state === "running" || state === "degraded" || now() >= until) return state || "unknown";
    await wait(LOOK_MS);
  }
}
