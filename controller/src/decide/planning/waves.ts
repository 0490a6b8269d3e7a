import { nextWaveSize, observe } from "../growth/index.ts";
import { type Canary, chooseCanary, type Part } from "./canary.ts";
import type { Excluded, PlanningFleet, PlanningUnit, Tier } from "./fleet-view.ts";
import type { PlanningPolicy } from "./policy.ts";

export type WaveKind = "canary" | "exposed" | "growing" | "only";

/** One wave before it has a time. */
export interface WaveDraft {
  readonly name: string;
  readonly kind: WaveKind;
  readonly tier: Tier;
  readonly parts: readonly Part[];
  readonly why: string;
  /** Neighbouring waves of one stretch grow out of each other: where the plan grows by belief, they share their endpoints. */
  readonly stretch?: string;
}

/** Most configurations are spoken for by this many; more canaries find little more (and are more to harm). */
const MAX_CANARY = 20;
/** Losing a development endpoint costs little, so more of them may go first, and all others follow in one wave. */
const DEVELOPMENT_CANARY_FACTOR = 3;

export const countOf = (parts: readonly Part[]): number => parts.reduce((sum, p) => sum + p.count, 0);

/** Cuts the fleet into waves: development before production, a canary first in each, the exposed early, then growing. */
export function cutWaves(fleet: PlanningFleet, policy: PlanningPolicy): { waves: WaveDraft[]; excluded: Excluded[] } {
  const { plannable, excluded } = withoutBlockedGroups(fleet);
  const waves: WaveDraft[] = [];
  const inTier = (tier: Tier) => plannable.filter((u) => u.tier === tier);
  const development = policy.skipDevelopment ? [] : inTier("development");
  if (development.length > 0) waves.push(...wavesOfTier("development", development, fleet, policy));
  const production = policy.skipDevelopment ? plannable : inTier("production");
  if (production.length > 0) waves.push(...wavesOfTier("production", production, fleet, policy));
  return { waves, excluded };
}

function withoutBlockedGroups(fleet: PlanningFleet): { plannable: PlanningUnit[]; excluded: Excluded[] } {
  const excluded: Excluded[] = [];
  const plannable: PlanningUnit[] = [];
  for (const unit of fleet.units) {
    if (spareOf(unit, fleet) >= 1) {
      plannable.push(unit);
      continue;
    }
    const group = fleet.redundancyGroups[unit.redundancyGroup ?? ""];
    excluded.push({
      what: unit.group === unit.id ? unit.id : `${unit.id} (${unit.group})`,
      why: `Its redundancy group ${unit.redundancyGroup} needs ${group?.minHealthy} healthy of ${group?.members.length} members, so none can be taken out. Add a member, or lower the number.`,
      endpoints: unit.count,
      risk: unit.risk,
    });
  }
  return { plannable, excluded };
}

/** How many members of the unit's redundancy group may be down together. */
function spareOf(unit: PlanningUnit, fleet: PlanningFleet): number {
  const group = unit.redundancyGroup === undefined ? undefined : fleet.redundancyGroups[unit.redundancyGroup];
  return group ? group.members.length - group.minHealthy : Number.POSITIVE_INFINITY;
}

function wavesOfTier(tier: Tier, units: readonly PlanningUnit[], fleet: PlanningFleet, policy: PlanningPolicy): WaveDraft[] {
  const total = units.reduce((sum, u) => sum + u.count, 0);
  const label = tier === "production" ? "Production" : "Development";
  if (total === 1)
    return [
      {
        name: `${label}: the only endpoint`,
        kind: "only",
        tier,
        parts: units.map((unit) => ({ unit, count: 1 })),
        why: `There is one ${tier} endpoint to patch, so nothing can go before it and nothing can be compared with it: the checks, its own past and the way back are all the safety there is.`,
      },
    ];
  const share = policy.canaryShare * (tier === "development" ? DEVELOPMENT_CANARY_FACTOR : 1);
  const size = policy.canary ?? Math.min(MAX_CANARY, Math.max(1, Math.ceil(total * share)));
  const waves: WaveDraft[] = [];
  const pool = new Pool(units, fleet);
  if (size > 0) {
    const canary = chooseCanary(units, Math.min(size, total), fleet);
    pool.remove(canary.parts);
    waves.push({ name: `${label} canary`, kind: "canary", tier, parts: canary.parts, why: canaryReason(canary, tier, total) });
  }
  let previous = Math.max(1, waves[0] ? countOf(waves[0].parts) : 0, Math.ceil(total * policy.firstShare) / policy.growth);
  const exposed = (u: PlanningUnit) => tier === "production" && u.exposure === "public";
  const bothKinds = pool.left(exposed) > 0 && pool.left((u) => !exposed(u)) > 0;
  for (const [name, belongs] of bothKinds
    ? ([
        ["exposed", exposed],
        ["rest", (u: PlanningUnit) => !exposed(u)],
      ] as const)
    : ([["rest", () => true]] as const)) {
    if (name === "rest" && bothKinds) previous = Math.max(1, Math.ceil(total * policy.firstShare) / policy.growth);
    let step = 0;
    while (pool.left(belongs) > 0) {
      const left = pool.left(belongs);
      const passed = waves.reduce((sum, w) => sum + countOf(w.parts), 0);
      const most = tier === "development" ? left : mostOfNext(previous, left, passed, policy);
      const parts = pool.draw(belongs, left <= most * 1.5 ? left : most);
      const count = countOf(parts);
      const last = pool.left(belongs) === 0;
      step++;
      waves.push({
        name: nameOf(label, name, bothKinds, step, last),
        kind: name === "exposed" ? "exposed" : "growing",
        tier,
        parts,
        ...(tier === "production" && countOf(waves[0]?.parts ?? []) > 0 ? { stretch: stretchOf(label, name, bothKinds) } : {}),
        why: stepReason(name, tier, count, total, left, step, last, size > 0),
      });
      previous = Math.max(previous, count);
    }
  }
  return waves;
}

/** How many the next production wave may hold when all that were patched before have passed. */
function mostOfNext(previous: number, left: number, passed: number, policy: PlanningPolicy): number {
  if (!policy.belief) return Math.max(1, Math.floor(previous * policy.growth));
  const { rate, harmCost, waitDays } = policy.belief;
  return nextWaveSize(observe(rate, 0, passed), { before: previous, left, waitDays, harmCost });
}

function stretchOf(label: string, part: "exposed" | "rest", bothKinds: boolean): string {
  return `${label} ${part === "exposed" ? "internet-facing" : bothKinds ? "internal" : "rest"}`;
}

function nameOf(label: string, part: "exposed" | "rest", bothKinds: boolean, step: number, last: boolean): string {
  return `${stretchOf(label, part, bothKinds)}${step === 1 && last ? "" : last ? ", remaining" : `, step ${step}`}`;
}

function canaryReason(canary: Canary, tier: Tier, total: number): string {
  const count = countOf(canary.parts);
  const covers =
    canary.configurations.covered === canary.configurations.all
      ? `cover${count === 1 ? "s" : ""} every configuration there is (${canary.configurations.all})`
      : `cover${count === 1 ? "s" : ""} ${canary.configurations.covered} of ${canary.configurations.all} configurations, which ${Math.round(canary.covered * 100)} % of the ${tier} endpoints have`;
  const grouped = canary.parts.some((p) => p.unit.redundancyGroup !== undefined);
  const levels = new Set(canary.parts.map((p) => p.unit.criticality));
  const care =
    canary.compromise ??
    `${grouped ? "No redundancy group loses its only member, and none" : "None"} is more critical than ${Math.max(...levels)} of 5.`;
  return `${count} of ${total} ${tier} endpoints ${count === 1 ? "goes" : "go"} first: enough to meet what breaks, few enough to lose. ${count === 1 ? "It" : "They"} ${covers}. ${care}`;
}

function stepReason(
  part: "exposed" | "rest",
  tier: Tier,
  count: number,
  total: number,
  left: number,
  step: number,
  last: boolean,
  hadCanary: boolean,
): string {
  if (part === "exposed")
    return `${last ? `All ${count} other` : `${count} of ${left}`} internet-facing endpoints, directly after the canary: anyone can reach them, so each day costs more here than anywhere else.`;
  if (tier === "development")
    return hadCanary
      ? `The ${last ? "other" : "next"} ${count} of ${total} development endpoints, after the canary has passed: application teams meet incompatibilities here, where nobody is served.`
      : `${count} development endpoints, before production: incompatibilities are met here, where nobody is served.`;
  if (step === 1 && !last)
    return `${count} of the ${left} that remain: the step between a handful and everything, large enough to show what is rare in small numbers.`;
  return last
    ? `The last ${count} ${count === 1 ? "endpoint" : "endpoints"}${hadCanary ? ", once every smaller wave has passed its gate" : ", without a canary before, as asked for"}; those that matter most to the business come last.`
    : `${count} more, grown from the wave before because that one passed.`;
}

/** Endpoints not yet in a wave, in the order in which they are drawn: the most critical last, else the riskiest first. */
class Pool {
  readonly #left: { unit: PlanningUnit; count: number }[];
  readonly #fleet: PlanningFleet;
  constructor(units: readonly PlanningUnit[], fleet: PlanningFleet) {
    this.#fleet = fleet;
    this.#left = units
      .map((unit) => ({ unit, count: unit.count }))
      .sort((a, b) => latest(a.unit) - latest(b.unit) || b.unit.risk - a.unit.risk || (a.unit.id < b.unit.id ? -1 : 1));
  }
  left(belongs: (unit: PlanningUnit) => boolean): number {
    return this.#left.reduce((sum, e) => sum + (belongs(e.unit) ? e.count : 0), 0);
  }
  remove(parts: readonly Part[]): void {
    const gone = new Map(parts.map((p) => [p.unit, p.count]));
    for (const entry of this.#left) entry.count -= gone.get(entry.unit) ?? 0;
  }
  /** Up to `count`; fewer when a redundancy group would otherwise lose too many members in one wave, but at least one. */
  draw(belongs: (unit: PlanningUnit) => boolean, count: number): Part[] {
    const parts: Part[] = [];
    const byGroup = new Map<string, number>();
    let wanted = count;
    for (const entry of this.#left) {
      if (wanted === 0) break;
      if (entry.count === 0 || !belongs(entry.unit)) continue;
      const group = entry.unit.redundancyGroup;
      const spare = group === undefined ? entry.count : spareOf(entry.unit, this.#fleet) - (byGroup.get(group) ?? 0);
      const taken = Math.min(entry.count, wanted, spare);
      if (taken < 1) continue;
      parts.push({ unit: entry.unit, count: taken });
      entry.count -= taken;
      wanted -= taken;
      if (group !== undefined) byGroup.set(group, (byGroup.get(group) ?? 0) + taken);
    }
    return parts;
  }
}

const latest = (unit: PlanningUnit): number => (unit.criticality >= 5 ? 1 : 0);
