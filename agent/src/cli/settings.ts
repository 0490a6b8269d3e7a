import { type Check, MAX_CHECKS_PER_ACTION } from "@breakwater/shared/command";
import type { Logger } from "@breakwater/shared/log";
import type { ControllerMessage__Output } from "@breakwater/shared/wire";
import { checkFromWire } from "../telemetry/index.ts";

export const DEFAULT_INVENTORY_INTERVAL_SECONDS = 3_600;
/** The agent looks once a minute whether it is time. */
const MIN_INVENTORY_INTERVAL_SECONDS = 60;
/** Whatever a controller says, a day's changes come to light. */
const MAX_INVENTORY_INTERVAL_SECONDS = 86_400;

/** What a controller may set about looking at the machine. Nothing in here changes the machine, and all of it has limits. */
export interface LookSettings {
  readonly inventoryIntervalSeconds: number;
  readonly healthIntervalSeconds: number;
  readonly checks: readonly Check[];
}

/** Reads settings as far as they make sense; what does not is left out, and said in the log. */
export function readSettings(settings: NonNullable<ControllerMessage__Output["settings"]>, log: Logger): LookSettings {
  const read = settings.checks.slice(0, MAX_CHECKS_PER_ACTION).map((c) => ({ name: c.name.slice(0, 100), check: checkFromWire(c) }));
  const unread = read.filter((r) => !r.check).map((r) => r.name);
  if (unread.length > 0) log.warn({ checks: unread }, "checks in the settings cannot be read and are left out");
  const beyond = settings.checks.length - read.length;
  if (beyond > 0) log.warn({ beyond, limit: MAX_CHECKS_PER_ACTION }, "the settings hold more checks than are run; the rest is left out");
  const asked = settings.inventoryIntervalSeconds || DEFAULT_INVENTORY_INTERVAL_SECONDS;
  return {
    inventoryIntervalSeconds: Math.min(MAX_INVENTORY_INTERVAL_SECONDS, Math.max(MIN_INVENTORY_INTERVAL_SECONDS, asked)),
    healthIntervalSeconds: settings.healthIntervalSeconds || 15,
    checks: read.flatMap(({ check }) => (check ? [check] : [])),
  };
}
