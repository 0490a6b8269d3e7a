import { addMs, type Instant } from "@breakwater/shared/core";
import { changingElsewhere, heldElsewhere } from "./elsewhere.ts";
import type { Facts } from "./facts.ts";
import { isInFlight } from "./phases.ts";
import type { Rules } from "./rules.ts";
import { accepted, countsAsFailure, type Execution, mayRemainChanged, type RolloutState } from "./state.ts";

/** Why an endpoint may not start, or be taken back, right now. */
export type Hold =
  | { readonly kind: "standstill"; readonly phase: string }
  | { readonly kind: "frozen"; readonly reason: string }
  | { readonly kind: "digest" }
  | { readonly kind: "budget"; readonly failures: number }
  | { readonly kind: "window"; readonly opensAt: Instant | undefined }
  /** Another deployment is changing it, or still watches what it changed there. */
  | { readonly kind: "elsewhere"; readonly deploymentId: string; readonly until: Instant | undefined }
  | { readonly kind: "redundancy"; readonly group: string; readonly healthy: number; readonly needs: number }
  | { readonly kind: "concurrency"; readonly of: "deployment" | "wave" | "site"; readonly limit: number }
  /** What it would get is no longer what it should get. */
  | { readonly kind: "superseded"; readonly why: string }
  /** It has no way back, and enough others without one are in danger. */
  | { readonly kind: "unrestorable"; readonly inDanger: number; readonly limit: number; readonly until: Instant | undefined }
  /** An endpoint could not be restored, and nobody has seen to it. */
  | { readonly kind: "not-restored"; readonly endpoints: number }
  /** The endpoint itself begins nothing: a signed halt stands there, or its own limit of changes is used up. */
  | { readonly kind: "braked"; readonly why: string; readonly until: Instant | undefined }
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

export function failures(state: RolloutState): number {
  let failed = 0;
  for (const execution of state.executions.values()) if (countsAsFailure(execution)) failed += 1;
  return failed;
}

/** What holds back every start, whichever endpoint it is. @returns undefined when nothing does */
export function generalHold(state: RolloutState, facts: Facts, rules: Rules): Hold | undefined {
  if (rules.standstill && (state.phase.kind !== "running" || state.rollback)) return { kind: "standstill", phase: state.phase.kind };
  if (facts.frozen) return { kind: "frozen", reason: facts.frozen.reason };
  if (rules.digest && facts.planDigest !== state.planDigest) return { kind: "digest" };
  const failed = failures(state);
  if (rules.budget && failed >= state.plan.errorBudget) return { kind: "budget", failures: failed };
  const open = state.decisions.filter((d) => d.kind === "rollback-failed").length;
  if (rules.danger && open > 0) return { kind: "not-restored", endpoints: open };
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
  const other = rules.elsewhere ? heldElsewhere(facts, endpointId, now) : undefined;
  if (other) return { kind: "elsewhere", deploymentId: other.deploymentId, until: other.to === undefined ? undefined : other.watchedUntil };
  const group = redundancyHold(state, facts, places, endpointId);
  if (rules.redundancy && group) return group;
  const full = concurrencyHold(state, places, endpointId, wave, rules);
  if (full) return full;
  const stale = facts.superseded?.get(endpointId);
  const progress = state.waves[wave];
  if (rules.current && stale !== undefined && !(progress && accepted(progress, "superseded"))) return { kind: "superseded", why: stale };
  const braked = facts.braked?.get(endpointId);
  if (braked) return { kind: "braked", ...braked };
  const oneWay = rules.danger && state.irreversible.has(endpointId) ? unrestorableHold(state, now) : undefined;
  if (oneWay) return oneWay;
  const seen = facts.endpoints.get(endpointId);
  if (!seen?.connected) return { kind: "disconnected", lastSeenAt: seen?.lastSeenAt };
  return undefined;
}

/**
 * Endpoints without a way back are in danger from their start until they have lived through a bake. Where it was never
 * heard when the new versions came, or whether they did, that counts from the last that was heard.
 */
export function unrestorableHold(state: RolloutState, now: Instant): Hold | undefined {
  const limit = state.plan.unrestorableAtOnce ?? 1;
  let until: Instant | undefined;
  let inDanger = 0;
  for (const e of state.executions.values()) {
    if (!state.irreversible.has(e.endpointId)) continue;
    const flying = isInFlight(e.state);
    const since = e.patchedAt ?? (flying ? undefined : e.changedAt);
    const safeAt = since === undefined ? undefined : addMs(since, state.plan.waves[e.wave]?.gate.bakeMs ?? 0);
    if (!flying && !(mayRemainChanged(state, e) && safeAt !== undefined && now < safeAt)) continue;
    inDanger += 1;
    if (safeAt !== undefined && (until === undefined || safeAt < until)) until = safeAt;
  }
  return inDanger >= limit ? { kind: "unrestorable", inDanger, limit, until } : undefined;
}

/** What holds back a rollback on one endpoint. Not its window: harm is now. */
export function rollbackHold(state: RolloutState, facts: Facts, places: Places, execution: Execution, rules: Rules): Hold | undefined {
  const other = rules.elsewhere ? changingElsewhere(facts, execution.endpointId) : undefined;
  if (other) return { kind: "elsewhere", deploymentId: other.deploymentId, until: undefined };
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
