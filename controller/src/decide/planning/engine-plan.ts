import { DEFAULT_REBOOT_LIMIT_MS } from "@breakwater/shared/command";
import type { Instant } from "@breakwater/shared/core";
import { formatInstant, instant } from "@breakwater/shared/core";
import type { Interval } from "@breakwater/shared/window";
import { treeOf } from "../rollback/index.ts";
import type { PlanningUnit } from "./fleet-view.ts";
import { gateOf } from "./gate.ts";
import { type RolloutPlan, rolloutPlanSchema } from "./rollout-plan.ts";
import type { ScheduledWave } from "./schedule.ts";
import { type OnHarmful, triggersOf } from "./triggers.ts";
import { countOf } from "./waves.ts";
import { approvalBefore, growthOf, type RulesWish } from "./wish.ts";

/** An execution that takes this many times what was expected has gone wrong; never judged before the shortest limit. */
const EXECUTION_LIMIT_FACTOR = 6;
const SHORTEST_EXECUTION_LIMIT_MS = 30 * 60_000;

/** What the engine must know besides the waves and their times. */
export interface EngineSide {
  readonly planId: string;
  readonly revision: number;
  readonly notBefore: Instant;
  readonly expiresAt: Instant;
  readonly errorBudget: number;
  readonly onHarmful: OnHarmful;
  readonly rules: RulesWish;
  readonly rehearsal?: RolloutPlan["rehearsal"];
  /** Endpoints without a way back that may be in danger at once; one when absent. */
  readonly unrestorableAtOnce?: number | undefined;
  /** Persons who have to sign; one when absent. */
  readonly approvals?: number | undefined;
  readonly hostnameOf: (unit: PlanningUnit) => string;
  readonly blackoutsOf: (unit: PlanningUnit) => Interval[];
  readonly sites: RolloutPlan["sites"];
  readonly redundancyGroups: Readonly<Record<string, { readonly minHealthy: number; readonly members: readonly string[] }>>;
}

/** The part of a planned rollout that the engine drives and people sign. */
export function enginePlan(waves: readonly ScheduledWave[], side: EngineSide): RolloutPlan {
  const units = waves.flatMap((w) => w.parts.map((p) => p.unit));
  const growth = growthOf(side.rules, growthFacts(waves, side.planId));
  return rolloutPlanSchema.parse({
    planId: side.planId,
    revision: side.revision,
    waves: waves.map((wave, index) => ({
      ...waveRules(wave, { index, last: index === waves.length - 1, endpoints: units.length }, side.onHarmful, side.rules),
      ...(growth && wave.stretch !== undefined ? { stretch: wave.stretch } : {}),
      endpointIds: wave.parts.map((p) => p.unit.id),
      notBefore: formatInstant(opensAt(growth ? firstOfStretch(waves, wave) : wave, side.notBefore)),
      notAfter: formatInstant(side.expiresAt),
    })),
    endpoints: Object.fromEntries(
      units.map((unit) => [
        unit.id,
        {
          hostname: side.hostnameOf(unit),
          timezone: unit.zone,
          site: unit.site,
          ...(unit.redundancyGroup ? { redundancyGroup: unit.redundancyGroup } : {}),
          criticality: unit.criticality,
          ...(unit.window ? { window: unit.window } : {}),
          blackouts: side.blackoutsOf(unit),
        },
      ]),
    ),
    sites: Object.fromEntries([...new Set(units.map((u) => u.site))].flatMap((id) => (side.sites[id] ? [[id, side.sites[id]]] : []))),
    redundancyGroups: Object.fromEntries(
      [...new Set(units.flatMap((u) => u.redundancyGroup ?? []))].map((id) => [id, side.redundancyGroups[id]]),
    ),
    maxConcurrent: waves.reduce((most, w) => Math.max(most, w.maxConcurrent), 1),
    errorBudget: side.errorBudget,
    executionLimitMs: units.reduce((most, u) => Math.max(most, u.executionMs * EXECUTION_LIMIT_FACTOR), SHORTEST_EXECUTION_LIMIT_MS),
    ...(units.some((u) => u.reboot?.mode === "when-needed") ? { rebootLimitMs: DEFAULT_REBOOT_LIMIT_MS } : {}),
    ...(side.approvals === undefined ? {} : { approvals: side.approvals }),
    ...(side.unrestorableAtOnce === undefined ? {} : { unrestorableAtOnce: side.unrestorableAtOnce }),
    ...(side.rehearsal ? { rehearsal: side.rehearsal } : {}),
    ...(growth ? { growth } : {}),
  });
}

/** What the rails are made of where the operator left them open. */
export const growthFacts = (waves: readonly ScheduledWave[], planId: string) => ({
  planId,
  firstWave: waves[0] ? countOf(waves[0].parts) : 1,
  endpoints: waves.reduce((sum, w) => sum + countOf(w.parts), 0),
  waitMs: waves.reduce((most, w) => Math.max(most, w.stretch === undefined ? 0 : w.bakeMs), 0),
});

/** Endpoints of a stretch may come as early as its first wave, where the plan grows by belief. */
const firstOfStretch = (waves: readonly ScheduledWave[], wave: ScheduledWave): ScheduledWave =>
  (wave.stretch === undefined ? undefined : waves.find((w) => w.stretch === wave.stretch)) ?? wave;

/** Gate, triggers and tree of a wave: what the engine acts on, and what the plan for people tells. */
export function waveRules(
  wave: ScheduledWave,
  place: { readonly index: number; readonly last: boolean; readonly endpoints: number },
  onHarmful: OnHarmful,
  wish: RulesWish,
) {
  const triggers = wish.triggers ? [...wish.triggers] : triggersOf(wave.bakeMs, onHarmful);
  const approval = place.last ? { approval: false } : approvalBefore(wish, place.index + 2);
  return {
    name: wave.name,
    maxConcurrent: wave.maxConcurrent,
    gate: gateOf(wave, place.endpoints, wish, approval),
    triggers,
    tree: wish.tree ? [...wish.tree] : treeOf(triggers, onHarmful),
    onHarmful,
  };
}

/** Where times are restricted, the opening that was announced; else as soon as the wave before has passed. */
function opensAt(wave: ScheduledWave, notBefore: Instant): Instant {
  const first = wave.slots.reduce((least, s) => Math.min(least, s.opening.from), Number.POSITIVE_INFINITY);
  return instant(Math.max(notBefore, first));
}
