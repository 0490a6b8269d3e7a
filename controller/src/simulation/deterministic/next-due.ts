import { type Instant, parseInstant } from "@breakwater/shared/core";
import { currentWave, type Facts, isFinal, isInFlight, PATIENCE, type RolloutState } from "../../act/rollout/core/index.ts";

const MINUTE = 60_000;
/** Where an endpoint is held back by something that frees itself at no known time, such as a member of its group that is away. */
const HELD_MS = 2 * MINUTE;
/** Looked at all the same, so that a moment that was forgotten here costs hours and no standstill. */
const LATEST_MS = 6 * 60 * MINUTE;

/** When a deployment may change next by itself, if nothing is reported meanwhile. Infinity when nothing is left to do. */
export function nextDue(state: RolloutState, facts: Facts, now: Instant, judgeDue: number): number {
  let next = Number.POSITIVE_INFINITY;
  const consider = (at: number) => {
    if (at > now && at < next) next = at;
  };
  for (const e of state.executions.values()) {
    if (!isInFlight(e.state)) continue;
    const since = e.rollback?.requestedAt ?? e.startedAt ?? e.changedAt;
    consider(since + state.plan.executionLimitMs);
    const seen = facts.endpoints.get(e.endpointId);
    if (!seen?.connected) consider(Math.max(since, seen?.lastSeenAt ?? 0) + PATIENCE.unreachableAfterMs);
    consider(now + state.plan.executionLimitMs);
  }
  if (isFinal(state.phase)) return next;
  consider(now + LATEST_MS);
  consider(state.expiresAt);
  consider(judgeDue);
  if (judgeDue <= now) consider(now + 1);
  if (state.rollback) consider(now + HELD_MS);
  for (const until of state.awaited.values()) consider(until);
  if (state.awaited.size > 0) consider(now + MINUTE / 4);
  const wave = currentWave(state);
  const planned = state.plan.waves[wave];
  const phase = state.waves[wave]?.phase;
  if (!planned || !phase) return next;
  consider(parseInstant(planned.notBefore) ?? now);
  consider((parseInstant(planned.notAfter) ?? now) + 1);
  if (phase.kind === "baking") {
    consider(phase.since + planned.gate.bakeMs);
    consider(phase.since + Math.max(planned.gate.bakeLimitMs, planned.gate.bakeMs));
    return next;
  }
  const flying = [...state.executions.values()].some((e) => isInFlight(e.state));
  for (const id of planned.endpointIds) {
    if (state.executions.has(id)) continue;
    const opens = facts.windows.nextOpening(id, now);
    if (opens === undefined) continue;
    // One that could start and does not is held by places, whose release is reported, or by other members of its group.
    if (opens <= now) consider(now + (flying ? 5 * HELD_MS : HELD_MS));
    else consider(opens);
  }
  return next;
}
