import type { Sample } from "@breakwater/shared/health";
import { runText } from "../inventory/index.ts";
import { unitProcesses } from "./unit-processes.ts";

/** Units followed at most; a server has some fifty that stay. */
const MAX_UNITS = 200;
/** Looks for which an answer stands while no service's processes changed: a job that failed between two looks shows by then. */
const LOOKS_PER_ANSWER = 4;
/** Units that come and go by nature. */
const PASSING = /^(run-|user@|user-runtime-dir@|session-|breakwater-tx-|systemd-)/;

export interface UnitWatch {
  /** Samples of the units, and the present state of each. No samples: systemd could not be asked. */
  look(): Promise<{ samples: Sample[]; active: ReadonlyMap<string, boolean> } | undefined>;
}

/**
 * Follows services that run on: a unit that was seen active and is not any more reads 0, one that never ran is not
 * mentioned, and jobs that end by nature (oneshot) are left out.
 */
export function watchUnits(ask = askSystemd, processes: () => string | undefined = unitProcesses): UnitWatch {
  const followed = new Set<string>();
  let absent = 0;
  let last = { answer: "", processes: undefined as string | undefined, looks: 0 };
  return {
    async look() {
      // Where there is no systemd there will be none soon: asking costs a process each time.
      if (absent > 2 && absent++ % 240 !== 0) return undefined;
      const running = processes();
      const stands = running !== undefined && running === last.processes && last.looks < LOOKS_PER_ANSWER;
      const text = stands ? last.answer : await ask();
      if (text === undefined) {
        absent++;
        return undefined;
      }
      absent = 0;
      last = { answer: text, processes: running, looks: stands ? last.looks + 1 : 1 };
      const samples: Sample[] = [];
      const active = new Map<string, boolean>();
      let failed = 0;
      for (const block of text.split("\n\n")) {
        const value = (key: string) => new RegExp(`^${key}=(.*)$`, "m").exec(block)?.[1] ?? "";
        const unit = value("Id");
        if (unit === "") continue;
        const state = value("ActiveState");
        active.set(unit, state === "active" || state === "reloading");
        if (state === "failed") failed++;
        if (PASSING.test(unit) || value("Type") === "oneshot") continue;
        if (state !== "inactive" && followed.size < MAX_UNITS) followed.add(unit);
        if (!followed.has(unit)) continue;
        samples.push({ metric: "unit_active", subject: unit, value: active.get(unit) ? 1 : 0 });
        samples.push({ metric: "unit_restarts_total", subject: unit, value: Number(value("NRestarts")) || 0 });
      }
      // systemd forgets a unit that is stopped and that nothing needs.
      for (const unit of followed) if (!active.has(unit)) samples.push({ metric: "unit_active", subject: unit, value: 0 });
      samples.push({ metric: "units_failed", subject: "", value: failed });
      return { samples, active };
    },
  };
}

async function askSystemd(): Promise<string | undefined> {
  const shown = await runText("systemctl", ["show", "*.service", "--property=Id,ActiveState,Type,NRestarts"], { timeoutMs: 10_000 });
  return shown.ok ? shown.value : undefined;
}
