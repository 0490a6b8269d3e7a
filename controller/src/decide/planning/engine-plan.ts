import { DEFAULT_REBOOT_LIMIT_MS } from "@breakwater/shared/command";
import type { Instant } from "@breakwater/shared/core";
import { formatInstant, instant } from "@breakwater/shared/core";
import type { Interval } from "@breakwater/shared/window";
import { treeOf } from "../rollback/index.ts";
import type { PlanningUnit } from "./fleet-view.ts";
import { type GateWish, gateOf } from "./gate.ts";
import { type RolloutPlan, rolloutPlanSchema } from "./rollout-plan.ts";
import type { ScheduledWave } from "./schedule.ts";
import { type OnHarmful, triggersOf } from "./triggers.ts";

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
  readonly approveEachWave: boolean;
  readonly rehearsal?: RolloutPlan["rehearsal"];
  /** Longest watch while the verdict is undecided; three times the bake when absent. */
  readonly bakeLimitMs?: number | undefined;
  /** Why no wave has to be judged; absent: each has to be. */
  readonly checksAlone?: string | undefined;
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
  return rolloutPlanSchema.parse({
    planId: side.planId,
    revision: side.revision,
    waves: waves.map((wave, index) => ({
      ...waveRules(wave, units.length, side.onHarmful, { ...side, approval: index > 0 && side.approveEachWave }),
      endpointIds: wave.parts.map((p) => p.unit.id),
      notBefore: formatInstant(opensAt(wave, side.notBefore)),
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
  });
}

/** Gate, triggers and tree of a wave: what the engine acts on, and what the plan for people tells. */
export function waveRules(wave: ScheduledWave, endpoints: number, onHarmful: OnHarmful, wish: GateWish) {
  const triggers = triggersOf(wave.bakeMs, onHarmful);
  return {
    name: wave.name,
    maxConcurrent: wave.maxConcurrent,
    gate: gateOf(wave, endpoints, wish),
    triggers,
    tree: treeOf(triggers, onHarmful),
    onHarmful,
  };
}

/** Where times are restricted, the opening that was announced; else as soon as the wave before has passed. */
function opensAt(wave: ScheduledWave, notBefore: Instant): Instant {
  const first = wave.slots.reduce((least, s) => Math.min(least, s.opening.from), Number.POSITIVE_INFINITY);
  return instant(Math.max(notBefore, first));
}
