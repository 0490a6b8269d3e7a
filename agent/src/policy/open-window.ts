import type { Instant } from "@breakwater/shared/core";
import type { Interval, MaintenanceWindow } from "@breakwater/shared/window";

const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;

/** Day of the week and wall clock ("22:05") of a moment in a zone. */
function localTime(at: Instant, timezone: string): { day: number; time: string } {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: timezone,
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).formatToParts(at);
  const part = (type: string) => parts.find((p) => p.type === type)?.value ?? "";
  return { day: WEEKDAYS.indexOf(part("weekday").toLowerCase() as "sun"), time: `${part("hour")}:${part("minute")}` };
}

/**
 * Whether a window is open. Wall-clock containment gives the rules for days on which the clock changes by itself: a jump
 * over `from` opens at the end of the gap, and both passes of a repeated hour count.
 */
export function isWindowOpen(window: MaintenanceWindow, timezone: string, at: Instant): boolean {
  const { day, time } = localTime(at, timezone);
  const opensOn = (weekday: number): boolean => window.days.includes(WEEKDAYS[(weekday + 7) % 7] as (typeof WEEKDAYS)[number]);
  if (window.from < window.to) return opensOn(day) && time >= window.from && time < window.to;
  return (opensOn(day) && time >= window.from) || (opensOn(day - 1) && time < window.to);
}

/** Half-open: the end is outside. */
export const isInside = (interval: Interval, at: Instant): boolean => Date.parse(interval.from) <= at && at < Date.parse(interval.to);
