import type { Instant } from "@breakwater/shared/core";
import type { Trigger } from "../../../decide/planning/index.ts";
import { triggerSentence } from "../../../decide/rollback/index.ts";
import type { MetricVerdict } from "../judge/index.ts";
import type { HealthPoint, HealthSeries } from "../types.ts";
import { type HardInput, sharedByControl } from "./hard-rules.ts";
import { LEVEL_METRICS } from "./judged-metrics.ts";
import type { HoldingTrigger } from "./types.ts";

/** Samples after the settling time from which on an endpoint counts as watched. */
const WATCHED_SAMPLES = 3;
/** So many of a hundred patched endpoints must have been watched; agents that lost their telemetry must not hold a large wave up. */
const WATCHED_PERCENT = 90;

/**
 * The plan's triggers whose condition holds now. Counts are read as the hard rules read them, after the settling time and
 * not where the unpatched suffer the same. A change is the judge's own estimate: proven harm of that size holds every
 * trigger, likely harm of that size only those that do no more than pause.
 */
export function holdingTriggers(triggers: readonly Trigger[], input: HardInput, metrics: readonly MetricVerdict[]): HoldingTrigger[] {
  return triggers.flatMap((trigger, index) => {
    const found = trigger.kind === "count" ? countHolds(trigger, input) : changeHolds(trigger, metrics, input.now);
    return found ? [{ trigger: index, ...found }] : [];
  });
}

type Found = Omit<HoldingTrigger, "trigger">;

function changeHolds(trigger: Trigger, metrics: readonly MetricVerdict[], now: Instant): Found | undefined {
  const found = metrics.find(
    (m) =>
      (m.metric === trigger.metric || m.metric.startsWith(`${trigger.metric}:`)) &&
      Math.abs(m.effect ?? 0) * 1_000 >= trigger.threshold &&
      (m.verdict === "harmful" || (m.suspected === true && trigger.action === "pause")),
  );
  return found && { since: now, sentence: `${triggerSentence(trigger)}. ${found.evidence.sentence}`, endpointIds: [] };
}

function countHolds(trigger: Trigger, input: HardInput): Found | undefined {
  const since = new Map<string, Instant>();
  for (const [endpointId, patchedAt] of input.treated) {
    const starts = input.series
      .filter((s) => s.endpointId === endpointId && s.metric === trigger.metric)
      .flatMap((s) => startOf(s, patchedAt, trigger, input) ?? []);
    // Checks are counted over the endpoint; the other metrics are counts already.
    const needed = trigger.metric === "check_up" ? trigger.threshold : 1;
    const at = starts.sort((a, b) => a - b)[needed - 1];
    if (at !== undefined) since.set(endpointId, at);
  }
  if (since.size === 0) return undefined;
  const first = Math.min(...since.values()) as Instant;
  const on = since.size === 1 ? "1 patched endpoint" : `${since.size} patched endpoints`;
  return { since: first, sentence: `${triggerSentence(trigger)}, seen on ${on}.`, endpointIds: [...since.keys()] };
}

/** Since when the series has been over the threshold without a break, up to its newest sample. */
function startOf(series: HealthSeries, patchedAt: Instant, trigger: Trigger, input: HardInput): Instant | undefined {
  const before = series.points.filter((p) => p.at < patchedAt);
  const settled = series.points.filter((p) => p.at >= patchedAt + input.graceMs && p.at <= input.now);
  const last = before[before.length - 1];
  const over = conditionOf(trigger, before, last);
  if (!over) return undefined;
  let at: Instant | undefined;
  for (const point of settled) at = over(point) ? (at ?? point.at) : undefined;
  return at !== undefined && sharedByControl(series, at, input) ? undefined : at;
}

function conditionOf(
  trigger: Trigger,
  before: readonly HealthPoint[],
  last: HealthPoint | undefined,
): ((point: HealthPoint) => boolean) | undefined {
  switch (trigger.metric) {
    case "check_up":
      // What failed before the patch was not broken by it.
      return last && last.last <= 0 ? undefined : (p) => p.max <= 0;
    case "units_failed": {
      const usual = Math.max(0, ...before.slice(-60).map((p) => p.max));
      return last && ((p) => p.min - usual >= trigger.threshold);
    }
    case "oom_kills_total":
    case "unit_restarts_total":
      return (p) => p.max - (last?.last ?? 0) >= trigger.threshold;
    default:
      return undefined;
  }
}

/** Why the judge cannot have seen the wave as a whole: too many endpoints have given it nothing since they settled. */
export function blindness(input: HardInput): string | undefined {
  const levels = new Set<string>(LEVEL_METRICS);
  const watched = [...input.treated].filter(([id, patchedAt]) =>
    input.series.some(
      (s) =>
        s.endpointId === id &&
        levels.has(s.metric) &&
        s.points.filter((p) => p.at >= patchedAt + input.graceMs && p.at <= input.now).length >= WATCHED_SAMPLES,
    ),
  ).length;
  const all = input.treated.size;
  if (watched * 100 >= all * WATCHED_PERCENT) return undefined;
  const settling = [...input.treated.values()].filter((at) => input.now < at + input.graceMs).length;
  const why = settling > 0 ? `${settling} still settle after their patch` : "their samples do not come";
  return `it has watched ${watched} of ${all} patched endpoints; ${why}`;
}
