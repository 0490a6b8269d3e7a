import type { Instant } from "@breakwater/shared/core";
import { describeRule, type MaintenanceWindow, weekday } from "@breakwater/shared/window";
import type { Excluded, PlannedExposure, PlanningFleet, PlanningUnit } from "../fleet-view.ts";
import { HOUR_MS, MINUTE_MS, type PlanningPolicy } from "../policy.ts";
import { scheduleWaves } from "../schedule.ts";
import { cutWaves } from "../waves.ts";
import type { Scenario, ScenarioGroup } from "./scenario.ts";

/** Assumed where a scenario, unlike an endpoint, does not say: from first check to verified, and the restart within it. */
const EXECUTION_MS = 10 * MINUTE_MS;
const DOWNTIME_MS = 2 * MINUTE_MS;
const DOWNLOAD_BYTES = 50_000_000;
const DEFAULT_CVSS = 7.5;

/** How far an attacker gets to software, by where it can be reached from; unknown is not low. */
const REACH: Readonly<Record<PlannedExposure, readonly [number, string]>> = {
  public: [0.95, "reachable from the internet"],
  unknown: [0.75, "exposure not stated, so not taken as low"],
  private: [0.45, "reachable from the internal network only"],
  loopback: [0.15, "reachable from the server itself only"],
};
const EXPLOITED = [1, "exploitation is said to be going on"] as const;
const NOT_KNOWN_EXPLOITED = [0.8, "no exploitation is said to be known; a public flaw of this kind attracts some"] as const;

const importance = (group: ScenarioGroup): number =>
  group.tier === "production" ? 0.7 + 0.06 * group.criticality : 0.25 + 0.05 * group.criticality;

function riskOf(
  scenario: Scenario,
  group: Pick<ScenarioGroup, "exposure" | "tier" | "criticality">,
): { risk: number; factors: PlanningFleet["riskFactors"][number][] } {
  const cvss = scenario.vulnerabilities.reduce((most, v) => Math.max(most, v.cvss ?? DEFAULT_CVSS), 0);
  const [reach, reachWhy] = REACH[group.exposure];
  const [exploitation, exploitationWhy] = scenario.exploited ? EXPLOITED : NOT_KNOWN_EXPLOITED;
  const impact = Math.min(1, importance(group as ScenarioGroup));
  const parts = [
    { name: "severity", factor: Math.max(0.01, cvss / 10), why: `CVSS ${cvss} of 10` },
    { name: "exploitation", factor: exploitation, why: exploitationWhy },
    { name: "exposure", factor: reach, why: reachWhy },
    { name: "importance", factor: impact, why: `${group.tier}, criticality ${group.criticality} of 5` },
  ];
  return {
    risk: 100 * parts.reduce((product, p) => product * p.factor, 1),
    factors: parts.map((p) => ({ name: p.name, effect: Math.round(Math.log(p.factor) * 10_000) / 10_000, why: p.why })),
  };
}

/** Windows tried in this order for production that names none: the quietest first. */
const QUIET: readonly MaintenanceWindow[] = [
  { days: [...weekday.options], from: "23:00", to: "05:00" },
  { days: [...weekday.options], from: "04:00", to: "08:00" },
  { days: [...weekday.options], from: "09:00", to: "16:00" },
  { days: [...weekday.options], from: "00:00", to: "00:00" },
];
const WORKING_HOURS: MaintenanceWindow = { days: ["mon", "tue", "wed", "thu", "fri"], from: "09:00", to: "17:00" };
const EXTENDED_HOURS: MaintenanceWindow = { days: [...weekday.options], from: "08:00", to: "20:00" };
/** Above this, development does not wait for working hours on a working day. */
const URGENT_CVSS = 7;

/** A scenario as the planner sees fleets. */
export function fleetOfScenario(scenario: Scenario, policy: PlanningPolicy, now: Instant): PlanningFleet {
  const worst = [...scenario.groups].sort((a, b) => riskOf(scenario, b).risk - riskOf(scenario, a).risk)[0];
  const cvss = scenario.vulnerabilities.reduce((most, v) => Math.max(most, v.cvss ?? DEFAULT_CVSS), 0);
  const first = scenario.vulnerabilities[0];
  const assumptions = [...scenario.assumptions];
  const fleetWith = (quiet: MaintenanceWindow): PlanningFleet => ({
    units: scenario.groups.map((group) => unitOf(scenario, group, quiet, cvss >= URGENT_CVSS || scenario.exploited)),
    redundancyGroups: {},
    calendar: scenario.events,
    excluded: unaccounted(scenario),
    vulnerabilities: [...scenario.vulnerabilities],
    riskFactors: worst ? riskOf(scenario, worst).factors : [],
    assumptions,
    contradictions: scenario.contradictions,
    notes: scenario.notes,
    change: first
      ? `${first.product} ${first.fixedVersion ? `to ${first.fixedVersion} or later` : "to the fixed version (to be confirmed)"}`
      : "the patch",
    checks: [],
  });
  const quiet = QUIET.find((window) => fits(fleetWith(window), policy, now)) ?? (QUIET.at(-1) as MaintenanceWindow);
  const open = scenario.groups.filter((g) => !g.window);
  if (open.some((g) => g.tier === "production"))
    assumptions.push(
      quiet === QUIET[0]
        ? `No maintenance window is stated for production: the night (${quiet.from}-${quiet.to} local) is used, ${policy.eventMarginMs / MINUTE_MS} min clear of every business event.`
        : `No maintenance window is stated for production, and the night is taken by ${scenario.events.map((e) => `${e.name} (${describeRule(e.rule)})`).join(", ")}: ${quiet.from}-${quiet.to} local is used instead.`,
    );
  if (open.some((g) => g.tier === "development"))
    assumptions.push(
      cvss >= URGENT_CVSS
        ? `Development has no stated window: ${EXTENDED_HOURS.from}-${EXTENDED_HOURS.to} on any day is used, because production waits for it and somebody must be awake to notice.`
        : "Development has no stated window: working hours on weekdays are used, when the people who notice are at work.",
    );
  assumptions.push(
    `Every counted server is taken to have the affected software: an inventory would shorten this plan. One server is taken to need ${EXECUTION_MS / MINUTE_MS} min from first check to verified, ${DOWNTIME_MS / MINUTE_MS} min of them without service, and ${DOWNLOAD_BYTES / 1_000_000} MB; 2 % of first attempts are taken to fail, until this fleet shows its own figures.`,
    `Nothing is said about redundancy: at most ${Math.round(policy.concurrentShare * 100)} % of a tier is changed at once, on the condition that each service has a second server. One that has none needs its owner's consent to the downtime.`,
  );
  return fleetWith(quiet);
}

/** Whether every wave can be placed within two weeks and without waiting on a window that the events eat up. */
function fits(fleet: PlanningFleet, policy: PlanningPolicy, now: Instant): boolean {
  const cut = cutWaves(fleet, policy);
  const made = scheduleWaves(cut.waves, fleet, policy, now);
  const split = made.waves.some((w) => w.slots.length > new Set(w.parts.map((p) => p.unit.zone)).size * 2);
  return made.excluded.length === 0 && made.finishes - now < 21 * 24 * HOUR_MS && !split;
}

function unitOf(scenario: Scenario, group: ScenarioGroup, quiet: MaintenanceWindow, urgent: boolean): PlanningUnit {
  const chosen = group.tier === "production" ? quiet : urgent ? EXTENDED_HOURS : WORKING_HOURS;
  const window = group.window ?? (chosen.from === chosen.to ? undefined : chosen);
  return {
    id: group.name,
    count: group.count,
    group: group.name,
    tier: group.tier,
    exposure: group.exposure,
    site: "default",
    zone: group.zone,
    criticality: group.criticality,
    window,
    tags: group.tags,
    configuration: group.name,
    risk: riskOf(scenario, group).risk,
    residualRisk: 0,
    downloadBytes: DOWNLOAD_BYTES,
    executionMs: EXECUTION_MS,
    downtimeMs: DOWNTIME_MS,
  };
}

function unaccounted(scenario: Scenario): Excluded[] {
  if (scenario.unaccounted === 0) return [];
  const n = scenario.unaccounted;
  return [
    {
      what: `${n} ${n === 1 ? "server" : "servers"} that one figure counts and the other does not`,
      why: "Nobody knows which it is, or whether it exists: it cannot be put into a wave. Find it by comparing the lists behind the two figures; its risk is counted as staying.",
      endpoints: n,
      risk: riskOf(scenario, { exposure: "private", tier: "production", criticality: 4 }).risk,
    },
  ];
}
