import { addMs, type Instant, instant } from "../core/index.ts";
import { DAY_MS, type LocalPattern, mergeSpans, type Span, spansOfPattern, subtractSpans } from "./span.ts";
import type { Interval, MaintenanceWindow } from "./window.ts";

/** How far ahead an opening is looked for. A window that does not open for this long counts as one that never does. */
export const HORIZON_MS = 400 * DAY_MS;
/** First look ahead; doubled until something is found, since most windows open within days. */
const FIRST_LOOK_MS = 8 * DAY_MS;
const WEEKDAYS = ["thu", "fri", "sat", "sun", "mon", "tue", "wed"] as const;

export const localWeekday = (localDay: number) => WEEKDAYS[((localDay % 7) + 7) % 7] as (typeof WEEKDAYS)[number];
export function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
}

/** A window as a local pattern: it belongs to the day on which it opens. */
export function windowPattern(window: MaintenanceWindow): LocalPattern {
  const from = minutesOf(window.from) * 60_000;
  const until = minutesOf(window.to) * 60_000;
  const span = { from, to: until <= from ? until + DAY_MS : until };
  const days = new Set<string>(window.days);
  return (day) => (days.has(localWeekday(day)) ? span : undefined);
}

/** When the window is open within [from, to), in order. */
export const openings = (window: MaintenanceWindow, zone: string, from: Instant, to: Instant): Span[] =>
  spansOfPattern(windowPattern(window), zone, from, to);

/** Whether an endpoint with this window may be changed at this moment. */
export const isOpen = (window: MaintenanceWindow, zone: string, at: Instant): boolean =>
  openings(window, zone, at, addMs(at, 1)).length > 0;

/** The first moment from `from` on at which the window is open, `from` itself included; undefined when none is near. */
export function nextOpening(window: MaintenanceWindow, zone: string, from: Instant): Instant | undefined {
  for (let look = FIRST_LOOK_MS; ; look *= 4) {
    const reach = Math.min(look, HORIZON_MS);
    const first = openings(window, zone, from, addMs(from, reach))[0];
    if (first) return instant(first.from);
    if (reach === HORIZON_MS) return undefined;
  }
}

/** When the opening that holds `at` ends: undefined when the window is closed then, infinity when it never closes. */
export function closesAt(window: MaintenanceWindow, zone: string, at: Instant): Instant | undefined {
  for (let look = FIRST_LOOK_MS; ; look *= 4) {
    const reach = Math.min(look, HORIZON_MS);
    const first = openings(window, zone, at, addMs(at, reach))[0];
    if (first?.from !== at) return undefined;
    if (first.to < at + reach) return instant(first.to);
    if (reach === HORIZON_MS) return instant(Number.POSITIVE_INFINITY);
  }
}

/** When one endpoint may be changed: inside its window (any time without one), never inside a blackout. */
export interface AllowedTime {
  readonly window?: MaintenanceWindow | undefined;
  readonly blackouts: readonly Interval[];
  readonly zone: string;
}

export const blackoutSpans = (blackouts: readonly Interval[]): Span[] =>
  mergeSpans(blackouts.map((b) => ({ from: Date.parse(b.from), to: Date.parse(b.to) })));

/** Whether a moment lies in an interval; its end is outside. */
export const isInside = (interval: Interval, at: Instant): boolean => Date.parse(interval.from) <= at && at < Date.parse(interval.to);

/** The stretches of [from, to) in which a change is allowed. */
export function allowedSpans(allowed: AllowedTime, from: Instant, to: Instant): Span[] {
  const open = allowed.window ? openings(allowed.window, allowed.zone, from, to) : [{ from, to }];
  return subtractSpans(open, blackoutSpans(allowed.blackouts));
}

export const isAllowed = (allowed: AllowedTime, at: Instant): boolean => allowedSpans(allowed, at, addMs(at, 1)).length > 0;

/** The first moment from `from` on after which `neededMs` are allowed without a break; undefined within the horizon. */
export function nextAllowed(allowed: AllowedTime, from: Instant, neededMs: number): Instant | undefined {
  for (let look = FIRST_LOOK_MS; ; look *= 4) {
    const reach = Math.min(look, HORIZON_MS);
    const fit = allowedSpans(allowed, from, addMs(from, reach)).find((s) => s.to - s.from >= Math.max(1, neededMs));
    if (fit) return instant(fit.from);
    if (reach === HORIZON_MS) return undefined;
  }
}
