import type { Instant } from "@breakwater/shared/core";
import type { Facts } from "./facts.ts";
import { isInFlight } from "./phases.ts";
import type { Rules } from "./rules.ts";
import { countsAsFailure, type Execution, type RolloutState } from "./state.ts";

/** Why an endpoint may not start, or be taken back, right now. */
export type Hold =
  | { readonly kind: "standstill"; readonly phase: string }
  | { readonly kind: "frozen"; readonly reason: string }
  | { readonly kind: "digest" }
  | { readonly kind: "budget"; readonly failures: number }
  | { readonly kind: "window"; readonly opensAt: Instant | undefined }
  | { readonly kind: "busy-elsewhere" }
  | { readonly kind: "redundancy"; readonly group: string; readonly healthy: number; readonly needs: number }
  | { readonly kind: "concurrency"; readonly of: "deployment" | "wave" | "site"; readonly limit: number }
  | { readonly kind: "disconnected"; readonly lastSeenAt: Instant | undefined };

/** Places taken, counted once per decision and kept current while it admits one endpoint after another. */
export interface Places {
  deployment: number;
  readonly waves: Map<number, number>;
  readonly sites: Map<string, number>;
  /** Endpoints that are being changed or came out of it badly: they do not count as healthy. */
  readonly unfit: Set<string>;
}

export function countPlaces(state: RolloutState, facts: Facts): Places {
  const places: Places = { deployment: 0, waves: new Map(), sites: new Map(facts.siteBusyElsewhere), unfit: new Set() };
  for (const execution of state.executions.values()) {
    if (isInFlight(execution.state)) occupy(state, places, execution.endpointId, execution.wave);
    else if (isUnfit(execution)) places.unfit.add(execution.endpointId);
  }
  return places;
}

export function occupy(state: RolloutState, places: Places, endpointId: string, wave: number): void {
  const site = state.plan.endpoints[endpointId]?.site ?? "default";
  places.deployment += 1;
  places.waves.set(wave, (places.waves.get(wave) ?? 0) + 1);
  places.sites.set(site, (places.sites.get(site) ?? 0) + 1);
  places.unfit.add(endpointId);
}

const isUnfit = (e: Execution): boolean => e.state === "failed" || e.state === "rollback-failed" || e.state === "unreachable";

export const failures = (state: RolloutState): number => [...state.executions.values()].filter(countsAsFailure).length;

/** What holds back every start, whichever endpoint it is. @returns undefined when nothing does */
export function generalHold(state: RolloutState, facts: Facts, rules: Rules): Hold | undefined {
  if (rules.standstill && (state.phase.kind !== "running" || state.rollback)) return { kind: "standstill", phase: state.phase.kind };
  if (facts.frozen) return { kind: "frozen", reason: facts.frozen.reason };
  if (rules.digest && facts.planDigest !== state.planDigest) return { kind: "digest" };
  const failed = failures(state);
  if (rules.budget && failed >= state.plan.errorBudget) return { kind: "budget", failures: failed };
  return undefined;
}

/**
 * What holds back the start on one endpoint, the longest-lasting reason first. Connectivity comes last, because only an
 * endpoint that could otherwise start is waited for.
 */
export function startHold(
  state: RolloutState,
  facts: Facts,
  places: Places,
  endpointId: string,
  wave: number,
  now: Instant,
  rules: Rules,
): Hold | undefined {
  if (rules.window && !facts.windows.isOpen(endpointId, now))
    return { kind: "window", opensAt: facts.windows.nextOpening(endpointId, now) };
  if (facts.busyElsewhere.has(endpointId)) return { kind: "busy-elsewhere" };
  const group = redundancyHold(state, facts, places, endpointId);
  if (rules.redundancy && group) return group;
  const full = concurrencyHold(state, places, endpointId, wave, rules);
  if (full) return full;
  const seen = facts.endpoints.get(endpointId);
  if (!seen?.connected) return { kind: "disconnected", lastSeenAt: seen?.lastSeenAt };
  return undefined;
}

/** What holds back a rollback on one endpoint. Not its window: harm is now. */
export function rollbackHold(state: RolloutState, facts: Facts, places: Places, execution: Execution, rules: Rules): Hold | undefined {
  if (rules.redundancy && !state.rollback?.forced) {
    const hold = redundancyHold(state, facts, places, execution.endpointId);
    // One that serves no more cannot be missed: taking it back can only help.
    const serves = facts.healthyMembers.has(execution.endpointId) && !isUnfit(execution);
    if (hold && serves) return hold;
  }
  return concurrencyHold(state, places, execution.endpointId, execution.wave, rules);
}

function redundancyHold(state: RolloutState, facts: Facts, places: Places, endpointId: string): Hold | undefined {
  const name = state.plan.endpoints[endpointId]?.redundancyGroup;
  const group = name === undefined ? undefined : state.plan.redundancyGroups[name];
  if (name === undefined || !group) return undefined;
  const healthy = group.members.filter((m) => m !== endpointId && facts.healthyMembers.has(m) && !places.unfit.has(m)).length;
  return healthy < group.minHealthy ? { kind: "redundancy", group: name, healthy, needs: group.minHealthy } : undefined;
}

function concurrencyHold(state: RolloutState, places: Places, endpointId: string, wave: number, rules: Rules): Hold | undefined {
  const plan = state.plan;
  if (rules["deployment-concurrency"] && places.deployment >= plan.maxConcurrent)
    return { kind: "concurrency", of: "deployment", limit: plan.maxConcurrent };
  const inWave = plan.waves[wave]?.maxConcurrent ?? 1;
  if (rules["wave-concurrency"] && (places.waves.get(wave) ?? 0) >= inWave) return { kind: "concurrency", of: "wave", limit: inWave };
  const name = plan.endpoints[endpointId]?.site ?? "default";
  const site = plan.sites[name]?.maxConcurrent;
  if (rules["site-concurrency"] && site !== undefined && (places.sites.get(name) ?? 0) >= site)
    return { kind: "concurrency", of: "site", limit: site };
  return undefined;
}
