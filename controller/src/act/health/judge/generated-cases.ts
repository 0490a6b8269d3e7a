import type { Instant, Random } from "@breakwater/shared/core";
import { normal } from "./sample-fleet.ts";
import type { JudgedMetric, JudgedSeries, JudgeInput } from "./types.ts";

const MINUTE = 60_000;
const DAY_MINUTES = 1_440;
/** Minutes after the patch in which the restart shows. */
const RESTART_MINUTES = 3;
/** Harm to a level lies so many standard errors beyond the tolerance: less cannot be asked of anybody. */
const LEAST_STANDARD_ERRORS = 3.5;
const LEAST_NOISE = 0.5;
const PLACEBO_EVERY = 30;
const DELAYED_ONSET = 20;

export const CLASSES = [
  "plain",
  "shock",
  "baseline",
  "tiny",
  "latency20",
  "cpu30",
  "errors",
  "memleak",
  "crashloop",
  "silentstop",
  "delayed",
] as const;
/** "edge": latency rises by just what is tolerated, the harmless case that is hardest to tell from harm. */
export type CaseClass = (typeof CLASSES)[number] | "edge";

const METRICS = {
  latency_ms: { harmfulWhen: "up", tolerance: 0.1 },
  cpu_percent: { harmfulWhen: "up", tolerance: 0.1 },
  memory_mb: { harmfulWhen: "up", tolerance: 0.1 },
  error_rate: { harmfulWhen: "up", tolerance: 0.5 },
  requests_per_min: { harmfulWhen: "down", tolerance: 0.1 },
  restarts: { harmfulWhen: "up", tolerance: 0 },
} as const satisfies Record<string, JudgedMetric>;
type Metric = keyof typeof METRICS;
const NAMES = Object.keys(METRICS) as Metric[];

export interface GeneratedCase {
  readonly kind: CaseClass;
  readonly input: JudgeInput;
  readonly expected: "harmful" | "not harmful";
  readonly onsetMinute: number | null;
  readonly bakeMinutes: number;
  readonly counted: boolean;
}

const PATCHED_AT = Date.UTC(2026, 4, 12, 3, 0) as Instant;
const AFFECTED: Partial<Record<CaseClass, Metric>> = {
  latency20: "latency_ms",
  cpu30: "cpu_percent",
  errors: "error_rate",
  memleak: "memory_mb",
  crashloop: "restarts",
  silentstop: "requests_per_min",
  tiny: "latency_ms",
  edge: "latency_ms",
};

const HARMLESS: ReadonlySet<CaseClass> = new Set<CaseClass>(["plain", "shock", "baseline", "tiny", "edge"]);

const between = (random: Random, from: number, to: number): number => from + random.next() * (to - from);
const whole = (random: Random, from: number, to: number): number => Math.floor(between(random, from, to + 1));

/**
 * A bake with a known answer: a day of minutes before the patch, 30 to 120 minutes after it, one to three metrics. Values
 * have a daily load, a common and an own walk back to the mean, heavy tails, and jobs that each endpoint runs by its own
 * clock; errors and restarts are drawn from what was asked. The patch's restart shows for three minutes. Pure: one random
 * source gives one case.
 */
export function generateCase(random: Random, kind: CaseClass): GeneratedCase {
  for (;;) {
    const made = attempt(random, kind);
    if (made) return made;
  }
}

/** What of a case does not differ between its metrics. */
interface World {
  readonly random: Random;
  readonly kind: CaseClass;
  readonly treated: number;
  readonly endpoints: readonly string[];
  readonly bakeMinutes: number;
  readonly onset: number;
  /** Daily load by minute since a day before the patch, for each group; the same unless their rhythms differ. */
  readonly load: readonly [Float64Array, Float64Array];
  /** Which treated endpoints stop or crash: all, or half and more. */
  readonly struck: readonly boolean[];
  readonly shock: { readonly from: number; readonly to: number; readonly size: number };
}

function attempt(random: Random, kind: CaseClass): GeneratedCase | undefined {
  const treated = random.next() < 0.15 ? whole(random, 1, 2) : whole(random, 3, 12);
  const control = whole(random, 3, 16);
  const bakeMinutes = [30, 45, 60, 90, 120][whole(random, kind === "delayed" ? 2 : 0, 4)] as number;
  const length = DAY_MINUTES + bakeMinutes + 1;
  const phase = between(random, 0, 2 * Math.PI);
  const other = kind === "baseline" ? between(random, -1, 1) : 0;
  const all = random.next() < 0.5;
  const world: World = {
    random,
    kind,
    treated,
    endpoints: Array.from({ length: treated + control }, (_, i) => (i < treated ? `t${i}` : `c${i}`)),
    bakeMinutes,
    onset: kind === "delayed" ? DELAYED_ONSET : 0,
    load: [daily(length, phase + other, 0.2 * (1 + 0.4 * other)), daily(length, phase, 0.2)],
    struck: Array.from({ length: treated }, (_, i) => all || i * 2 < treated + 1 || random.next() < 0.3),
    shock: { from: whole(random, 0, 15), to: whole(random, 20, bakeMinutes), size: between(random, 0.15, 0.5) },
  };
  const affected = kind === "delayed" ? (random.next() < 0.5 ? "latency_ms" : "cpu_percent") : AFFECTED[kind];
  const chosen = new Set<Metric>(affected ? [affected] : []);
  const wanted = Math.max(chosen.size, whole(random, 1, 3));
  while (chosen.size < wanted) chosen.add(NAMES[whole(random, 0, NAMES.length - 1)] as Metric);
  const series: JudgedSeries[] = [];
  for (const metric of chosen) {
    const values = valuesOf(world, metric, metric === affected);
    if (!values) return undefined;
    world.endpoints.forEach((endpoint, i) => void series.push(sampled(random, endpoint, metric, values[i] as Float64Array)));
  }
  const harmless = HARMLESS.has(kind);
  return {
    kind,
    input: {
      treated: world.endpoints.slice(0, treated).map((endpoint) => ({ endpoint, patchedAt: PATCHED_AT })),
      control: world.endpoints.slice(treated),
      bakeMs: bakeMinutes * MINUTE,
      alpha: 0.01,
      metrics: Object.fromEntries([...chosen].map((name) => [name, METRICS[name]])),
      series,
    },
    expected: harmless ? "not harmful" : "harmful",
    onsetMinute: harmless ? null : world.onset,
    bakeMinutes,
    counted: !harmless && treated >= 3,
  };
}

function daily(length: number, phase: number, size: number): Float64Array {
  return Float64Array.from({ length }, (_, i) => size * Math.sin(phase + (2 * Math.PI * i) / DAY_MINUTES));
}

/** All endpoints' values by minute. Undefined where the harm would drown in the noise of this draw. */
function valuesOf(w: World, metric: Metric, affected: boolean): Float64Array[] | undefined {
  switch (metric) {
    case "restarts":
      return w.endpoints.map((_, i) => restarts(w, i, affected));
    case "error_rate":
      return w.endpoints.map((_, i) => errorRates(w, i, affected));
    default:
      return levels(w, metric, affected);
  }
}

const isTreated = (w: World, endpoint: number): boolean => endpoint < w.treated;
const minutesOf = (w: World): number => DAY_MINUTES + w.bakeMinutes + 1;

function restarts(w: World, endpoint: number, affected: boolean): Float64Array {
  const every = whole(w.random, 3, 8);
  return Float64Array.from({ length: minutesOf(w) }, (_, i) => {
    const after = i - DAY_MINUTES;
    if (isTreated(w, endpoint) && after === 0) return 1;
    if (affected && isTreated(w, endpoint) && w.struck[endpoint] && after > RESTART_MINUTES && after % every === 0) return 1;
    return w.random.next() < 0.0007 ? 1 : 0;
  });
}

function errorRates(w: World, endpoint: number, affected: boolean): Float64Array {
  const requests = Math.exp(between(w.random, Math.log(100), Math.log(3_000)));
  const group = isTreated(w, endpoint) ? 0 : 1;
  return Float64Array.from({ length: minutesOf(w) }, (_, i) => {
    const asked = Math.max(1, poisson(w.random, requests * Math.exp(w.load[group][i] as number)));
    const after = i - DAY_MINUTES;
    const bad = isTreated(w, endpoint) && after >= 0 && (after < RESTART_MINUTES ? 0.02 : affected ? 0.01 : 0);
    return Math.min(asked, poisson(w.random, asked * (bad || 0.001))) / asked;
  });
}

/** Knuth's for small means; rounded normal for large ones. */
function poisson(random: Random, mean: number): number {
  if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  const least = Math.exp(-mean);
  let count = 0;
  for (let product = random.next(); product > least; product *= random.next()) count += 1;
  return count;
}

/** How a level strays on the logarithm: its own walk (size, minutes of memory), its samples, and jobs. */
const STRAYS = {
  latency_ms: { walk: 0.05, memory: 45, sample: 0.08, job: 0.15 },
  cpu_percent: { walk: 0.07, memory: 60, sample: 0.07, job: 0.4 },
  memory_mb: { walk: 0.02, memory: 360, sample: 0.005, job: 0 },
  requests_per_min: { walk: 0.05, memory: 60, sample: 0.06, job: 0 },
} as const;
type Level = keyof typeof STRAYS;

function levels(w: World, metric: Level, affected: boolean): Float64Array[] | undefined {
  const length = minutesOf(w);
  const common = walk(w.random, length, 0.04, 90);
  const noise = w.endpoints.map(() => strays(w.random, length, STRAYS[metric]));
  const effect = affected ? effectOf(w, metric) : undefined;
  const scale = effect?.lasting ? noiseScale(w, metric, noise, effect.size) : 1;
  if (scale < LEAST_NOISE) return undefined;
  const shocked = w.kind === "shock" && metric !== "memory_mb";
  return noise.map((own, endpoint) => {
    const group = isTreated(w, endpoint) ? 0 : 1;
    const base = Math.log(40) + between(w.random, -0.4, 0.4) + (w.kind === "baseline" && group === 0 ? 0.5 : 0);
    const size = between(w.random, 0.88, 1.12);
    const shock = shocked ? Math.log1p(w.shock.size * between(w.random, 0.8, 1.2)) : 0;
    const daily = metric === "memory_mb" ? 0.1 : 1;
    return Float64Array.from({ length }, (_, i) => {
      const after = i - DAY_MINUTES;
      const stray = daily * (w.load[group][i] as number) + (common[i] as number) + scale * (own[i] as number);
      const hit = after >= w.shock.from && after < w.shock.to ? shock : 0;
      const value = Math.exp(base + stray + hit);
      if (group === 1 || after < 0) return value;
      return value * (after < RESTART_MINUTES ? RESTARTING[metric] : (effect?.factor(after, endpoint, size) ?? 1));
    });
  });
}

const RESTARTING: Readonly<Record<Level, number>> = { latency_ms: 2, cpu_percent: 1.3, memory_mb: 0.8, requests_per_min: 0.3 };

/** What the patch does to a level: by minutes since, endpoint, and how much of it that endpoint gets. */
function effectOf(w: World, metric: Level) {
  const lasting = (size: number) => ({
    size,
    lasting: !HARMLESS.has(w.kind),
    factor: (after: number, _: number, of: number) => (after >= w.onset ? 1 + size * of : 1),
  });
  switch (w.kind) {
    case "tiny":
      return lasting(0.03);
    case "edge":
      return lasting(METRICS[metric].tolerance);
    case "memleak": {
      const size = between(w.random, 0.35, 0.6);
      return { size, lasting: true, factor: (after: number, _: number, of: number) => 1 + (size * of * after) / w.bakeMinutes };
    }
    case "silentstop":
      return { size: 1, lasting: false, factor: (_: number, endpoint: number) => (w.struck[endpoint] ? 0 : 1) };
    default:
      return lasting(metric === "cpu_percent" ? 0.3 : 0.2);
  }
}

function walk(random: Random, length: number, size: number, memoryMinutes: number): Float64Array {
  const keep = Math.exp(-1 / memoryMinutes);
  const step = size * Math.sqrt(1 - keep * keep);
  let at = size * normal(random);
  return Float64Array.from({ length }, () => {
    at = keep * at + step * normal(random);
    return at;
  });
}

function strays(random: Random, length: number, s: (typeof STRAYS)[Level]): Float64Array {
  const values = walk(random, length, s.walk * between(random, 0.7, 1.3), s.memory);
  const jobEvery = whole(random, 60, 360);
  const jobLasts = whole(random, 3, 8);
  const jobAt = whole(random, 0, jobEvery);
  return values.map((v, i) => {
    const heavy = random.next() < 0.03 ? 3 : 1;
    return v + s.sample * heavy * normal(random) + ((i + jobAt) % jobEvery < jobLasts ? s.job : 0);
  });
}

/**
 * By how much the noise must shrink so that the harm at the end of the bake stands out as far as agreed: the standard error
 * of a difference in differences is measured on the day before, in windows as long as those at the end.
 */
function noiseScale(w: World, metric: Level, noise: readonly Float64Array[], size: number): number {
  const after = w.kind === "memleak" ? 10 : w.bakeMinutes - Math.max(w.onset, RESTART_MINUTES);
  const effects: number[] = [];
  for (let at = 60; at + after <= DAY_MINUTES; at += PLACEBO_EVERY) {
    const change = (own: Float64Array) => meanOf(own, at, at + after) - meanOf(own, at - 60, at);
    const changes = noise.map(change);
    const ofGroup = (from: number, to: number) => changes.slice(from, to).reduce((a, b) => a + b, 0) / (to - from);
    effects.push(ofGroup(0, w.treated) - ofGroup(w.treated, changes.length));
  }
  const error = Math.sqrt(effects.reduce((sum, e) => sum + e * e, 0) / effects.length);
  const room = Math.log1p(size) - Math.log1p(METRICS[metric].tolerance);
  return Math.min(1, room / (LEAST_STANDARD_ERRORS * error));
}

function meanOf(values: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i += 1) sum += values[i] as number;
  return sum / (to - from);
}

/** Rounded as agents send it, with single samples missing, and now and then a stretch. */
function sampled(random: Random, endpoint: string, metric: string, values: Float64Array): JudgedSeries {
  const at: number[] = [];
  const value: number[] = [];
  const gap = random.next() < 0.2 ? whole(random, 0, values.length) : values.length;
  const gapEnds = gap + whole(random, 5, 20);
  values.forEach((v, i) => {
    if (random.next() < 0.01 || (i >= gap && i < gapEnds)) return;
    at.push(PATCHED_AT + (i - DAY_MINUTES) * MINUTE);
    value.push(Number(v.toPrecision(5)));
  });
  return { endpoint, metric, at, value };
}
