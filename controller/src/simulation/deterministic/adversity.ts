import type { Chance } from "./chance.ts";
import type { Controller } from "./controller.ts";
import type { SimulatedStore } from "./store.ts";
import type { Timeline } from "./timeline.ts";
import type { TraceLine } from "./trace.ts";

const HOUR = 3_600_000;

/** What a test adds to the faults. */
export interface Adversity {
  /** A person pauses and resumes for no reason. */
  readonly whims?: boolean;
  /** Somebody changes the approved plan. */
  readonly tampering?: boolean;
  /** Share of the endpoints to be taken back that cannot be. */
  readonly failsToRestore?: number;
  /** A newer version or advisory makes what some endpoints would get a thing of the past. */
  readonly superseding?: boolean;
  /** Other deployments change the same endpoints. */
  readonly others?: boolean;
  /** Endpoints whose telemetry never comes. */
  readonly mute?: readonly string[];
  /** Endpoints whose approved action forbids a rollback. */
  readonly oneWay?: readonly string[];
  /** Endpoints whose machine reboots for the patch; some of them stay away for longer than the plan gives them. */
  readonly reboots?: readonly string[];
}

/** Each controller dies now and then: half of the times between two statements of what it does next. */
export function scheduleCrashes(
  timeline: Timeline,
  chance: Chance,
  controllers: readonly Controller[],
  perHour: number,
  over: () => boolean,
): void {
  if (perHour <= 0) return;
  const next = (controller: Controller, count: number): void => {
    const name = `controller-crash/${controller.name}/${count}`;
    timeline.after(chance.exponential(`${name}/after`, HOUR / perHour), () => {
      if (over()) return;
      if (controller.alive && chance.strikes(name, 1)) {
        if (chance.roll(`${name}/idle`) < 0.5) controller.crash();
        else controller.crashAfter(Math.floor(chance.between(`${name}/statement`, 0, 14)));
      }
      next(controller, count + 1);
    });
  };
  for (const controller of controllers) next(controller, 0);
}

/** Somebody changes the stored plan for a while: nothing may start on it. */
export function tamper(timeline: Timeline, chance: Chance, store: SimulatedStore, tell: (line: TraceLine) => void, wake: () => void): void {
  if (!chance.strikes("tampering", 0.5)) return;
  timeline.after(chance.exponential("tampering/at", 2 * HOUR), () => {
    store.planDigest = "changed";
    tell({ at: timeline.now(), kind: "plan-changed" });
    timeline.after(chance.between("tampering/for", 60_000, 4 * HOUR), () => {
      store.planDigest = "approved";
      tell({ at: timeline.now(), kind: "plan-restored" });
      wake();
    });
  });
}

/**
 * The plan's versions become a thing of the past: for some endpoints something newer comes out, or the planned version itself
 * becomes known to be bad, which concerns all who would get it. Either may be taken back again.
 */
export function supersede(
  timeline: Timeline,
  chance: Chance,
  endpointIds: Iterable<string>,
  superseded: Map<string, string>,
  tell: (line: TraceLine) => void,
  wake: () => void,
  heedsThePlanned = true,
): void {
  if (!chance.strikes("superseding", 0.7)) return;
  const itself = chance.roll("superseding/itself") < 0.5;
  const why = itself ? "the planned version is vulnerable itself" : "an advisory asks for a newer version than the plan installs";
  const concerned = [...endpointIds].filter((id) => itself || chance.roll(`superseding/${id}`) < 0.5);
  timeline.after(chance.exponential("superseding/at", 6 * HOUR), () => {
    for (const endpoint of concerned) {
      if (!itself || heedsThePlanned) superseded.set(endpoint, why);
      tell({ at: timeline.now(), kind: "superseded", endpoint });
    }
    wake();
    if (chance.roll("superseding/withdrawn") < 0.5) return;
    timeline.after(chance.between("superseding/for", 60_000, 12 * HOUR), () => {
      superseded.clear();
      for (const endpoint of concerned) tell({ at: timeline.now(), kind: "current", endpoint });
      wake();
    });
  });
}
