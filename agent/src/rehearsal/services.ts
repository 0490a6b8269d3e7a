import { setTimeout as wait } from "node:timers/promises";
import { brokenServices, SYSTEMCTL, showUnits, type UnitState } from "../execution/index.ts";
import type { Run } from "../packages/index.ts";

const BOOT_LIMIT_MS = 90_000;
const LOOK_MS = 1_000;
/** After this long without coming back a service is not coming back. */
const SURELY_BROKEN_MS = 15_000;

/** Waits until the clone has started what it starts. @returns what systemd calls the state then */
export async function bootedState(run: Run): Promise<string> {
  const until = performance.now() + BOOT_LIMIT_MS;
  for (;;) {
    const { stdout } = await run([SYSTEMCTL, "is-system-running"], { env: { LC_ALL: "C.UTF-8" }, timeoutMs: 10_000 });
    const state = stdout.trim();
    if (state === "running" || state === "degraded") return state;
    if (performance.now() > until) return `${state || "unknown"} after ${BOOT_LIMIT_MS / 1000} s`;
    await wait(LOOK_MS);
  }
}

/** Services that are other processes than before, or none any more: those that the change stopped, started or restarted. */
export function touched(before: readonly UnitState[], now: readonly UnitState[]): string[] {
  const found = new Map(now.map((u) => [u.unit, u]));
  return before.filter((b) => found.get(b.unit)?.mainPid !== b.mainPid || found.get(b.unit)?.active !== "active").map((b) => b.unit);
}

/** Watches services for a while after a change. Ends early once some are surely broken. @returns what is wrong, in words */
export async function watchServices(run: Run, before: readonly UnitState[], watchMs: number, stop: () => void): Promise<string[]> {
  const names = before.map((u) => u.unit);
  if (names.length === 0) {
    await wait(watchMs);
    stop();
    return [];
  }
  const first = new Map((await showUnits(run, names)).map((u) => [u.unit, u]));
  const from = performance.now();
  let brokenSince: number | undefined;
  for (;;) {
    await wait(LOOK_MS);
    const now = await showUnits(run, names);
    const broken = brokenServices(before, now);
    brokenSince = broken.length > 0 ? (brokenSince ?? performance.now()) : undefined;
    const over = performance.now() - from >= watchMs || (brokenSince !== undefined && performance.now() - brokenSince > SURELY_BROKEN_MS);
    if (!over) continue;
    stop();
    const restless = now.flatMap((u) => {
      const restarts = u.restarts - (first.get(u.unit)?.restarts ?? 0);
      return restarts > 0 && u.active === "active"
        ? [`${u.unit} ended ${restarts} times within ${Math.round((performance.now() - from) / 1000)} s and was started again.`]
        : [];
    });
    return [...broken, ...restless];
  }
}
