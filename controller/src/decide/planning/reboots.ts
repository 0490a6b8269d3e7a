import { DEFAULT_REBOOT_LIMIT_MS } from "@breakwater/shared/command";
import { counted } from "@breakwater/shared/core";
import type { PlannedReboot } from "./fleet-view.ts";
import type { ScheduledWave } from "./schedule.ts";

/** What is said of reboots, wave by wave. */
export const rebootsOf = (waves: readonly ScheduledWave[]): PlannedReboot[] =>
  waves.flatMap((w) => w.parts.flatMap((p) => p.unit.reboot ?? []));

/** "3 endpoints are rebooted, 2 only if the change asks for it." Empty where nothing reboots and nothing needs to. */
export function rebootSentence(reboots: readonly PlannedReboot[]): string {
  const count = (mode: PlannedReboot["mode"], expected: PlannedReboot["expected"]) =>
    reboots.filter((r) => r.mode === mode && r.expected === expected).length;
  const [sure, asked, left] = [count("when-needed", "yes"), count("when-needed", "if-asked"), count("never", "yes")];
  const parts = [
    ...(sure > 0 ? [`${counted(sure, "endpoint")} will be rebooted`] : []),
    ...(asked > 0 ? [`${counted(asked, "endpoint")} ${sure > 0 ? "" : "will be rebooted "}only if the change asks for it`] : []),
    ...(left > 0 ? [`${counted(left, "endpoint")} will need a reboot that this plan does not do`] : []),
  ];
  return parts.length > 0 ? `${parts.join(", ")}.` : "";
}

/** What is looked at on the endpoint before anything is changed, where a reboot may come. */
export function rebootChecks(wave: ScheduledWave): string[] {
  if (!wave.parts.some((p) => p.unit.reboot?.mode === "when-needed")) return [];
  const minutes = DEFAULT_REBOOT_LIMIT_MS / 60_000;
  return [
    `Where a reboot may come: the owner's policy allows one more today, every window stays open for the ${minutes} minutes that it may take, and the hooks that drain the machine are root's own.`,
  ];
}
