import { type EndpointAction, type SealedPlan, sealPlan } from "@breakwater/shared/command";
import { addMs, formatInstant, type Instant, instant } from "@breakwater/shared/core";
import { type Interval, mergeSpans, occurrences } from "@breakwater/shared/window";
import type { CalendarEvent } from "../fleet-view.ts";
import type { ReadIntent } from "../intent.ts";
import type { PlannedRollout } from "../plan-rollout.ts";
import { type RolloutPlan, rolloutPlanSchema } from "../rollout-plan.ts";
import { successPermille, triggersOf } from "../triggers.ts";
import { actionOf } from "./actions.ts";
import type { LiveFleet } from "./live-fleet.ts";
import type { FleetRows } from "./rows.ts";

/** A plan lives at least this long, and this much longer than it is planned to take: gates may hold. */
const SHORTEST_LIFE_MS = 7 * 86_400_000;
const LIFE_BEYOND_MS = 3 * 86_400_000;
/** An execution that takes this many times what was expected has gone wrong; never judged before the shortest limit. */
const EXECUTION_LIMIT_FACTOR = 6;
const SHORTEST_EXECUTION_LIMIT_MS = 30 * 60_000;
/** Below this many endpoints there are too few others to compare a canary with, so "undecided" opens the gate after the bake. */
const FEW_ENDPOINTS = 20;
const MINUTE_MS = 60_000;

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
  const rollout = rolloutPlanSchema.parse({
    ...ids,
    waves: planned.waves.map((wave, index) => {
      const limit = intent.bakeLimitMs ?? wave.bakeMs * 3 + MINUTE_MS;
      return {
        name: wave.name,
        endpointIds: wave.parts.map((p) => p.unit.id),
        notBefore: formatInstant(opensAt(wave, times.notBefore)),
        notAfter: formatInstant(expiresAt),
        maxConcurrent: wave.maxConcurrent,
        gate: {
          bakeMs: wave.bakeMs,
          bakeLimitMs: Math.max(wave.bakeMs, limit),
          successPermille: successPermille(wave.kind),
          verdict: wave.kind === "canary" && units.length >= FEW_ENDPOINTS ? "healthy" : "not-harmful",
          approval: index > 0 && (intent.approveEachWave ?? false),
        },
        triggers: triggersOf(wave.bakeMs, intent.onHarmful ?? "rollback-wave"),
        onHarmful: intent.onHarmful ?? "rollback-wave",
      };
    }),
    endpoints: Object.fromEntries(
      units.map((unit) => [
        unit.id,
        {
          hostname: live.rowOf.get(unit.id)?.hostname ?? unit.id,
          timezone: unit.zone,
          site: unit.site,
          ...(unit.redundancyGroup ? { redundancyGroup: unit.redundancyGroup } : {}),
          criticality: unit.criticality,
          ...(unit.window ? { window: unit.window } : {}),
          blackouts: blackoutsOf(unit.tags),
        },
      ]),
    ),
    sites: Object.fromEntries([...new Set(units.map((u) => u.site))].flatMap((id) => (rows.sites[id] ? [[id, rows.sites[id]]] : []))),
    redundancyGroups: Object.fromEntries(
      [...new Set(units.flatMap((u) => u.redundancyGroup ?? []))].map((id) => [id, live.fleet.redundancyGroups[id]]),
    ),
    maxConcurrent: planned.waves.reduce((most, w) => Math.max(most, w.maxConcurrent), 1),
    errorBudget: planned.errorBudget,
    executionLimitMs: units.reduce((most, u) => Math.max(most, u.executionMs * EXECUTION_LIMIT_FACTOR), SHORTEST_EXECUTION_LIMIT_MS),
  });
  const actions = units.map((unit) => {
    const row = live.rowOf.get(unit.id);
    if (!row) throw new Error(`the plan holds ${unit.id}, which was not read`);
    return actionOf(ids.planId, row, live.updatesOf.get(unit.id) ?? [], intent);
  });
  const sealed = sealPlan(actions, rollout, {
    ...ids,
    notBefore: formatInstant(times.notBefore),
    expiresAt: formatInstant(expiresAt),
  });
  return { rollout, actions, sealed };
}

/** Where times are restricted, the opening that was announced; else as soon as the wave before has passed. */
function opensAt(wave: PlannedRollout["waves"][number], notBefore: Instant): Instant {
  const first = wave.slots.reduce((least, s) => Math.min(least, s.opening.from), Number.POSITIVE_INFINITY);
  return instant(Math.max(notBefore, first));
}

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
