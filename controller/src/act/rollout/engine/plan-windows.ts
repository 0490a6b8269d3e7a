import { addMs, type Instant } from "@breakwater/shared/core";
import { type AllowedTime, allowedSpans, nextAllowed, type Span } from "@breakwater/shared/window";
import type { RolloutPlan } from "../../../decide/planning/index.ts";
import type { WindowClock } from "../core/index.ts";

/** How far ahead a closing is looked for; commands never live longer than their execution limit, which is hours. */
const CLOSING_HORIZON_MS = 8 * 86_400_000;
/** Allowed stretches are computed for this long at a time, and always reach the closing horizon from any moment in it. */
const KEPT_MS = 8 * 86_400_000;

/** Windows and blackouts of a plan's endpoints, each in its own zone. An endpoint that the plan does not hold is never open. */
export function planWindows(plan: RolloutPlan): WindowClock {
  const calendars = new Map<string, AllowedCalendar>();
  const allowed = new Map<string, AllowedCalendar>();
  for (const [id, e] of Object.entries(plan.endpoints)) {
    const key = JSON.stringify([e.window, e.blackouts, e.timezone]);
    const calendar = calendars.get(key) ?? new AllowedCalendar({ window: e.window, blackouts: e.blackouts, zone: e.timezone });
    calendars.set(key, calendar);
    allowed.set(id, calendar);
  }
  return {
    isOpen: (id, at) => allowed.get(id)?.spanAt(at) !== undefined,
    nextOpening: (id, at) => allowed.get(id)?.nextOpening(at),
    closesAt: (id, at) => allowed.get(id)?.closesAt(at),
  };
}

/** The allowed stretches of all endpoints that share window, blackouts and zone: asked often, computed once a week. */
class AllowedCalendar {
  readonly #time: AllowedTime;
  #from = Number.POSITIVE_INFINITY;
  #spans: readonly Span[] = [];
  #opening: { readonly askedAt: Instant; readonly opens: Instant | undefined } | undefined;
  constructor(time: AllowedTime) {
    this.#time = time;
  }

  spanAt(at: Instant): Span | undefined {
    if (at < this.#from || at >= this.#from + KEPT_MS) {
      this.#from = at;
      this.#spans = allowedSpans(this.#time, at, addMs(at, KEPT_MS + CLOSING_HORIZON_MS));
    }
    return this.#spans.find((s) => s.from <= at && at < s.to);
  }

  nextOpening(at: Instant): Instant | undefined {
    if (this.spanAt(at)) return at;
    const known = this.#opening;
    if (known && known.askedAt <= at && (known.opens === undefined || at <= known.opens)) return known.opens;
    const opens = nextAllowed(this.#time, at, 1);
    this.#opening = { askedAt: at, opens };
    return opens;
  }

  closesAt(at: Instant): Instant | undefined {
    const span = this.spanAt(at);
    return span && span.to < at + CLOSING_HORIZON_MS ? (span.to as Instant) : undefined;
  }
}
