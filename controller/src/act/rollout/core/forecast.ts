import { addMs, formatInstant, type Instant } from "@breakwater/shared/core";
import type { Facts } from "./facts.ts";
import { planned } from "./gate.ts";
import { isFinal, isInFlight } from "./phases.ts";
import { currentWave, type RolloutState } from "./state.ts";
import { needsApproval } from "./tick.ts";

/** An execution's limit is this many times what was expected of it when the plan was made. */
const LIMIT_OVER_EXPECTED = 6;
/** While nothing has ended here, an execution may take twice or half of what the plan expected. */
const UNKNOWN_BY = 2;
/** Executions that ended here before they are believed more than the plan. */
const ENOUGH_ENDED = 3;

/** When the deployment will be over if nothing goes wrong and every verdict comes at the end of its bake. */
export type Forecast =
  | { readonly kind: "over"; readonly at: Instant }
  /** Nothing can be said, because something without a known end is waited for. */
  | { readonly kind: "unknown"; readonly why: string }
  /** `earliest` and `latest`: as fast as the quickest tenth here and no watch prolonged, as slow as the slowest tenth and every watch to its limit. */
  | { readonly kind: "end"; readonly at: Instant; readonly earliest: Instant; readonly latest: Instant; readonly basis: string };

/** Places, windows and bakes of the waves that are left, with the usual length of an execution here. Pure. */
export function forecast(state: RolloutState, facts: Facts, now: Instant): Forecast {
  if (isFinal(state.phase)) return { kind: "over", at: state.phase.at };
  if (state.rollback) return rollbackEnd(state, now);
  if (state.phase.kind === "paused") return { kind: "unknown", why: "it is paused, and goes on when a person says so" };
  if (facts.frozen) return { kind: "unknown", why: `the fleet is frozen: ${facts.frozen.reason}` };
  const question = state.decisions[0];
  if (question) return { kind: "unknown", why: "a person has to answer first" };
  const usual = usualMs(state);
  const at = endOf(state, facts, now, { ms: usual.ms, watch: "bake" });
  const earliest = endOf(state, facts, now, { ms: usual.quickMs, watch: "bake" });
  const latest = endOf(state, facts, now, { ms: usual.slowMs, watch: "limit" });
  if (typeof at === "string") return { kind: "unknown", why: at };
  if (at >= state.expiresAt) return { kind: "unknown", why: "the plan expires before its last wave can have passed" };
  const within = (end: Instant | string) => (typeof end === "string" ? state.expiresAt : (Math.min(end, state.expiresAt) as Instant));
  const asked = approvalsAhead(state);
  const people = asked === 0 ? "" : `, and whoever opens ${asked === 1 ? "a wave" : `${asked} waves`} does so at once`;
  return { kind: "end", at, earliest: Math.min(at, within(earliest)) as Instant, latest: within(latest), basis: `${usual.basis}${people}` };
}

/** Waves that a person has to open before they begin, and nobody has. */
const approvalsAhead = (state: RolloutState): number =>
  state.waves.filter((_, wave) => wave > currentWave(state) && needsApproval(state, wave)).length;

/** How long an execution takes, and whether watches end at their bake or at their limit. */
interface Pace {
  readonly ms: number;
  readonly watch: "bake" | "limit";
}

function endOf(state: RolloutState, facts: Facts, now: Instant, pace: Pace): Instant | string {
  let at = now;
  for (let wave = currentWave(state); wave < state.plan.waves.length; wave += 1) {
    const after = waveEnd(state, facts, wave, at, pace);
    if (typeof after === "string") return after;
    at = after;
  }
  return at;
}

/** The forecast as a sentence. */
export function forecastWords(f: Forecast): string {
  switch (f.kind) {
    case "over":
      return `Over since ${formatInstant(f.at)}.`;
    case "unknown":
      return `When it will be over cannot be said: ${f.why}.`;
    case "end":
      return `Over about ${formatInstant(f.at)}, if nothing goes wrong and every verdict comes at the end of its watch (${f.basis}). Between ${formatInstant(f.earliest)} and ${formatInstant(f.latest)}, the latter if every watch is prolonged to its limit.`;
  }
}

function waveEnd(state: RolloutState, facts: Facts, wave: number, from: Instant, pace: Pace): Instant | string {
  const plannedWave = state.plan.waves[wave];
  const progress = state.waves[wave];
  if (!plannedWave || !progress) return from;
  const { gate } = plannedWave;
  const watchMs = pace.watch === "bake" ? gate.bakeMs : Math.max(gate.bakeMs, gate.bakeLimitMs);
  if (progress.phase.kind === "baking") return Math.max(from, addMs(progress.phase.since, watchMs)) as Instant;
  let at = Math.max(from, planned(plannedWave.notBefore)) as Instant;
  const places = Math.max(1, Math.min(plannedWave.maxConcurrent, state.plan.maxConcurrent));
  // By opening: whose window opens first is done first; the wave ends with its last.
  const openings = plannedWave.endpointIds.filter((id) => !state.executions.has(id)).map((id) => facts.windows.nextOpening(id, at));
  if (openings.some((opening) => opening === undefined || opening >= state.expiresAt))
    return `the window of an endpoint of wave "${plannedWave.name}" does not open before the plan expires`;
  const flying = plannedWave.endpointIds.filter((id) => isInFlight(state.executions.get(id)?.state ?? "cancelled")).length;
  const sorted = (openings as Instant[]).sort((a, b) => a - b);
  for (let i = 0; i < sorted.length; i += places) at = addMs(Math.max(at, sorted[i] ?? at) as Instant, pace.ms);
  if (sorted.length === 0 && flying > 0) at = addMs(at, pace.ms);
  return addMs(at, watchMs);
}

function rollbackEnd(state: RolloutState, now: Instant): Forecast {
  const usual = usualMs(state);
  const open = [...state.executions.values()].filter((e) => isInFlight(e.state)).length;
  const rounds = Math.max(1, Math.ceil(open / Math.max(1, state.plan.maxConcurrent)));
  const after = (ms: number) => addMs(now, rounds * ms);
  return {
    kind: "end",
    at: after(usual.ms),
    earliest: after(usual.quickMs),
    latest: after(usual.slowMs),
    basis: `the rollback, if it takes as long as the way there: ${usual.basis}`,
  };
}

/** The median of the executions that ended here with their slowest and quickest tenth, or what the plan expected of one while too few have. */
function usualMs(state: RolloutState): { readonly ms: number; readonly quickMs: number; readonly slowMs: number; readonly basis: string } {
  const ended = [...state.executions.values()]
    .flatMap((e) => (e.patchedAt !== undefined && e.startedAt !== undefined ? [e.patchedAt - e.startedAt] : []))
    .sort((a, b) => a - b);
  const minutes = (ms: number) => Math.max(1, Math.round(ms / 60_000));
  if (ended.length < ENOUGH_ENDED) {
    const ms = state.plan.executionLimitMs / LIMIT_OVER_EXPECTED;
    const basis = `the plan's ${minutes(ms)} min an execution, until ${ENOUGH_ENDED} have ended here`;
    return { ms, quickMs: ms / UNKNOWN_BY, slowMs: ms * UNKNOWN_BY, basis };
  }
  const at = (share: number) => ended[Math.min(ended.length - 1, Math.floor(ended.length * share))] ?? 0;
  const basis = `${minutes(at(0.5))} min an execution, the median of ${ended.length} here`;
  return { ms: at(0.5), quickMs: at(0.1), slowMs: at(0.9), basis };
}
