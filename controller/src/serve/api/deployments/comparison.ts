import { formatInstant, type Instant } from "@breakwater/shared/core";
import { METRICS } from "@breakwater/shared/health";
import type { z } from "zod";
import type { RolloutState } from "../../../act/rollout/index.ts";
import type { comparisonSchema } from "../schemas/index.ts";

type Comparison = z.infer<typeof comparisonSchema>;
type Band = Comparison["treated"];
export interface MinuteSeries {
  readonly endpointId: string;
  readonly metric: string;
  readonly subject: string;
  readonly points: readonly { readonly at: Instant; readonly mean: number }[];
}

const MINUTE = 60_000;

/**
 * Endpoints of the wave that were patched, and those of the plan that were not by the time at which the wave was judged
 * last: they are what it was compared with, even if their own turn came since. `patchedAt` knows of every endpoint that was
 * ever patched, also of those whose patch was taken back.
 */
export function groupsOf(
  state: RolloutState,
  wave: number,
  patchedAt: ReadonlyMap<string, Instant>,
  until: Instant,
): { treated: Map<string, Instant>; control: string[] } {
  const treated = new Map<string, Instant>();
  for (const id of state.plan.waves[wave]?.endpointIds ?? []) {
    const at = patchedAt.get(id);
    if (at !== undefined) treated.set(id, at);
  }
  const control = state.plan.waves.flatMap((w) => w.endpointIds).filter((id) => !treated.has(id) && (patchedAt.get(id) ?? until) >= until);
  return { treated, control };
}

/** Minute by minute the median over endpoints, with the 10th and the 90th percentile: one endpoint is one vote. */
export function bandOf(series: readonly MinuteSeries[]): Band {
  const byMinute = new Map<number, number[]>();
  for (const one of series)
    for (const point of one.points) {
      const minute = Math.floor(point.at / MINUTE) * MINUTE;
      const values = byMinute.get(minute);
      if (values) values.push(point.mean);
      else byMinute.set(minute, [point.mean]);
    }
  return [...byMinute.entries()]
    .sort(([a], [b]) => a - b)
    .map(([minute, values]) => {
      const sorted = values.sort((a, b) => a - b);
      return {
        at: formatInstant(minute as Instant),
        median: quantile(sorted, 0.5),
        low: quantile(sorted, 0.1),
        high: quantile(sorted, 0.9),
        endpoints: sorted.length,
      };
    });
}

/** Linear between neighbours (Hyndman and Fan's definition 7). `sorted` is not empty. */
function quantile(sorted: readonly number[], q: number): number {
  const position = (sorted.length - 1) * q;
  const [below, above] = [sorted[Math.floor(position)] ?? 0, sorted[Math.ceil(position)] ?? 0];
  return below + (above - below) * (position - Math.floor(position));
}

/** The metrics that have samples, those that the judge looks at first. */
export function offeredMetrics(series: readonly MinuteSeries[]): Comparison["metrics"] {
  const seen = new Map(series.map((s) => [`${s.metric}/${s.subject}`, s]));
  return [...seen.values()]
    .map(({ metric, subject }) => {
      const known = metric in METRICS ? METRICS[metric as keyof typeof METRICS] : undefined;
      return { metric, subject, judged: known !== undefined && "judge" in known };
    })
    .sort((a, b) => Number(b.judged) - Number(a.judged) || (`${a.metric}/${a.subject}` < `${b.metric}/${b.subject}` ? -1 : 1));
}
