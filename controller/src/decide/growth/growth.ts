import type { Random } from "@breakwater/shared/core";
import type { PlanningPolicy } from "../planning/index.ts";

/** One way to let waves grow: what of the planning policy it sets. */
export interface GrowthArm {
  readonly name: string;
  readonly set: Pick<PlanningPolicy, "canaryShare" | "firstShare" | "growth" | "bakeFactor" | "belief">;
}

/** Before anything is known of a patch: one in fifty fails or harms; that costs as much as 100 days of waiting. */
const BELIEF = { rate: { happened: 1, not: 49 }, harmCost: 100, waitDays: 1 } as const;

/** The ways among which learning chooses. All lie within the rails. */
export const GROWTH_ARMS: readonly GrowthArm[] = [
  { name: "recommended", set: { canaryShare: 0.02, firstShare: 0.1, growth: 5, bakeFactor: 1 } },
  { name: "brisk", set: { canaryShare: 0.03, firstShare: 0.15, growth: 8, bakeFactor: 0.5 } },
  { name: "quick", set: { canaryShare: 0.04, firstShare: 0.2, growth: 10, bakeFactor: 0.25 } },
  { name: "by belief", set: { canaryShare: 0.02, firstShare: 0.1, growth: 5, bakeFactor: 1, belief: BELIEF } },
  { name: "patient", set: { canaryShare: 0.02, firstShare: 0.05, growth: 3, bakeFactor: 1.5 } },
];

/** Whatever is learned, no canary is larger, no wave grows faster, no bake is shorter than this. */
const RAILS = { canaryShare: 0.05, firstShare: 0.2, growth: 10, bakeFactor: 0.25 } as const;

/** The arm, held within the rails. Exploration never leaves them. */
export function withinRails({ name, set }: GrowthArm): GrowthArm {
  return {
    name,
    set: {
      ...set,
      canaryShare: Math.min(RAILS.canaryShare, set.canaryShare),
      firstShare: Math.min(RAILS.firstShare, set.firstShare),
      growth: Math.min(RAILS.growth, set.growth),
      bakeFactor: Math.max(RAILS.bakeFactor, set.bakeFactor),
    },
  };
}

/** What is believed of a rate (of failures, of harm): a Beta distribution as counts of what was seen, the prior included. */
export interface RateBelief {
  readonly happened: number;
  readonly not: number;
}

export const observe = (belief: RateBelief, happened: number, of: number): RateBelief => ({
  happened: belief.happened + happened,
  not: belief.not + of - happened,
});

export const meanRate = (belief: RateBelief): number => belief.happened / (belief.happened + belief.not);

/** A rate drawn from the belief: Beta, by two Gamma draws. */
export function drawRate(belief: RateBelief, random: Random): number {
  const happened = gamma(belief.happened, random);
  return happened / (happened + gamma(belief.not, random));
}

/** Gamma with this shape of at least one and unit scale (Marsaglia and Tsang 2000). */
function gamma(shape: number, random: Random): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(random);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random.next()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

/**
 * Endpoints that the next wave may hold, after so many passed: as many as keep the expected cost of harm in it below what
 * it costs that all who remain wait for one wave more. `harmCost` is in endpoint-days of exposure per failed or harmed
 * endpoint, `waitDays` how long a wave takes. Never more than the rails allow.
 */
export function nextWaveSize(
  belief: RateBelief,
  wave: { readonly before: number; readonly left: number; readonly waitDays: number; readonly harmCost: number },
): number {
  const affordable = (wave.left * wave.waitDays) / (meanRate(belief) * wave.harmCost);
  return Math.max(1, Math.floor(Math.min(wave.left, affordable, wave.before * RAILS.growth)));
}

/** What an arm has brought: rewards so far, as count, mean and sum of squared deviations (Welford 1962). */
export interface ArmRecord {
  readonly count: number;
  readonly mean: number;
  readonly squares: number;
}

export const NO_RECORD: ArmRecord = { count: 0, mean: 0, squares: 0 };

export function learn(record: ArmRecord, reward: number): ArmRecord {
  const count = record.count + 1;
  const mean = record.mean + (reward - record.mean) / count;
  return { count, mean, squares: record.squares + (reward - record.mean) * (reward - mean) };
}

/** Reward of a deployment, per endpoint: what it cost in harm and in days of exposure, as a loss. */
export const rewardOf = (outcome: {
  readonly harmed: number;
  readonly exposedDays: number;
  readonly endpoints: number;
  readonly harmCost: number;
}): number => -(outcome.harmed * outcome.harmCost + outcome.exposedDays) / outcome.endpoints;

/**
 * Thompson sampling (Thompson 1933): each arm's mean reward is drawn from what is believed of it, and the best draw is
 * taken. The belief is normal about the mean, as wide as its rewards scatter over the root of their count; an arm that was
 * never tried is as good as the best and as uncertain as all.
 */
export function chooseArm(records: ReadonlyMap<string, ArmRecord>, random: Random): GrowthArm {
  const tried = [...records.values()].filter((r) => r.count > 0);
  const best = tried.reduce((most, r) => Math.max(most, r.mean), Number.NEGATIVE_INFINITY);
  const pooled = tried.reduce((sum, r) => sum + r.squares, 0) / Math.max(1, tried.reduce((sum, r) => sum + r.count, 0) - tried.length);
  const scatter = Math.sqrt(pooled > 0 ? pooled : 1);
  let chosen: { arm: GrowthArm; draw: number } | undefined;
  for (const arm of GROWTH_ARMS) {
    const record = records.get(arm.name) ?? NO_RECORD;
    const mean = record.count > 0 ? record.mean : tried.length > 0 ? best : 0;
    const draw = mean + (scatter / Math.sqrt(Math.max(1, record.count))) * normal(random);
    if (!chosen || draw > chosen.draw) chosen = { arm, draw };
  }
  if (!chosen) throw new Error("there is no way to grow");
  return withinRails(chosen.arm);
}

/** Standard normal (Box and Muller). */
const normal = (random: Random): number => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
