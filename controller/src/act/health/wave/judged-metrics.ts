import { METRICS, type MetricName, type MetricRule } from "@breakwater/shared/health";
import type { JudgedMetric } from "../judge/index.ts";

/**
 * Absolute changes that harm nobody, whatever the share: processor and memory in percent of the machine, checks in
 * milliseconds (the scheduler's own jitter on a busy host).
 */
const ABSOLUTE: Partial<Record<MetricName, number>> = { cpu_percent: 5, memory_used_percent: 4, check_latency_ms: 2 };

/** The metrics that are levels, so that a change is judged by statistics; the others that the catalogue judges are states and counters, which the hard rules read. */
export const LEVEL_METRICS = ["cpu_percent", "memory_used_percent", "check_latency_ms"] as const satisfies readonly MetricName[];
/** States: zero is down. */
export const UP_METRICS = ["check_up", "unit_active"] as const satisfies readonly MetricName[];
/** Counters of trouble: they should stand still. */
export const STILL_METRICS = ["units_failed", "unit_restarts_total", "oom_kills_total"] as const satisfies readonly MetricName[];

/** The rule a level metric is held to. @returns undefined where the wave's rules leave it out */
export function ruleOf(
  metric: (typeof LEVEL_METRICS)[number],
  overrides: Readonly<Record<string, JudgedMetric | null>> = {},
): JudgedMetric | undefined {
  const override = overrides[metric];
  if (override === null) return undefined;
  if (override) return override;
  const rule: MetricRule = METRICS[metric].judge;
  const absolute = ABSOLUTE[metric];
  return { ...rule, ...(absolute === undefined ? {} : { toleranceAbsolute: absolute }) };
}
