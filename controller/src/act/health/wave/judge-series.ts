import type { Instant } from "@breakwater/shared/core";
import { type JudgedMetric, type Judgement, judge, type MetricVerdict, type Verdict } from "../judge/index.ts";
import type { HealthSeries } from "../types.ts";
import { hardFindings } from "./hard-rules.ts";
import { LEVEL_METRICS, ruleOf } from "./judged-metrics.ts";
import { keyOf, toJudged } from "./samples.ts";
import type { HardFinding, WaveRules } from "./types.ts";

export const DEFAULT_ALPHA = 0.01;
export const DEFAULT_GRACE_MS = 3 * 60_000;

/** All that is known of a wave at one moment. */
export interface SeriesQuestion {
  readonly series: readonly HealthSeries[];
  readonly rules: WaveRules;
  readonly treated: ReadonlyMap<string, Instant>;
  /** Of the treated, those whose levels are compared; all where absent. */
  readonly compared?: ReadonlyMap<string, Instant> | undefined;
  readonly control: readonly string[];
  /** When endpoints last sent anything, where the series do not say it of all. */
  readonly lastSeen?: ReadonlyMap<string, Instant> | undefined;
  /** As in `hardFindings`; the series end there already (`upToDisturbance`). */
  readonly disturbed?: ReadonlyMap<string, Instant> | undefined;
  /** What endpoints have in common, by endpoint. */
  readonly alike: Readonly<Record<string, string>>;
  readonly now: Instant;
  /** Looks up to here were taken before, and convicted nobody. */
  readonly lookedUpTo?: Instant | undefined;
}

export interface SeriesVerdict {
  readonly verdict: Verdict;
  readonly hard: readonly HardFinding[];
  readonly judged: Judgement | undefined;
  /** The metrics, the one that speaks loudest first. */
  readonly ranked: readonly MetricVerdict[];
  /** When the statistics convicted. */
  readonly statistical: Instant | undefined;
  readonly harmfulAt: Instant | undefined;
}

/** The verdict on a wave: hard rules first, then the statistics of `judge` on every level metric, each check by itself. */
export function judgeSeries(q: SeriesQuestion): SeriesVerdict {
  const graceMs = q.rules.graceMs ?? DEFAULT_GRACE_MS;
  const { treated, control, series, lastSeen, disturbed, now } = q;
  const hard = hardFindings({ treated, control, series, lastSeen, disturbed, now, graceMs });
  const judged = judgeLevels(q, graceMs);
  const ranked = [...(judged?.metrics ?? [])].sort((a, b) => (a.evidence.chance ?? 1) - (b.evidence.chance ?? 1));
  const firstHard = hard.reduce<Instant | undefined>((first, h) => (first === undefined || h.at < first ? h.at : first), undefined);
  const statistical = judged?.verdict === "harmful" ? judged.decidedAt : undefined;
  const harmfulAt = [firstHard, statistical].filter((at) => at !== undefined).sort((a, b) => a - b)[0];
  const verdict = harmfulAt !== undefined ? "harmful" : (judged?.verdict ?? "undecided");
  return { verdict, hard, judged, ranked, statistical, harmfulAt };
}

function judgeLevels(q: SeriesQuestion, graceMs: number): Judgement | undefined {
  const levels = q.series.filter((s) => (LEVEL_METRICS as readonly string[]).includes(s.metric));
  const compared = q.compared ?? q.treated;
  const metrics: Record<string, JudgedMetric> = {};
  for (const name of LEVEL_METRICS) {
    const rule = ruleOf(name, q.rules.metrics);
    if (!rule) continue;
    // Only what the treated have can be judged; a check of others would wait for samples for ever.
    for (const s of levels) if (s.metric === name && compared.has(s.endpointId)) metrics[keyOf(s.metric, s.subject)] = rule;
  }
  if (Object.keys(metrics).length === 0) return undefined;
  return judge({
    treated: [...compared].map(([endpoint, patchedAt]) => ({ endpoint, patchedAt })),
    control: q.control,
    alike: q.alike,
    bakeMs: Math.max(q.rules.gate.bakeMs, q.rules.gate.bakeLimitMs),
    healthyFromMs: q.rules.gate.bakeMs,
    alpha: q.rules.alpha ?? DEFAULT_ALPHA,
    graceMs,
    metrics,
    series: levels.map(toJudged),
    now: q.now,
    ...(q.lookedUpTo === undefined ? {} : { lookedUpTo: q.lookedUpTo }),
  });
}
