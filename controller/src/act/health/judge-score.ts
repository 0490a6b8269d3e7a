import { incompleteBeta } from "./judge/distribution.ts";

/** What is known of a case beforehand. */
export interface Expectation {
  readonly expected: "harmful" | "not harmful";
  readonly onsetMinute: number | null;
  readonly bakeMinutes: number;
  /** Whether a miss counts: with one or two treated endpoints it does not. */
  readonly counted: boolean;
}

/** How a judge did on the cases of a class. */
export interface Score {
  falseAlarms: number;
  harmless: number;
  detected: number;
  counted: number;
  /** Minutes from the onset to the alarm; a miss counts to the end of the bake. */
  readonly delays: number[];
}
export const score = (): Score => ({ falseAlarms: 0, harmless: 0, detected: 0, counted: 0, delays: [] });

/** Adds a case. @returns what came of it, in a word or two */
export function add(s: Score, e: Expectation, alarmMinute: number | undefined): string {
  if (e.expected === "not harmful") {
    s.harmless++;
    if (alarmMinute !== undefined) s.falseAlarms++;
    return alarmMinute === undefined ? "quiet" : "FALSE ALARM";
  }
  const onset = e.onsetMinute ?? 0;
  const early = alarmMinute !== undefined && alarmMinute < onset;
  if (early) s.falseAlarms++;
  const hit = alarmMinute !== undefined && !early;
  if (e.counted) {
    s.counted++;
    if (hit) s.detected++;
    s.delays.push(hit ? alarmMinute - onset : e.bakeMinutes - onset);
  }
  return early ? "TOO EARLY" : hit ? `after ${alarmMinute - onset} min` : e.counted ? "MISSED" : "missed (not counted)";
}

/**
 * Bounds that hold with 95 % for a share of which `count` of `of` were seen (Clopper and Pearson 1934), in percent. By
 * bisection: the bounds are quantiles of beta distributions.
 */
export function interval(count: number, of: number): readonly [number, number] {
  const quantile = (chance: number, a: number, b: number): number => {
    let [low, high] = [0, 1];
    for (let i = 0; i < 50; i += 1) {
      const middle = (low + high) / 2;
      if (incompleteBeta(a, b, middle) < chance) low = middle;
      else high = middle;
    }
    return 100 * low;
  };
  return [count === 0 ? 0 : quantile(0.025, count, of - count + 1), count === of ? 100 : quantile(0.975, count + 1, of - count)];
}

const share = (count: number, of: number): string => {
  if (of === 0) return "-";
  const [low, high] = interval(count, of);
  return `${count}/${of} = ${((100 * count) / of).toFixed(1)} % [${low.toFixed(1)}, ${high.toFixed(1)}]`;
};

/** A line of the table, shares with the bounds that hold with 95 %. */
export function row(name: string, s: Score): string {
  const delays = [...s.delays].sort((a, b) => a - b);
  const middle = delays.length === 0 ? "-" : `${delays[Math.floor(delays.length / 2)]} min`;
  return `${name.padEnd(24)} false alarms ${share(s.falseAlarms, s.harmless).padEnd(32)} detected ${share(s.detected, s.counted).padEnd(36)} median delay (a miss counts to the end) ${middle}`;
}
