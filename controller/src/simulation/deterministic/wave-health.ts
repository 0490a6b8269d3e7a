import type { Instant } from "@breakwater/shared/core";
import {
  blindness,
  DEFAULT_GRACE_MS,
  disturbances,
  type HealthPoint,
  type HealthSeries,
  judgeSeries,
  upToDisturbance,
  type Verdict,
} from "../../act/health/index.ts";
import type { Effect } from "../../act/rollout/core/index.ts";
import type { RolloutPlan } from "../../decide/planning/index.ts";
import type { Others } from "./others.ts";
import type { Patches } from "./patches.ts";

const MINUTE = 60_000;
/** Grain of the samples, and how much past comes with them: what a look at a day's bake needs. */
const STEP_MS = 10 * MINUTE;
const PAST_STEPS = 24;
/** The judge's planned looks are five minutes apart: this reaches back to the last one only. */
const LOOK_MS = 5 * MINUTE;
/** Endpoints whose latency is sampled; the checks of all are. */
const MAX_TREATED = 12;
const MAX_CONTROL = 12;
const CHECK = "front door";
/** What harm does: latency grows by this, or the check fails. */
const SLOWER = 1.7;

type Question = Extract<Effect, { kind: "judge" }>;

/**
 * Samples of a wave's endpoints while it is watched, and the real judge's word on them. A sample is a function of seed,
 * endpoint and time, so nothing is stored, and asking twice shows the same.
 * @param truth what slows endpoints down, and whose telemetry never comes
 */
export function createWaveHealth(
  seed: number,
  plan: RolloutPlan,
  { patches, others, mute }: { readonly patches: Patches; readonly others: Others; readonly mute: ReadonlySet<string> },
) {
  const places = new Map(Object.keys(plan.endpoints).map((id, i) => [id, i]));
  const alike = Object.fromEntries(Object.entries(plan.endpoints).map(([id, e]) => [id, e.site]));

  function latency(id: string, step: number): number {
    const place = places.get(id) ?? 0;
    const level = 30 * (0.7 + 0.6 * uniform(seed, place, -1));
    const daily = 0.2 * Math.sin((2 * Math.PI * step * STEP_MS) / 86_400_000);
    const shared = 0.03 * gauss(seed, 1_000_003, step);
    return level * Math.exp(daily + shared + 0.06 * gauss(seed, place, step));
  }

  /** Points by endpoint and by step since the first that was asked for: a wave that is judged often asks for the same ones each time, and waves only go forward. */
  const levels = new Map<string, { readonly well: HealthPoint[]; readonly slow: HealthPoint[] }>();
  let origin: number | undefined;
  function levelsOf(endpointId: string, from: number, to: number): HealthPoint[] {
    const first = Math.ceil(from / STEP_MS);
    origin ??= first;
    const known = levels.get(endpointId) ?? { well: [], slow: [] };
    levels.set(endpointId, known);
    const slowSince = patches.slowSince(endpointId);
    const points: HealthPoint[] = [];
    for (let step = first; step * STEP_MS < to; step += 1) {
      const slow = slowSince <= step * STEP_MS || others.slow(endpointId, step * STEP_MS);
      const kept = slow ? known.slow : known.well;
      let found = kept[step - origin];
      if (!found) {
        found = point(step * STEP_MS, latency(endpointId, step) * (slow ? SLOWER : 1));
        kept[step - origin] = found;
      }
      points.push(found);
    }
    return points;
  }

  const point = (at: number, value: number): HealthPoint => ({
    at: at as Instant,
    mean: value,
    min: value,
    max: value,
    last: value,
    count: 1,
  });

  const series = (ids: readonly string[], from: number, to: number): HealthSeries[] =>
    ids
      .filter((endpointId) => !mute.has(endpointId))
      .map((endpointId) => ({ endpointId, metric: "check_latency_ms", subject: CHECK, points: levelsOf(endpointId, from, to) }));

  /** The check of an endpoint: up before, and since the harm set on, if any did, down. */
  function check(endpointId: string, patchedAt: number, now: number): HealthSeries {
    const points = [point(patchedAt - MINUTE, 1)];
    const downFrom = patches.downSince(endpointId);
    const times = [patchedAt + 5 * MINUTE, now - 2 * MINUTE, now - MINUTE].sort((a, b) => a - b);
    for (const at of new Set(times))
      if (at > patchedAt && at <= now) points.push(point(at, downFrom !== undefined && at >= downFrom ? 0 : 1));
    return { endpointId, metric: "check_up", subject: CHECK, points };
  }

  return {
    /** @param gate of the wave as growth has cut it by now */
    judge(
      question: Question,
      now: Instant,
      gate: RolloutPlan["waves"][number]["gate"] | undefined,
    ): { verdict: Verdict; summary: string; blind: string | undefined } {
      if (!gate) throw new Error(`the plan has no wave ${question.wave}`);
      const first = question.treated.reduce((least, t) => Math.min(least, t.patchedAt), Number.POSITIVE_INFINITY);
      const sampled = question.treated.slice(0, MAX_TREATED);
      const control = question.control.slice(0, MAX_CONTROL);
      const from = (Math.floor(first / STEP_MS) - PAST_STEPS) * STEP_MS;
      const disturbed = disturbances(question.treated);
      const levels = upToDisturbance(series([...sampled.map((t) => t.endpointId), ...control], from, now), disturbed);
      const checks = question.treated.filter((t) => !mute.has(t.endpointId)).map((t) => check(t.endpointId, t.patchedAt, now));
      const said = judgeSeries({
        series: [...levels, ...upToDisturbance(checks, disturbed)],
        disturbed,
        rules: { gate },
        treated: new Map(question.treated.map((t) => [t.endpointId, t.patchedAt])),
        control,
        alike,
        now,
        lookedUpTo: (now - LOOK_MS) as Instant,
      });
      const loudest = said.hard[0]?.sentence ?? said.ranked.find((m) => m.verdict === "harmful")?.evidence.sentence ?? "";
      const treated = new Map(sampled.map((t) => [t.endpointId, t.patchedAt]));
      const blind = blindness({ treated, control, series: levels, now, graceMs: DEFAULT_GRACE_MS });
      return { verdict: said.verdict, summary: loudest, blind };
    },
  };
}
export type WaveHealth = ReturnType<typeof createWaveHealth>;

/** Uniform in [0, 1) by place and step: a finaliser of MurmurHash3 over the three numbers. */
function uniform(seed: number, place: number, step: number): number {
  let h = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(place + 1, 0x85ebca6b) ^ Math.imul(step, 0xc2b2ae35)) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 4294967296;
}

/** Standard normal (Box and Muller). */
const gauss = (seed: number, place: number, step: number): number =>
  Math.sqrt(-2 * Math.log(1 - uniform(seed, place, 2 * step))) * Math.cos(2 * Math.PI * uniform(seed, place, 2 * step + 1));
