const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "narrow" });
const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 365.25 * 86_400_000],
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000],
];

/** "3 min ago", "in 2 hr"; hours up to two days, since "yesterday" says too little. */
export function ago(at: string | number, now = Date.now()): string {
  const difference = new Date(at).getTime() - now;
  const [unit, size] = steps.find(([step, ms]) => Math.abs(difference) >= (step === "day" || step === "year" ? 2 * ms : ms)) ?? [
    "second",
    1_000,
  ];
  return relative.format(Math.round(difference / size), unit);
}

/** "24 Nov 2026, 11:04 UTC": date, time and always the zone. */
export function moment(at: string | number, zone: string): string {
  return new Intl.DateTimeFormat("en-GB", {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone: zone,
    timeZoneName: "short",
  }).format(new Date(at));
}

/** "4 min 10 s", "36 h". */
export function duration(ms: number): string {
  const s = Math.round(ms / 1000);
  if (s < 60) return `${s} s`;
  if (s < 3600) return s % 60 && s < 600 ? `${Math.floor(s / 60)} min ${s % 60} s` : `${Math.round(s / 60)} min`;
  if (s < 172_800) return `${Math.round(s / 360) / 10} h`;
  return `${Math.round(s / 8640) / 10} d`;
}

export function bytes(n: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let [value, unit] = [n, 0];
  while (value >= 1000 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

export const count = (n: number): string => n.toLocaleString("en");
/** "1 endpoint", "12 endpoints". */
export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;

/** A risk of 0 to 100, or a sum of them: one decimal, and never 0.0 for what is not zero. */
export const risk = (n: number): string =>
  n > 0 && n < 0.05 ? "<0.1" : n.toLocaleString("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
/** "rolled-back" as people write it. */
export const words = (state: string): string => state.replaceAll("-", " ");

type Findings = { inventoryAt: string | null; openFindings: number; riskSum: number; unreadUpdates: number; uncovered: string | null };
/** Nothing found while there is something unread is not "none". */
const findingsUnknown = (e: Findings): boolean =>
  e.inventoryAt === null || (e.openFindings === 0 && (e.unreadUpdates > 0 || e.uncovered !== null));
export const findingsKnown = (e: Findings, unknown = "unknown"): string => (findingsUnknown(e) ? unknown : count(e.openFindings));
export const riskKnown = (e: Findings, unknown = "unknown"): string => (findingsUnknown(e) ? unknown : risk(e.riskSum));

/** Why fixes may be missing on an endpoint that nothing speaks of. */
export const uncoveredWords = {
  "end-of-life": "release past its end of life",
  "no-security-source": "no security source",
  unknown: "repositories unknown",
  "release-unknown": "release unknown",
} as const;
