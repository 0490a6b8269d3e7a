import type { Instant } from "@breakwater/shared/core";
import type { Excluded, PlanningFleet } from "./fleet-view.ts";
import { HOUR_MS } from "./policy.ts";
import type { Schedule } from "./schedule.ts";
import { countOf } from "./waves.ts";

/**
 * Priors until the fleet has taught its own figures. One in fifty first executions needs a second attempt or a hand; one
 * update in fifty is bad in a way that its own checks do not show, and then harms what it reaches until it is noticed.
 */
export const FAILURE_PRIOR = 0.02;
export const BAD_VERSION_PRIOR = 0.02;
/** After one such failure is met in a wave, the rest of the fleet is spared it with this probability. */
const LEARNED_FROM = 0.5;
/** Mean time until a bad version shows on a watched endpoint; more endpoints show it sooner, up to a limit. */
const ONSET_MS = 8 * HOUR_MS;
const DAY_MS = 24 * HOUR_MS;

/** Expected failed executions of each wave: falls from wave to wave as causes are met and fixed. */
export const expectedFailures = (counts: readonly number[]): number[] => {
  let rate = FAILURE_PRIOR;
  return counts.map((count) => {
    const expected = count * rate;
    rate *= 1 - LEARNED_FROM * (1 - (1 - rate) ** count);
    return expected;
  });
};

/** Probability that a bad version is noticed in a wave of this size within its bake. */
const noticed = (count: number, bakeMs: number): number =>
  1 - Math.exp((-bakeMs / ONSET_MS) * Math.min(3, 1 + Math.log10(Math.max(1, count))));

export interface Cost {
  readonly finishes: Instant;
  readonly riskDays: number;
  readonly expectedHarm: number;
}

/** What a schedule costs: exposure while waiting, and harm done by patching. */
export function costOf(schedule: Schedule, now: Instant): Cost {
  const counts = schedule.waves.map((w) => countOf(w.parts));
  const failures = expectedFailures(counts);
  let riskDays = 0;
  let harm = 0;
  let unnoticed = BAD_VERSION_PRIOR;
  for (const [index, wave] of schedule.waves.entries()) {
    for (const slot of wave.slots) {
      const days = Math.max(0, (slot.from + slot.to) / 2 - now) / DAY_MS;
      for (const { unit, count } of slot.parts) riskDays += count * days * (Math.max(0, unit.risk - unit.residualRisk) / 100);
    }
    const count = counts[index] ?? 0;
    harm += (failures[index] ?? 0) * (wave.tier === "production" ? 1 : 0.2) + unnoticed * count * (wave.tier === "production" ? 1 : 0.2);
    unnoticed *= 1 - noticed(count, wave.bakeMs);
  }
  return { finishes: schedule.finishes, riskDays: round(riskDays, 1), expectedHarm: round(harm, 2) };
}

export interface RiskCourse {
  readonly now: number;
  readonly afterEachWave: number[];
  readonly residual: number;
}

/**
 * The fleet's risk as one figure: that of its most endangered endpoint, times the share of the summed risk that is still
 * there. It starts at what the worst endpoint has and reaches zero only when nothing is left.
 */
export function riskCourse(fleet: PlanningFleet, schedule: Schedule, excluded: readonly Excluded[]): RiskCourse {
  let most = 0;
  let total = 0;
  for (const unit of fleet.units) {
    most = Math.max(most, unit.risk);
    total += unit.count * unit.risk;
  }
  for (const e of excluded) most = Math.max(most, e.risk);
  for (const e of fleet.excluded) total += e.endpoints * e.risk;
  if (total <= 0) return { now: 0, afterEachWave: schedule.waves.map(() => 0), residual: 0 };
  let left = total;
  const afterEachWave = schedule.waves.map((wave) => {
    for (const { unit, count } of wave.parts) left -= count * Math.max(0, unit.risk - unit.residualRisk);
    return round(Math.max(0, (most * left) / total), 1);
  });
  return { now: round(most, 1), afterEachWave, residual: afterEachWave.at(-1) ?? round(most, 1) };
}

export const round = (value: number, digits: number): number => Math.round(value * 10 ** digits) / 10 ** digits;
