import { fail, type Instant, ok, type Result } from "@breakwater/shared/core";
import { type Cost, costOf, riskCourse } from "./cost.ts";
import type { PlanDocument } from "./document.ts";
import type { Excluded, PlanningFleet } from "./fleet-view.ts";
import { fasterThan, type PlanningPolicy, saferThan } from "./policy.ts";
import { type Schedule, type ScheduledWave, scheduleWaves } from "./schedule.ts";
import type { OnHarmful } from "./triggers.ts";
import { countOf, cutWaves } from "./waves.ts";
import type { RulesWish } from "./wish.ts";
import { writeDocument } from "./write-document.ts";

export interface PlanningRequest {
  readonly title: string;
  readonly policy: PlanningPolicy;
  readonly notBefore: Instant;
  readonly errorBudget?: number | undefined;
  readonly onHarmful: OnHarmful;
  readonly reversible: boolean;
  readonly rules?: RulesWish;
  /** Seeds the draws of growth where no other seed is given. */
  readonly planId?: string;
}

/** What the planner made: the plan for people, and the waves with their times for whoever drives them. */
export interface PlannedRollout {
  readonly document: PlanDocument;
  readonly waves: readonly ScheduledWave[];
  readonly excluded: readonly Excluded[];
  readonly errorBudget: number;
}

/** Failures that are bad luck on one endpoint; more than this share is a pattern. */
const ERROR_SHARE = 0.02;

/** The one planner: fleet, calendar and wish in, plan out. The same input gives the same plan. */
export function planRollout(fleet: PlanningFleet, request: PlanningRequest, now: Instant): Result<PlannedRollout> {
  const made = schedule(fleet, request.policy, request.notBefore);
  const excluded = [...fleet.excluded, ...made.excluded];
  if (made.waves.length === 0) {
    const reasons = excluded.slice(0, 5).map((e) => `${e.what}: ${e.why}`);
    return fail({
      code: "nothing-to-plan",
      message: `There is nothing that can be planned.${reasons.length > 0 ? ` ${reasons.join(" ")}` : ""}`,
      next:
        excluded.length > 0
          ? "Remove what excludes these endpoints, or choose others."
          : "Choose endpoints that have a pending update which matches.",
    });
  }
  const total = made.waves.reduce((sum, w) => sum + countOf(w.parts), 0);
  const errorBudget = request.errorBudget ?? Math.max(1, Math.min(25, Math.ceil(total * ERROR_SHARE)));
  const cost = costOf(made, now);
  const document = writeDocument({
    fleet,
    title: request.title,
    waves: made.waves,
    excluded,
    risk: riskCourse(fleet, made, excluded),
    cost,
    alternatives: alternatives(fleet, request, cost, now),
    errorBudget,
    onHarmful: request.onHarmful,
    reversible: request.reversible,
    rules: request.rules ?? {},
    planId: request.planId ?? "plan",
    now,
  });
  return ok({ document, waves: made.waves, excluded, errorBudget });
}

function schedule(fleet: PlanningFleet, policy: PlanningPolicy, notBefore: Instant): Schedule {
  const cut = cutWaves(fleet, policy);
  const made = scheduleWaves(cut.waves, fleet, policy, notBefore);
  return { ...made, excluded: [...cut.excluded, ...made.excluded] };
}

/** Other plans by the same planner, with what each costs. */
function alternatives(
  fleet: PlanningFleet,
  request: PlanningRequest,
  own: Cost,
  now: Instant,
): (Cost & { name: string; tradeoff: string })[] {
  const list: { name: string; policy: PlanningPolicy; fleet: PlanningFleet; what: string }[] = [
    {
      name: "Faster",
      policy: fasterThan(request.policy),
      fleet,
      what: "One wave behind each canary and bakes of a quarter, which no longer cover a business peak; windows and events are still kept",
    },
    { name: "Safer", policy: saferThan(request.policy), fleet, what: "Waves only double, and each bakes twice as long" },
  ];
  if (fleet.units.some((u) => u.tier === "development") && fleet.units.some((u) => u.tier === "production"))
    list.push({
      name: "Production without development first",
      policy: { ...request.policy, skipDevelopment: true },
      fleet,
      what: "Development is not waited for and goes along, so production canaries meet incompatibilities first",
    });
  if (fleet.calendar.length > 0)
    list.push({
      name: "Through the business events",
      policy: { ...request.policy, eventMarginMs: 0, bakeCoversPeak: false },
      fleet: { ...fleet, calendar: [] },
      what: "An emergency change that ignores the business events (windows are kept); only with the owners' consent, if exploitation begins",
    });
  return list.map(({ name, policy, fleet: view, what }) => {
    const cost = costOf(schedule(view, policy, request.notBefore), now);
    return { name, ...cost, tradeoff: `${what}: ${compare(own, cost)}.` };
  });
}

function compare(own: Cost, other: Cost): string {
  const hours = Math.round((other.finishes - own.finishes) / 3_600_000);
  const time =
    hours === 0
      ? "done at the same time"
      : `done ${Math.abs(hours) >= 48 ? `${Math.round(Math.abs(hours) / 24)} days` : `${Math.abs(hours)} h`} ${hours < 0 ? "earlier" : "later"}`;
  const risk = Math.round((other.riskDays - own.riskDays) * 10) / 10;
  const harm = Math.round((other.expectedHarm - own.expectedHarm) * 100) / 100;
  const signed = (n: number) => (n > 0 ? `+${n}` : `${n}`);
  return `${time}, ${signed(risk)} risk-days of exposure, ${signed(harm)} endpoints expected to be harmed`;
}
