import { addMs, type Instant } from "@breakwater/shared/core";
import { type AllowedTime, allowedSpans, isAllowed, nextAllowed } from "@breakwater/shared/window";
import type { RolloutPlan } from "../../../decide/planning/index.ts";
import type { WindowClock } from "../core/index.ts";

/** How far ahead a closing is looked for; commands never live longer than their execution limit, which is hours. */
const CLOSING_HORIZON_MS = 8 * 86_400_000;

/** Windows and blackouts of a plan's endpoints, each in its own zone. An endpoint that the plan does not hold is never open. */
export function planWindows(plan: RolloutPlan): WindowClock {
  const allowed = new Map<string, AllowedTime>(
    Object.entries(plan.endpoints).map(([id, e]) => [id, { window: e.window, blackouts: e.blackouts, zone: e.timezone }]),
  );
  return {
    isOpen: (id, at) => {
      const time = allowed.get(id);
      return time !== undefined && isAllowed(time, at);
    },
    nextOpening: (id, at) => {
      const time = allowed.get(id);
      return time && nextAllowed(time, at, 1);
    },
    closesAt: (id, at) => {
      const time = allowed.get(id);
      const first = time && allowedSpans(time, at, addMs(at, CLOSING_HORIZON_MS))[0];
      if (!first || first.from > at || first.to >= at + CLOSING_HORIZON_MS) return undefined;
      return first.to as Instant;
    },
  };
}
