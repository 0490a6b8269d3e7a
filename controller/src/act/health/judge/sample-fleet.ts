import type { Instant, Random } from "@breakwater/shared/core";
import type { JudgedMetric, JudgeInput } from "./types.ts";

const MINUTE = 60_000;

/** A fleet of a tested kind: a common load, an own slow walk, and heavy-tailed noise for each endpoint. */
export interface SampleFleet {
  readonly treated: number;
  readonly control: number;
  readonly stepMs?: number;
  readonly historyMs: number;
  readonly bakeMs: number;
  readonly metric?: JudgedMetric;
  readonly level?: number;
  readonly noise?: number;
  /** Factor on the treated endpoints' values, by minutes since the patch. */
  readonly effect?: (minute: number, endpoint: number) => number;
  /** Factor on everybody's values. */
  readonly shock?: (minute: number) => number;
  readonly missing?: number;
}

export const PATCHED_AT = Date.UTC(2026, 2, 4, 3, 0) as Instant;

/** Small, seeded, and the same everywhere: xorshift32. */
export function seeded(seed: number): Random {
  let state = (seed * 2654435761) >>> 0 || 1;
  const next = () => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 4294967296;
  };
  for (let i = 0; i < 8; i++) next();
  return { next };
}

/** Standard normal by Box and Muller. */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

/** Builds the judge's input for a test. */
export function sampleFleet(random: Random, f: SampleFleet): JudgeInput {
  const step = f.stepMs ?? MINUTE;
  const names = Array.from({ length: f.treated + f.control }, (_, i) => (i < f.treated ? `t${i}` : `c${i}`));
  const noise = f.noise ?? 0.08;
  const phase = random.next() * 2 * Math.PI;
  let common = 0;
  const walks = names.map(() => 0);
  const levels = names.map(() => (f.level ?? 40) * (0.7 + 0.6 * random.next()));
  const series = names.map((endpoint) => ({ endpoint, metric: "latency_ms", at: [] as number[], value: [] as number[] }));
  for (let at = -f.historyMs; at <= f.bakeMs; at += step) {
    common = 0.95 * common + 0.02 * normal(random);
    const load = common + 0.2 * Math.sin(phase + (2 * Math.PI * at) / 86_400_000);
    names.forEach((_, i) => {
      walks[i] = 0.9 * (walks[i] as number) + 0.25 * noise * normal(random);
      const heavy = random.next() < 0.02 ? 3 : 1;
      const treated = i < f.treated && at >= 0 ? (f.effect?.(at / MINUTE, i) ?? 1) : 1;
      const shock = at >= 0 ? (f.shock?.(at / MINUTE) ?? 1) : 1;
      const value = (levels[i] as number) * Math.exp(load + (walks[i] as number) + noise * heavy * normal(random)) * treated * shock;
      if (random.next() < (f.missing ?? 0)) return;
      series[i]?.at.push(PATCHED_AT + at);
      series[i]?.value.push(value);
    });
  }
  return {
    treated: names.slice(0, f.treated).map((endpoint) => ({ endpoint, patchedAt: PATCHED_AT })),
    control: names.slice(f.treated),
    bakeMs: f.bakeMs,
    alpha: 0.01,
    metrics: { latency_ms: f.metric ?? { harmfulWhen: "up", tolerance: 0.1 } },
    series,
  };
}
