import * as z from "zod";
import type { Instant } from "../core/index.ts";
import { minutesOf, openings } from "./opening.ts";
import { DAY_MS, type LocalPattern, type Span, spansOfPattern } from "./span.ts";
import { intervalSchema, localTime, windowSchema } from "./window.ts";

const dayOfMonth = z
  .number()
  .int()
  .min(-31)
  .max(31)
  .refine((n) => n !== 0, "days count from 1, or from -1 for the last one");

/**
 * When the business is busy or must not be touched. All but `interval` are told in local time of the event's zone.
 * This is the JSON of `calendar_event.rule`.
 */
export const businessRuleSchema = z.discriminatedUnion("kind", [
  /** Absolute time. */
  z
    .strictObject({ kind: z.literal("interval"), from: intervalSchema.shape.from, to: intervalSchema.shape.to })
    .refine((i) => Date.parse(i.from) < Date.parse(i.to), { path: ["to"], error: "must be later than from" }),
  /** Every day; crosses midnight when `to` <= `from`. */
  z.strictObject({ kind: z.literal("daily"), from: localTime, to: localTime }),
  windowSchema.extend({ kind: z.literal("weekly") }),
  /** Whole days of each month, both ends included; wraps into the next month when `toDay` lies before `fromDay`. */
  z.strictObject({ kind: z.literal("monthly"), fromDay: dayOfMonth, toDay: dayOfMonth }),
  /** Whole local days, both ends included. */
  z
    .strictObject({ kind: z.literal("once"), fromDate: z.iso.date(), toDate: z.iso.date() })
    .refine((d) => d.fromDate <= d.toDate, { path: ["toDate"], error: "must not lie before fromDate" }),
]);
export type BusinessRule = z.infer<typeof businessRuleSchema>;

/** When the rule holds within [from, to): merged, in order, cut at both ends. */
export function occurrences(rule: BusinessRule, zone: string, from: Instant, to: Instant): Span[] {
  if (rule.kind === "interval") {
    const span = { from: Math.max(from, Date.parse(rule.from)), to: Math.min(to, Date.parse(rule.to)) };
    return span.from < span.to ? [span] : [];
  }
  if (rule.kind === "weekly") return openings(rule, zone, from, to);
  return spansOfPattern(patternOf(rule), zone, from, to);
}

const wholeDay = { from: 0, to: DAY_MS };

function patternOf(rule: Exclude<BusinessRule, { kind: "interval" | "weekly" }>): LocalPattern {
  switch (rule.kind) {
    case "daily": {
      const from = minutesOf(rule.from) * 60_000;
      const until = minutesOf(rule.to) * 60_000;
      const span = { from, to: until <= from ? until + DAY_MS : until };
      return () => span;
    }
    case "monthly":
      return (day) => (inMonthlyRange(day, rule.fromDay, rule.toDay) ? wholeDay : undefined);
    case "once": {
      const first = Date.parse(`${rule.fromDate}T00:00:00Z`) / DAY_MS;
      const last = Date.parse(`${rule.toDate}T00:00:00Z`) / DAY_MS;
      return (day) => (day >= first && day <= last ? wholeDay : undefined);
    }
  }
}

/** Days past the end of a short month mean its last day: "28 to 31" ends with February on the 28th or 29th. */
function inMonthlyRange(localDay: number, fromDay: number, toDay: number): boolean {
  const date = new Date(localDay * DAY_MS);
  const day = date.getUTCDate();
  const length = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  const resolve = (n: number) => (n < 0 ? Math.max(1, length + 1 + n) : Math.min(n, length));
  const [from, to] = [resolve(fromDay), resolve(toDay)];
  const wraps = fromDay > 0 === toDay > 0 ? toDay < fromDay : to < from;
  return wraps ? day >= from || day <= to : day >= from && day <= to;
}

const ordinal = (n: number): string => {
  if (n < 0) return n === -1 ? "last day" : `${-n}th last day`;
  const tail = n % 100 >= 11 && n % 100 <= 13 ? "th" : (["th", "st", "nd", "rd"][n % 10] ?? "th");
  return `${n}${tail}`;
};

/** The rule in words, without its zone. */
export function describeRule(rule: BusinessRule): string {
  switch (rule.kind) {
    case "interval":
      return `${rule.from} to ${rule.to}`;
    case "daily":
      return `daily ${rule.from}-${rule.to}`;
    case "weekly":
      return `${rule.days.join(", ")} ${rule.from}-${rule.to}`;
    case "monthly":
      return rule.fromDay === rule.toDay
        ? `the ${ordinal(rule.fromDay)} of each month`
        : `the ${ordinal(rule.fromDay)} to the ${ordinal(rule.toDay)} of each month`;
    case "once":
      return rule.fromDate === rule.toDate ? rule.fromDate : `${rule.fromDate} to ${rule.toDate}`;
  }
}
