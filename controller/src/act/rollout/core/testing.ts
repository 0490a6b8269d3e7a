import { type Instant, instant } from "@breakwater/shared/core";
import type { RolloutPlan } from "../../../decide/planning/index.ts";
import type { Facts, WindowClock } from "./facts.ts";

export const START = instant(Date.parse("2026-03-02T00:00:00Z"));
export const HOUR = 3_600_000;
export const MINUTE = 60_000;
export const at = (ms: number): Instant => (START + ms) as Instant;
const iso = (ms: number) => new Date(START + ms).toISOString();

/** Every day from one full hour to another, UTC: enough of a window for the core's tests. */
export function dailyWindows(hours: Readonly<Record<string, { from: number; to: number }>>): WindowClock {
  const span = (id: string, t: Instant): [number, number] | undefined => {
    const window = hours[id];
    if (!window) return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    const midnight = Math.floor(t / (24 * HOUR)) * 24 * HOUR;
    const [from, to] = [midnight + window.from * HOUR, midnight + window.to * HOUR];
    return t >= from && t < to ? [from, to] : undefined;
  };
  return {
    isOpen: (id, t) => span(id, t) !== undefined,
    closesAt: (id, t) => {
      const close = span(id, t)?.[1];
      return close === undefined || close === Number.POSITIVE_INFINITY ? undefined : (close as Instant);
    },
    nextOpening: (id, t) => {
      if (span(id, t)) return t;
      const midnight = Math.floor(t / (24 * HOUR)) * 24 * HOUR;
      const opens = midnight + (hours[id]?.from ?? 0) * HOUR;
      return (opens >= t ? opens : opens + 24 * HOUR) as Instant;
    },
  };
}

type Wave = RolloutPlan["waves"][number];
type WavePart = Partial<Omit<Wave, "gate">> & { endpointIds: string[]; gate?: Partial<Wave["gate"]> };

/** A plan of the given waves over endpoints at site "s1", with generous limits unless told otherwise. */
export function planOf(waves: readonly WavePart[], rest: Partial<RolloutPlan> = {}): RolloutPlan {
  const ids = waves.flatMap((w) => w.endpointIds);
  const endpoints = Object.fromEntries(
    ids.map((id) => [id, { hostname: id, timezone: "UTC", site: "s1", criticality: 3, blackouts: [] as [] }]),
  );
  return {
    planId: "pl_test",
    revision: 1,
    waves: waves.map((wave, i) => ({
      name: `wave ${i + 1}`,
      notBefore: iso(0),
      notAfter: iso(7 * 24 * HOUR),
      maxConcurrent: 10,
      triggers: [],
      onHarmful: "rollback-wave" as const,
      ...wave,
      gate: {
        bakeMs: 10 * MINUTE,
        bakeLimitMs: 30 * MINUTE,
        successPermille: 1000,
        verdict: "healthy" as const,
        approval: false,
        ...wave.gate,
      },
    })),
    endpoints,
    sites: {},
    redundancyGroups: {},
    maxConcurrent: 10,
    errorBudget: 2,
    executionLimitMs: 2 * HOUR,
    ...rest,
  };
}

/** Facts of a quiet fleet: everything connected, nothing frozen. */
export function quietFacts(plan: RolloutPlan, rest: Partial<Facts> = {}): Facts {
  const ids = Object.keys(plan.endpoints);
  return {
    windows: dailyWindows({}),
    endpoints: new Map(ids.map((id) => [id, { connected: true, lastSeenAt: START }])),
    healthyMembers: new Set([...ids, ...Object.values(plan.redundancyGroups).flatMap((g) => g.members)]),
    elsewhere: new Map(),
    siteBusyElsewhere: new Map(),
    planDigest: "digest",
    verdicts: new Map(),
    ...rest,
  };
}
