import { offsetSegments } from "./zone.ts";

/** A stretch of absolute time in epoch milliseconds, half-open. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export const DAY_MS = 86_400_000;

/**
 * What repeats, told in local time: for a local day (days since 1970-01-01 in local time) the stretch that begins on it,
 * in milliseconds since that local midnight, or undefined. `to` may reach into the next day, up to 48 h.
 */
export type LocalPattern = (localDay: number) => Span | undefined;

/** Sorted, without overlaps, touching ones joined. */
export function mergeSpans(spans: readonly Span[]): Span[] {
  const merged: { from: number; to: number }[] = [];
  for (const span of [...spans].sort((a, b) => a.from - b.from)) {
    if (span.to <= span.from) continue;
    const last = merged.at(-1);
    if (last && span.from <= last.to) last.to = Math.max(last.to, span.to);
    else merged.push({ ...span });
  }
  return merged;
}

/** What of `spans` remains outside `taken`. Both merged. */
export function subtractSpans(spans: readonly Span[], taken: readonly Span[]): Span[] {
  const left: Span[] = [];
  let next = 0;
  for (const span of spans) {
    let from = span.from;
    while (next < taken.length && (taken[next] as Span).to <= from) next++;
    for (let i = next; i < taken.length && (taken[i] as Span).from < span.to; i++) {
      const hole = taken[i] as Span;
      if (hole.from > from) left.push({ from, to: hole.from });
      from = Math.max(from, hole.to);
    }
    if (from < span.to) left.push({ from, to: span.to });
  }
  return left;
}

/**
 * The pattern in absolute time, within [from, to). A moment belongs to it when the wall clock at that moment does: so a
 * start that the clock jumps over begins at the end of the gap, and a local time that comes twice counts twice.
 */
export function spansOfPattern(pattern: LocalPattern, zone: string, from: number, to: number): Span[] {
  const spans: Span[] = [];
  for (const segment of offsetSegments(zone, from, to)) {
    const start = Math.max(segment.from, from);
    const end = Math.min(segment.to, to);
    const lastDay = Math.floor((end - 1 + segment.offsetMs) / DAY_MS);
    for (let day = Math.floor((start + segment.offsetMs) / DAY_MS) - 1; day <= lastDay; day++) {
      const local = pattern(day);
      if (!local) continue;
      const midnight = day * DAY_MS - segment.offsetMs;
      const clipped = { from: Math.max(start, midnight + local.from), to: Math.min(end, midnight + local.to) };
      if (clipped.from < clipped.to) spans.push(clipped);
    }
  }
  return mergeSpans(spans);
}
