import { fail, type Instant, ok, type Result } from "@breakwater/shared/core";
import {
  type CalendarEvent,
  cutWaves,
  type Excluded,
  enginePlan,
  type GrowthWish,
  type PlanningFleet,
  type PlanningPolicy,
  type PlanningUnit,
  RECOMMENDED,
  type RolloutPlan,
  scheduleWaves,
  tierOf,
  type WaveDraft,
} from "../../decide/planning/index.ts";
import type { Fleet, FleetEndpoint } from "./fleet-file.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A plan lives at least this long, and this much longer than it is planned to take. */
const SHORTEST_LIFE_MS = 7 * DAY;
const LIFE_BEYOND_MS = 3 * DAY;

/** Largest share of a fleet that goes first for the sake of covering it. */
const MOST_CANARIES = 0.05;

/** How a rollout may be cut into waves: ours, and what people do today. */
export const POLICIES = ["adaptive", "rings", "equal", "all-at-once", "phased"] as const;
export type PolicyName = (typeof POLICIES)[number];

export interface SimulatedPlan {
  readonly rollout: RolloutPlan;
  readonly expiresAt: Instant;
  readonly excluded: readonly Excluded[];
  /** Whether the judge watches; without it only failed executions and people's complaints stop a rollout. */
  readonly judged: boolean;
}

/** Plans the rollout of one policy over a fleet, by the planner of the live fleet. The same input gives the same plan. */
export function planOf(
  fleet: Fleet,
  policy: PolicyName,
  adaptive: Partial<PlanningPolicy> = {},
  growth?: GrowthWish,
): Result<SimulatedPlan> {
  const view = planningFleet(fleet);
  const canary = adaptive.canary ?? canaryOf(fleet, adaptive.canaryShare ?? RECOMMENDED.canaryShare);
  const own: PlanningPolicy = { ...RECOMMENDED, ...adaptive, canary, maxConcurrent: fleet.maxConcurrent };
  const cut = cutWaves(view, own);
  const drafts = policy === "adaptive" ? cut.waves : inGroups(cut.waves, sharesOf(policy), policy);
  const made = scheduleWaves(drafts, view, policy === "adaptive" ? own : { ...own, bakeMs: BAKES[policy] }, fleet.start);
  const excluded = [...cut.excluded, ...made.excluded];
  if (made.waves.length === 0)
    return fail({
      code: "nothing-to-plan",
      message: `There is nothing that can be planned. ${excluded
        .slice(0, 5)
        .map((e) => `${e.what}: ${e.why}`)
        .join(" ")}`,
      next: "Remove what excludes these endpoints, or change their windows or groups.",
    });
  const expiresAt = Math.max(fleet.start + SHORTEST_LIFE_MS, made.finishes + LIFE_BEYOND_MS) as Instant;
  const blackouts = new Map(fleet.endpoints.map((e) => [e.id, e.blackouts.map((b) => ({ ...b }))]));
  const rollout = enginePlan(made.waves, {
    planId: `pl_simulated_${policy}`,
    revision: 1,
    notBefore: fleet.start,
    expiresAt,
    errorBudget: fleet.errorBudget,
    onHarmful: "rollback-wave",
    rules: policy === "adaptive" && growth ? { growth } : {},
    hostnameOf: (unit) => unit.id,
    blackoutsOf: (unit) => blackouts.get(unit.id) ?? [],
    sites: fleet.sites,
    redundancyGroups: fleet.redundancyGroups,
  });
  return ok({ rollout: policy === "adaptive" ? rollout : asToday(rollout, policy), expiresAt, excluded, judged: policy === "adaptive" });
}

/** A canary at each site, as far as a twentieth of the fleet allows: what breaks at one site only is met there, not in the wave behind. */
function canaryOf(fleet: Fleet, share: number): number | undefined {
  const total = fleet.endpoints.length;
  const sites = new Set(fleet.endpoints.map((e) => e.site)).size;
  const wanted = Math.min(sites, Math.floor(total * MOST_CANARIES));
  return wanted > Math.ceil(total * share) ? wanted : undefined;
}

/** The file's endpoints as the planner sees fleets. Each blackout is a business event of the endpoints that share it. */
export function planningFleet(fleet: Fleet): PlanningFleet {
  const calendar: CalendarEvent[] = [];
  const tagOf = new Map<string, string>();
  const blackoutTag = (e: FleetEndpoint): string[] => {
    if (e.blackouts.length === 0) return [];
    const key = JSON.stringify(e.blackouts);
    let tag = tagOf.get(key);
    if (tag === undefined) {
      tag = `\u0000blackout ${tagOf.size}`;
      tagOf.set(key, tag);
      for (const b of e.blackouts) calendar.push({ name: "blackout", zone: "UTC", rule: { kind: "interval", ...b }, tags: [tag] });
    }
    return [tag];
  };
  const alike = (e: FleetEndpoint) => JSON.stringify([e.site, e.tags.toSorted()]);
  // Where canaries are too few for every kind of endpoint, they speak for the sites.
  const kinds = new Set(fleet.endpoints.map(alike)).size;
  const bySite = kinds > fleet.endpoints.length * MOST_CANARIES;
  const units = fleet.endpoints.map(
    (e): PlanningUnit => ({
      id: e.id,
      count: 1,
      group: e.id,
      tier: tierOf(e.tags) ?? "production",
      exposure: "unknown",
      site: e.site,
      zone: e.zone,
      criticality: e.criticality,
      redundancyGroup: e.redundancyGroup,
      window: e.window,
      tags: [...e.tags, ...blackoutTag(e)],
      configuration: bySite ? e.site : alike(e),
      risk: 50,
      residualRisk: 0,
      downloadBytes: 1,
      executionMs: Math.ceil(fleet.truth.applyMinutes * 60_000 * 1.25),
      downtimeMs: 5_000,
    }),
  );
  return {
    units,
    redundancyGroups: fleet.redundancyGroups,
    calendar,
    excluded: [],
    vulnerabilities: [],
    riskFactors: [],
    assumptions: [],
    contradictions: [],
    notes: [],
    change: "a patch",
    checks: [],
  };
}

type Baseline = Exclude<PolicyName, "adaptive">;

/**
 * What is done today. Rings: 1 %, 10 %, everybody, days apart. Equal: ten groups, one a day, as rate-controlled rollouts do
 * that go on while at most 10 % fail. Phased: shares that grow by 10 % every 6 hours, as Ubuntu phases updates.
 */
const BAKES: Readonly<Record<Baseline, number>> = {
  rings: 3 * DAY,
  equal: DAY,
  "all-at-once": 0,
  phased: 6 * HOUR,
};

function sharesOf(policy: Baseline): number[] {
  switch (policy) {
    case "rings":
      return [0.01, 0.1, 1];
    case "all-at-once":
      return [1];
    case "equal":
    case "phased":
      return Array.from({ length: 10 }, (_, i) => (i + 1) / 10);
  }
}

/** Cuts the same endpoints into groups that reach these shares of the fleet, in the order of a hash of their names: nobody chooses. */
function inGroups(drafts: readonly WaveDraft[], shares: readonly number[], policy: Baseline): WaveDraft[] {
  const parts = drafts.flatMap((d) => d.parts).toSorted((a, b) => hash(a.unit.id) - hash(b.unit.id) || (a.unit.id < b.unit.id ? -1 : 1));
  let from = 0;
  return shares.flatMap((share, i) => {
    const to = i === shares.length - 1 ? parts.length : Math.max(from, Math.ceil(parts.length * share));
    const members = parts.slice(from, to);
    from = to;
    return members.length === 0
      ? []
      : [
          {
            name: `${policy} ${i + 1}`,
            kind: "growing" as const,
            tier: "production" as const,
            parts: members,
            why: `${Math.round(share * 100)} % of the fleet.`,
          },
        ];
  });
}

function hash(text: string): number {
  let h = 2166136261;
  for (let i = 0; i < text.length; i += 1) h = Math.imul(h ^ text.charCodeAt(i), 16777619);
  return h >>> 0;
}

/** Gates as these policies have them: a share of successes, and a wait. Nobody is asked for a verdict. */
function asToday(rollout: RolloutPlan, policy: Baseline): RolloutPlan {
  return {
    ...rollout,
    waves: rollout.waves.map((wave, i) => {
      const bakeMs = i === rollout.waves.length - 1 ? 0 : wave.gate.bakeMs;
      const successPermille = policy === "all-at-once" ? 0 : 900;
      return { ...wave, gate: { ...wave.gate, verdict: "not-harmful", successPermille, bakeMs, bakeLimitMs: bakeMs + HOUR } };
    }),
  };
}
