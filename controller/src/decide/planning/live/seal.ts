import { DEFAULT_REBOOT_LIMIT_MS, type EndpointAction, type RebootWithin, type SealedPlan, sealPlan } from "@breakwater/shared/command";
import { addMs, formatInstant, type Instant, instant } from "@breakwater/shared/core";
import { type Interval, mergeSpans, occurrences } from "@breakwater/shared/window";
import { enginePlan } from "../engine-plan.ts";
import type { CalendarEvent, PlanningUnit } from "../fleet-view.ts";
import type { ReadIntent } from "../intent.ts";
import type { PlannedRollout } from "../plan-rollout.ts";
import type { RolloutPlan } from "../rollout-plan.ts";
import type { RulesWish } from "../wish.ts";
import { actionOf } from "./actions.ts";
import type { LiveFleet } from "./live-fleet.ts";
import type { FleetRows } from "./rows.ts";

/** A plan lives at least this long, and this much longer than it is planned to take: gates may hold. */
const SHORTEST_LIFE_MS = 7 * 86_400_000;
const LIFE_BEYOND_MS = 3 * 86_400_000;
export interface SealedRollout {
  readonly rollout: RolloutPlan;
  readonly actions: readonly EndpointAction[];
  readonly sealed: SealedPlan;
}

/** The engine's side of a planned rollout, and the seal that people sign. */
export function sealRollout(
  ids: { planId: string; revision: number },
  planned: PlannedRollout,
  live: LiveFleet,
  rows: FleetRows,
  intent: ReadIntent,
  rules: RulesWish,
  times: { now: Instant; notBefore: Instant },
): SealedRollout {
  const finishes = Date.parse(planned.document.cost.finishes);
  const expiresAt = instant(
    intent.expiresInHours === undefined
      ? Math.max(times.notBefore + SHORTEST_LIFE_MS, finishes + LIFE_BEYOND_MS)
      : times.now + intent.expiresInHours * 3_600_000,
  );
  const units = planned.waves.flatMap((w) => w.parts.map((p) => p.unit));
  const blackoutsOf = blackoutsByTags(live.fleet.calendar, times.now, expiresAt);
  const rollout = enginePlan(planned.waves, {
    ...ids,
    notBefore: times.notBefore,
    expiresAt,
    errorBudget: planned.errorBudget,
    onHarmful: intent.onHarmful ?? "rollback-wave",
    rules,
    rehearsal: intent.rehearsal,
    approvals: intent.approvals,
    unrestorableAtOnce: intent.unrestorableAtOnce,
    hostnameOf: (unit) => live.rowOf.get(unit.id)?.hostname ?? unit.id,
    blackoutsOf: (unit) => blackoutsOf(unit.tags),
    sites: rows.sites,
    redundancyGroups: live.fleet.redundancyGroups,
  });
  const actions = units.map((unit) => {
    const row = live.rowOf.get(unit.id);
    if (!row) throw new Error(`the plan holds ${unit.id}, which was not read`);
    return actionOf(ids.planId, row, live.updatesOf.get(unit.id) ?? [], intent, rebootWithin(unit, blackoutsOf(unit.tags)));
  });
  const sealed = sealPlan(actions, rollout, {
    ...ids,
    notBefore: formatInstant(times.notBefore),
    expiresAt: formatInstant(expiresAt),
  });
  return { rollout, actions, sealed };
}

/** The times in which a machine may go down, beside what its owner allows. */
const rebootWithin = (unit: PlanningUnit, blackouts: Interval[]): RebootWithin | undefined =>
  unit.reboot?.mode === "when-needed"
    ? { limitMs: DEFAULT_REBOOT_LIMIT_MS, timezone: unit.zone, ...(unit.window ? { window: unit.window } : {}), blackouts }
    : undefined;

/** Business events as blackouts until the plan expires, computed once for each set of tags. */
function blackoutsByTags(calendar: readonly CalendarEvent[], from: Instant, to: Instant): (tags: readonly string[]) => Interval[] {
  const known = new Map<string, Interval[]>();
  return (tags) => {
    const key = tags.join("\u0000");
    const cached = known.get(key);
    if (cached) return cached;
    const applying = calendar.filter((e) => e.tags.length === 0 || e.tags.some((t) => tags.includes(t)));
    const spans = mergeSpans(applying.flatMap((e) => occurrences(e.rule, e.zone, from, addMs(to, 1))));
    const blackouts = spans.map((s) => ({ from: formatInstant(instant(s.from)), to: formatInstant(instant(s.to)) }));
    known.set(key, blackouts);
    return blackouts;
  };
}
