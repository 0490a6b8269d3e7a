import { expectOk } from "@breakwater/shared/core";
import type { GrowthWish } from "../../decide/planning/index.ts";
import { type Chance, chanceOf } from "./chance.ts";
import { type Faults, NO_FAULTS } from "./faults.ts";
import { type Fleet, readFleet } from "./fleet-file.ts";
import { type PolicyName, planOf, type SimulatedPlan } from "./policies.ts";
import type { RunOptions } from "./run.ts";

/** Zones whose clocks change in every way that clocks change, and some whose clocks stand still. */
export const ZONES = [
  "UTC",
  "Europe/Berlin",
  "Europe/London",
  "Europe/Dublin",
  "Europe/Lisbon",
  "Europe/Moscow",
  "Europe/Istanbul",
  "Africa/Casablanca",
  "Africa/Cairo",
  "Africa/Johannesburg",
  "Atlantic/Azores",
  "America/New_York",
  "America/Chicago",
  "America/Denver",
  "America/Los_Angeles",
  "America/St_Johns",
  "America/Sao_Paulo",
  "America/Santiago",
  "America/Havana",
  "America/Asuncion",
  "Asia/Kolkata",
  "Asia/Kathmandu",
  "Asia/Tokyo",
  "Asia/Jerusalem",
  "Asia/Beirut",
  "Asia/Tehran",
  "Australia/Lord_Howe",
  "Australia/Adelaide",
  "Pacific/Auckland",
  "Pacific/Chatham",
] as const;

/** Shortly before clocks change somewhere. */
const STARTS = [
  "2026-03-06T18:00:00Z",
  "2026-03-27T12:00:00Z",
  "2026-04-03T12:00:00Z",
  "2026-09-25T09:00:00Z",
  "2026-10-23T15:00:00Z",
  "2026-10-30T15:00:00Z",
  "2026-06-15T08:00:00Z",
] as const;
const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

/** A world made up from one seed: fleet, truth, plan and all that goes wrong in it. */
export interface Scenario {
  readonly fleet: Fleet;
  readonly plan: SimulatedPlan;
  readonly options: RunOptions;
}

/** Makes a world up. Undefined when its fleet cannot be planned at all. */
export function scenarioOf(seed: number): Scenario | undefined {
  const chance = chanceOf(seed);
  const fleet = expectOk(readFleet(JSON.stringify(fleetFile(chance))));
  const policy = pick<PolicyName>(chance, "policy", ["adaptive", "adaptive", "rings", "equal"]);
  const planned = planOf(fleet, policy, { bakeMs: pick(chance, "bake", [undefined, 30 * 60_000, 2 * 3_600_000]) }, growthOf(chance));
  if (!planned.ok) return undefined;
  const oneWay = oneWayOf(fleet, chance);
  const reboots = chance.roll("reboots?") < 0.3 ? fleet.endpoints.map((e) => e.id).filter((id) => chance.roll(`${id}/reboots`) < 0.5) : [];
  const adversity = {
    whims: chance.roll("whims?") < 0.5,
    tampering: chance.roll("tampering?") < 0.3,
    failsToRestore: pick(chance, "restore", [0.03, 0.5]),
    ...(chance.roll("superseding?") < 0.25 ? { superseding: true } : {}),
    ...(chance.roll("others?") < 0.3 ? { others: true } : {}),
    ...(oneWay.length > 0 ? { oneWay } : {}),
    ...(reboots.length > 0 ? { reboots } : {}),
    ...(planned.value.judged ? { mute: muteOf(fleet, chance) } : {}),
  };
  const plan = withDanger(withLimits(planned.value, chance), chance);
  return { fleet, plan, options: { seed, faults: faultsOf(chance), adversity } };
}

/** In half of the worlds, waves grow by belief, within rails that leave much or little. */
function growthOf(chance: Chance): GrowthWish {
  if (chance.roll("growth?") < 0.5) return { kind: "fixed" };
  return {
    kind: "by-belief",
    smallest: pick(chance, "smallest wave", [1, 2, 4]),
    largestFactor: pick(chance, "largest factor", [2, 5, 10]),
    ceiling: pick(chance, "largest wave", [4, 8, 30]),
    seed: "made up",
  };
}

/** In a quarter of the worlds, some actions or all of them forbid a rollback. */
function oneWayOf(fleet: Fleet, chance: Chance): string[] {
  if (chance.roll("one way?") >= 0.25) return [];
  const share = pick(chance, "one way share", [0.3, 1]);
  return fleet.endpoints.map((e) => e.id).filter((id) => chance.roll(`${id}/one way`) < share);
}

/** In a quarter of the worlds, agents of some endpoints or of all send no telemetry. */
function muteOf(fleet: Fleet, chance: Chance): string[] {
  if (chance.roll("mute?") >= 0.25) return [];
  const share = pick(chance, "mute share", [0.3, 1]);
  return fleet.endpoints.map((e) => e.id).filter((id) => chance.roll(`${id}/mute`) < share);
}

/** The plan may say how many endpoints without a way back may be in danger at once. */
function withDanger(plan: SimulatedPlan, chance: Chance): SimulatedPlan {
  const atOnce = pick(chance, "danger", [undefined, 1, 2, 4]);
  return atOnce === undefined ? plan : { ...plan, rollout: { ...plan.rollout, unrestorableAtOnce: atOnce } };
}

/** The same world, in which most executions fail and cannot be taken back, and reports overtake each other. */
export function unlucky({ fleet, plan, options }: Scenario): Scenario {
  const network = { ...options.faults.network, delayMs: 30_000 };
  return {
    fleet: { ...fleet, errorBudget: 1_000, truth: { ...fleet.truth, failureRate: 0.7, applyMinutes: 1 } },
    plan: { ...plan, rollout: { ...plan.rollout, errorBudget: 1_000 } },
    options: { ...options, faults: { ...options.faults, network }, adversity: { ...options.adversity, failsToRestore: 1 } },
  };
}

/** Waves narrower or wider than the planner makes them, so that each limit is met alone. */
function withLimits(plan: SimulatedPlan, chance: Chance): SimulatedPlan {
  const most = pick(chance, "wave limit", [undefined, 1, 2, 1_000]);
  if (most === undefined) return plan;
  return { ...plan, rollout: { ...plan.rollout, waves: plan.rollout.waves.map((w) => ({ ...w, maxConcurrent: most })) } };
}

function faultsOf(chance: Chance): Faults {
  if (chance.roll("faults?") < 0.15) return NO_FAULTS;
  const often = pick(chance, "how often", [0.3, 1, 1, 3]);
  return {
    controllerCrashPerHour: pick(chance, "controller", [0, 0.3, 2]) * often,
    agentCrashPerExecution: pick(chance, "agent", [0, 0.3, 1]) * often,
    database: { failPerStatement: Math.min(0.2, pick(chance, "database", [0, 0.01, 0.05]) * often) },
    network: {
      drop: Math.min(0.5, pick(chance, "drop", [0, 0.05, 0.2]) * often),
      duplicate: Math.min(0.5, pick(chance, "duplicate", [0, 0.05, 0.2]) * often),
      delayMs: pick(chance, "delay", [0, 500, 20_000]) * often,
      partitionPerHour: pick(chance, "partition", [0, 0.05, 0.5]) * often,
    },
    clockSkewMs: pick(chance, "skew", [0, 2_000, 120_000]),
  };
}

function fleetFile(chance: Chance): unknown {
  const size = Math.floor(chance.between("size", 1, pick(chance, "large?", [8, 16, 30])));
  const start = pick(chance, "start", STARTS);
  const sites = Math.floor(chance.between("sites", 1, 4));
  const groups = Math.floor(chance.between("groups", 0, 4));
  const windowed = chance.roll("windowed");
  const members = new Array<number>(groups).fill(0);
  const endpoints = Array.from({ length: size }, (_, i) => {
    const name = `endpoint/${i}`;
    const group = Math.floor(chance.between(`${name}/group`, 0, groups * 2 + 1));
    if (group < groups) members[group] = (members[group] ?? 0) + 1;
    return {
      id: `e${i}`,
      timezone: pick(chance, `${name}/zone`, ZONES),
      site: `s${i % sites}`,
      tags: chance.roll(`${name}/dev`) < 0.15 ? ["dev"] : [pick(chance, `${name}/tag`, ["web", "db"])],
      criticality: 1 + Math.floor(chance.between(`${name}/criticality`, 0, 5)),
      ...(group < groups ? { redundancyGroup: `g${group}` } : {}),
      ...(chance.roll(`${name}/window?`) < windowed ? { window: windowOf(chance, name) } : {}),
      ...(chance.roll(`${name}/blackout?`) < 0.2 ? { blackouts: [blackoutOf(chance, name, Date.parse(start))] } : {}),
    };
  });
  return {
    start,
    endpoints,
    sites: Object.fromEntries(
      Array.from({ length: sites }, (_, i) => [`s${i}`, { maxConcurrent: pick(chance, `site/${i}`, [1, 2, 3, 50]) }]),
    ),
    redundancyGroups: Object.fromEntries(
      members.map((n, i) => [`g${i}`, { minHealthy: Math.max(0, n - Math.floor(chance.between(`group/${i}`, 0, 3))) }]),
    ),
    maxConcurrent: pick(chance, "concurrent", [1, 2, 4, 10]),
    errorBudget: pick(chance, "budget", [1, 2, 3, 6]),
    truth: {
      failureRate: pick(chance, "failures", [0, 0.02, 0.1, 0.3]),
      harmful:
        chance.roll("harmful?") < 0.6
          ? null
          : { share: pick(chance, "share", [0.1, 0.5, 1]), onsetMinutes: pick(chance, "onset", [0, 10, 240]) },
      applyMinutes: pick(chance, "apply", [1, 5, 25]),
    },
  };
}

function windowOf(chance: Chance, name: string): { days: string[]; from: string; to: string } {
  const time = (n: number) => `${String(Math.floor(n / 60) % 24).padStart(2, "0")}:${String(n % 60).padStart(2, "0")}`;
  // Many at the hours at which clocks change.
  const from = Math.floor(
    chance.roll(`${name}/night?`) < 0.5 ? chance.between(`${name}/from`, 0, 240) : chance.between(`${name}/from`, 0, 1_440),
  );
  const length = Math.floor(chance.between(`${name}/length`, 45, pick(chance, `${name}/long`, [120, 480, 1_440])));
  const days = DAYS.filter((day) => chance.roll(`${name}/${day}`) < 0.6);
  return { days: days.length > 0 ? days : ["sun"], from: time(from), to: time((from + length) % 1_440) };
}

function blackoutOf(chance: Chance, name: string, start: number): { from: string; to: string } {
  const from = start + Math.floor(chance.between(`${name}/blackout`, -6, 60)) * 3_600_000;
  const to = from + Math.ceil(chance.between(`${name}/blackout for`, 0, 30)) * 3_600_000;
  return { from: new Date(from).toISOString(), to: new Date(Math.max(to, from + 60_000)).toISOString() };
}

const pick = <T>(chance: Chance, name: string, choices: readonly T[]): T => choices[Math.floor(chance.roll(name) * choices.length)] as T;
