/**
 * Local time by the platform's own calendar, minute by minute: slow, obvious, and made of none of the code that it checks.
 */
const MINUTE = 60_000;
const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
const SHORT: Readonly<Record<string, number>> = { Sun: 0, Mon: 1, Tue: 2, Wed: 3, Thu: 4, Fri: 5, Sat: 6 };
const formats = new Map<string, Intl.DateTimeFormat>();
/** Minutes already told, for the last zone asked: neighbouring questions are about the same minutes. */
const MOST_KNOWN = 100_000;
const known = new Map<string, { weekday: number; minute: number }>();

export interface OracleWindow {
  readonly days: readonly string[];
  readonly from: string;
  readonly to: string;
}

/** Weekday (0 is Sunday) and minute of the day on a wall clock in this zone. */
export function wallClock(zone: string, at: number): { weekday: number; minute: number } {
  const minute = Math.floor(at / MINUTE);
  const key = `${zone} ${minute}`;
  const told = known.get(key);
  if (told) return told;
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-US", { timeZone: zone, weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    formats.set(zone, format);
  }
  const parts = Object.fromEntries(format.formatToParts(minute * MINUTE).map((p) => [p.type, p.value]));
  const clock = { weekday: SHORT[parts.weekday ?? ""] ?? 0, minute: Number(parts.hour) * 60 + Number(parts.minute) };
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(key, clock);
  return clock;
}

const minutes = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

/** Whether a wall clock in this zone lies in the window: on a day that it names, or in what reaches over from the day before. */
export function oracleOpen(window: OracleWindow, zone: string, at: number): boolean {
  const { weekday, minute } = wallClock(zone, at);
  const [from, to] = [minutes(window.from), minutes(window.to)];
  const today = window.days.includes(DAYS[weekday] ?? "");
  const yesterday = window.days.includes(DAYS[(weekday + 6) % 7] ?? "");
  if (from < to) return today && minute >= from && minute < to;
  return (today && minute >= from) || (yesterday && minute < to);
}
