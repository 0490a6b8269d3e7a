import { formatInstant, type Instant } from "@breakwater/shared/core";
import { quantile } from "../judge/grid.ts";
import type { HealthSeries } from "../types.ts";
import { keyOf } from "./samples.ts";
import type { Band, BandValues } from "./types.ts";

/** Points a chart can show, and metrics a person reads. */
const MAX_POINTS = 90;
const MAX_METRICS = 8;
/** Past that is drawn before the patch. */
const DRAWN_PAST_MS = 30 * 60_000;

/** Treated against control over time, for the metrics that matter most first. */
export function bandsOf(
  series: readonly HealthSeries[],
  metrics: readonly string[],
  treated: ReadonlyMap<string, Instant>,
  now: Instant,
): Band[] {
  const from = Math.min(...treated.values()) - DRAWN_PAST_MS;
  const width = Math.max(15_000, (now - from) / MAX_POINTS);
  return metrics.slice(0, MAX_METRICS).map((metric) => {
    const slots = new Map<number, { treated: number[]; control: number[] }>();
    for (const s of series) {
      if (keyOf(s.metric, s.subject) !== metric) continue;
      for (const p of s.points) {
        if (p.at < from || p.at > now) continue;
        const at = from + Math.floor((p.at - from) / width) * width;
        const slot = slots.get(at) ?? { treated: [], control: [] };
        slots.set(at, slot);
        (treated.has(s.endpointId) ? slot.treated : slot.control).push(p.mean);
      }
    }
    const points = [...slots].sort((a, b) => a[0] - b[0]);
    return {
      metric,
      points: points.map(([at, slot]) => ({
        at: formatInstant(Math.round(at) as Instant),
        treated: band(slot.treated),
        control: band(slot.control),
      })),
    };
  });
}

function band(values: readonly number[]): BandValues | null {
  if (values.length === 0) return null;
  const [low, middle, high] = [0.1, 0.5, 0.9].map((share) => Number(quantile(values, share).toPrecision(4)));
  return [low as number, middle as number, high as number];
}
