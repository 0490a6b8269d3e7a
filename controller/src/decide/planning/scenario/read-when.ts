import type { BusinessRule, MaintenanceWindow } from "@breakwater/shared/window";
import { weekday } from "@breakwater/shared/window";

/** A time expression found in text: what it says and where it stood. */
export interface FoundWhen {
  readonly rule: BusinessRule;
  readonly start: number;
  readonly end: number;
}

const TO = "\\s*(?:-|to|until|till|til|through|thru|and)\\s*";
const CLOCK = "(\\d{1,2})(?:[:.h](\\d{2}))?\\s*(a\\.?m\\.?|p\\.?m\\.?|h\\b|hrs?\\b|hours\\b|o'clock)?";
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"] as const;
const MONTH = `(${MONTHS.map((m) => `${m}[a-z]*`).join("|")})\\.?`;
const DAY_NAMES = { mon: "mon", tue: "tue", wed: "wed", thu: "thu", fri: "fri", sat: "sat", sun: "sun" } as const;
const NUMBER_WORDS: Readonly<Record<string, number>> = { two: 2, three: 3, four: 4, five: 5, six: 6, seven: 7, eight: 8, nine: 9, ten: 10 };
/** Words next to a bare "18-23" that make it a time of day. */
const TIME_CONTEXT = /peak|busy|busiest|traffic|hours|clock|daily|every (day|evening|night)|window|evening|night/i;
const MONTH_CONTEXT = /month/i;

/** All time expressions of a sentence, by the most specific reading first; none overlaps another. */
export function findWhens(text: string, now: number): FoundWhen[] {
  const found: FoundWhen[] = [];
  const take = (pattern: RegExp, read: (m: RegExpExecArray) => BusinessRule | undefined) => {
    for (const match of text.matchAll(pattern) as Iterable<RegExpExecArray>) {
      const [start, end] = [match.index, match.index + match[0].length];
      if (found.some((f) => start < f.end && end > f.start)) continue;
      const rule = read(match);
      if (rule) found.push({ rule, start, end });
    }
  };
  take(new RegExp(`\\b(\\d{4}-\\d{2}-\\d{2})(?:${TO}(\\d{4}-\\d{2}-\\d{2}))?\\b`, "gi"), (m) =>
    once(m[1] as string, m[2] ?? (m[1] as string)),
  );
  take(
    new RegExp(
      `\\b${MONTH}\\s+(\\d{1,2})(?:st|nd|rd|th)?(?:${TO}(?:${MONTH}\\s+)?(\\d{1,2})(?:st|nd|rd|th)?)?(?:,?\\s+(\\d{4}))?\\b`,
      "gi",
    ),
    (m) => dated(m[1], Number(m[2]), m[3] ?? m[1], Number(m[4] ?? m[2]), m[5], now),
  );
  take(
    new RegExp(
      `\\b(\\d{1,2})(?:st|nd|rd|th)?(?:\\s+of)?(?:\\s+${MONTH})?${TO}(\\d{1,2})(?:st|nd|rd|th)?(?:\\s+of)?\\s+${MONTH}(?:,?\\s+(\\d{4}))?\\b`,
      "gi",
    ),
    (m) => dated(m[2] ?? m[4], Number(m[1]), m[4], Number(m[3]), m[5], now),
  );
  take(
    new RegExp(
      `\\b(first|last)\\s+(\\d{1,2}|${Object.keys(NUMBER_WORDS).join("|")})\\s+(?:\\w+\\s+)?days?(?:\\s+of\\s+(?:the|each|every|a)\\s+month|\\s+(?:each|every|per)\\s+month)?`,
      "gi",
    ),
    (m) => edgeOfMonth((m[1] as string).toLowerCase(), NUMBER_WORDS[(m[2] as string).toLowerCase()] ?? Number(m[2])),
  );
  take(
    new RegExp(
      `\\b(?:days?\\s+)?(\\d{1,2})(st|nd|rd|th)?${TO}(?:the\\s+)?(\\d{1,2})(st|nd|rd|th)?(?![\\d:]|\\s*[ap]\\.?m)(\\s*(?:day\\s+)?(?:of\\s+)?(?:the|each|every|a)?\\s*month(?:ly)?)?`,
      "gi",
    ),
    (m) => {
      const ordinals = Boolean(m[2] ?? m[4] ?? m[5]) || /^days?/i.test(m[0]);
      if (!ordinals && !(MONTH_CONTEXT.test(text) && !TIME_CONTEXT.test(near(text, m.index)))) return undefined;
      return monthly(Number(m[1]), Number(m[3]));
    },
  );
  take(/\b(\d{1,2})(?:st|nd|rd|th)\s+(?:day\s+)?(?:of\s+)?(?:the|each|every)\s+month/gi, (m) => monthly(Number(m[1]), Number(m[1])));
  take(/\blast day of (?:the|each|every) month/gi, () => monthly(-1, -1));
  take(new RegExp(`\\b(?:between\\s+)?${CLOCK}${TO}${CLOCK}(?!\\d)`, "gi"), (m) => {
    const plain = !m[2] && !m[3] && !m[5] && !m[6];
    if (plain && !TIME_CONTEXT.test(near(text, m.index))) return undefined;
    const times = clockRange(m);
    if (!times) return undefined;
    const days = daysNear(text, m.index, m.index + m[0].length);
    return days ? { kind: "weekly", days, ...times } : { kind: "daily", ...times };
  });
  return found.sort((a, b) => a.start - b.start);
}

const near = (text: string, at: number): string => text.slice(Math.max(0, at - 60), at + 60);

/** A window needs days: every day when none are named. */
export function windowOf(rule: BusinessRule): MaintenanceWindow | undefined {
  if (rule.kind === "daily") return { days: [...weekday.options], from: rule.from, to: rule.to };
  if (rule.kind === "weekly") return { days: rule.days, from: rule.from, to: rule.to };
  return undefined;
}

function once(fromDate: string, toDate: string): BusinessRule | undefined {
  const valid = [fromDate, toDate].every((d) => !Number.isNaN(Date.parse(`${d}T00:00:00Z`)));
  return valid && fromDate <= toDate ? { kind: "once", fromDate, toDate } : undefined;
}

/** A date without a year means the next time it comes, or the time that is going on. */
function dated(
  fromMonth: string | undefined,
  fromDay: number,
  toMonth: string | undefined,
  toDay: number,
  year: string | undefined,
  now: number,
) {
  const month = (name: string | undefined) => MONTHS.indexOf((name ?? "").slice(0, 3).toLowerCase() as "jan");
  const iso = (y: number, m: number, d: number) => `${y}-${String(m + 1).padStart(2, "0")}-${String(d).padStart(2, "0")}`;
  const [first, last] = [month(fromMonth), month(toMonth)];
  if (first < 0 || last < 0 || fromDay < 1 || toDay < 1 || fromDay > 31 || toDay > 31) return undefined;
  for (let y = year ? Number(year) : new Date(now).getUTCFullYear() - 1; ; y++) {
    const wraps = last < first || (last === first && toDay < fromDay);
    const rule = once(iso(y, first, fromDay), iso(wraps ? y + 1 : y, last, toDay));
    if (rule?.kind !== "once") return undefined;
    if (year || Date.parse(`${rule.toDate}T23:59:59Z`) >= now) return rule;
  }
}

const edgeOfMonth = (edge: string, count: number): BusinessRule | undefined =>
  count < 1 || count > 28 ? undefined : edge === "first" ? monthly(1, count) : monthly(-count, -1);

function monthly(fromDay: number, toDay: number): BusinessRule | undefined {
  const valid = [fromDay, toDay].every((d) => d !== 0 && d >= -31 && d <= 31);
  return valid ? { kind: "monthly", fromDay, toDay } : undefined;
}

function clockRange(m: RegExpExecArray): { from: string; to: string } | undefined {
  const half = (text: string | undefined): "a" | "p" | undefined =>
    /^p/i.test(text ?? "") ? "p" : /^a/i.test(text ?? "") ? "a" : undefined;
  const endHalf = half(m[6]);
  let startHalf = half(m[3]);
  /** "6-11pm" is an evening; "10-2pm" began in the morning. */
  if (!startHalf && endHalf && Number(m[1]) <= 12) startHalf = endHalf === "p" && Number(m[1]) % 12 > Number(m[4]) % 12 ? "a" : endHalf;
  const from = clock(Number(m[1]), Number(m[2] ?? 0), startHalf);
  const to = clock(Number(m[4]), Number(m[5] ?? 0), endHalf);
  return from === undefined || to === undefined || from === to ? undefined : { from, to };
}

function clock(hour: number, minute: number, half: "a" | "p" | undefined): string | undefined {
  if (minute > 59 || hour > 24 || (half && (hour > 12 || hour < 1))) return undefined;
  const h = half ? (hour % 12) + (half === "p" ? 12 : 0) : hour % 24;
  return `${String(h).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
}

type Weekday = (typeof DAY_NAMES)[keyof typeof DAY_NAMES];
const DAY = "(mon|tue|wed|thu|fri|sat|sun)(?:day|sday|nesday|rsday|urday|s)?s?\\b";

/** Days named beside a time of day: "weekdays", "Mon-Fri", "Sundays", "on Tuesday and Thursday". */
function daysNear(text: string, start: number, end: number): Weekday[] | undefined {
  const around = text.slice(Math.max(0, start - 50), end + 40).toLowerCase();
  if (/\bweekdays?\b|\bworking days?\b|\bbusiness days?\b/.test(around)) return ["mon", "tue", "wed", "thu", "fri"];
  if (/\bweekends?\b/.test(around)) return ["sat", "sun"];
  const range = new RegExp(`\\b${DAY}\\s*(?:-|to|through|until)\\s*${DAY}`).exec(around);
  const all = weekday.options;
  if (range) {
    const [first, last] = [all.indexOf(range[1] as Weekday), all.indexOf(range[2] as Weekday)];
    return all.filter((_, i) => (first <= last ? i >= first && i <= last : i >= first || i <= last));
  }
  const named = [...around.matchAll(new RegExp(`\\b${DAY}`, "g"))].map((m) => m[1] as Weekday);
  return named.length > 0 ? all.filter((d) => named.includes(d)) : undefined;
}
