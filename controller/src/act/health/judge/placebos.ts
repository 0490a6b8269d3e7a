import { type Change, type Comparison, changeAt, type Span } from "./change.ts";

/** Fewer placebo patches that do not overlap than this are no measurement. */
const MIN_INDEPENDENT = 6;
const MAX_PLACEBOS = 160;
/** A longer window before a placebo may be cut short by the beginning of the samples: it still tells the usual level. */
const LEVEL_MS = 240 * 60_000;

/** What the changes would have been, had the patch come earlier. */
export interface Placebos {
  /** Windows before the patch for which there is past enough, in positions, shortest first. */
  readonly lengths: readonly number[];
  /** For each pretended patch one change for each of the lengths; the endpoints are the same in all of them. */
  readonly changes: readonly (readonly Change[])[];
  /** How many pretended patches fit side by side. */
  readonly independent: number;
}

/**
 * Pretends that the patch came earlier, again and again.
 * @param lengths windows before the patch in positions, shortest first; the longest are left out where the past is too short for them
 * @returns undefined where it is too short for any
 */
export function placebosOf(c: Comparison, now: number, after: number, lengths: readonly number[]): Placebos | undefined {
  const first = Math.min(...c.treated.map((t) => t.patched));
  const latest = first - now - 1;
  const earliestFor = (length: number) => Math.min(length, LEVEL_MS / c.grid.stepMs) - first;
  const independentFor = (length: number) => (latest - earliestFor(length)) / Math.max(after, 1);
  const fitting = lengths.filter((length) => independentFor(length) >= MIN_INDEPENDENT);
  const longest = fitting[fitting.length - 1];
  if (longest === undefined) return undefined;
  const earliest = Math.ceil(earliestFor(longest));
  const stride = Math.max(1, Math.floor(after / 4), Math.ceil((latest - earliest) / MAX_PLACEBOS));
  const spans: Span[] = fitting.map((length) => ({ now, after, before: [{ length, weight: 1 }] }));
  const changes: Change[][] = [];
  for (let shift = latest; shift >= earliest; shift -= stride) {
    const found = spans.flatMap((span) => changeAt(c, span, shift) ?? []);
    if (found.length === spans.length && found.every((f) => ofTheSame(f, found[0] as Change))) changes.push(found);
  }
  return changes.length < MIN_INDEPENDENT ? undefined : { lengths: fitting, changes, independent: independentFor(longest) };
}

const ofTheSame = (a: Change, b: Change): boolean =>
  a.each.length === b.each.length && a.controlResiduals.length === b.controlResiduals.length;
