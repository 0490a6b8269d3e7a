import { type Instant, instant } from "@breakwater/shared/core";
import { describe, expect, it } from "vitest";
import { treeOf } from "../rollback/index.ts";
import { planOddities, planProblems } from "./plan-problems.ts";
import type { PlannedWave, RolloutPlan } from "./rollout-plan.ts";
import { triggersOf } from "./triggers.ts";

const START = instant(Date.parse("2026-03-02T00:00:00Z"));
const HOUR = 3_600_000;
const iso = (ms: number) => new Date(START + ms).toISOString();
const expires = (START + 72 * HOUR) as Instant;

const wave = (endpointIds: string[], over: Partial<PlannedWave> = {}): PlannedWave => ({
  name: endpointIds.join("+"),
  endpointIds,
  notBefore: iso(0),
  notAfter: iso(72 * HOUR),
  maxConcurrent: 1,
  gate: { bakeMs: HOUR, bakeLimitMs: 3 * HOUR, successPermille: 1000, verdict: "healthy", approval: false },
  triggers: triggersOf(HOUR, "rollback-wave"),
  tree: treeOf(triggersOf(HOUR, "rollback-wave"), "rollback-wave"),
  onHarmful: "rollback-wave",
  ...over,
});
const plan = (waves: PlannedWave[], over: Partial<RolloutPlan> = {}): RolloutPlan => ({
  planId: "pl_1",
  revision: 1,
  waves,
  endpoints: Object.fromEntries(
    waves.flatMap((w) => w.endpointIds.map((id) => [id, { hostname: id, timezone: "UTC", site: "s", criticality: 3, blackouts: [] }])),
  ),
  sites: {},
  redundancyGroups: {},
  maxConcurrent: 5,
  errorBudget: 1,
  executionLimitMs: HOUR,
  ...over,
});
const codes = (p: RolloutPlan) => planProblems(p, START, expires).map((x) => x.code);

describe("a plan that contradicts itself", () => {
  it("is found out, each contradiction with its way out; a sound one has none", () => {
    expect(codes(plan([wave(["a"]), wave(["b"])]))).toEqual([]);
    expect(codes(plan([wave(["a"]), wave(["a", "b"])]))).toEqual(["endpoint-twice"]);
    expect(codes(plan([wave(["a"], { notBefore: iso(5 * HOUR), notAfter: iso(HOUR) })]))).toEqual(["wave-never"]);
    const long = { bakeMs: 80 * HOUR, bakeLimitMs: 90 * HOUR, successPermille: 1000, verdict: "healthy" as const, approval: false };
    expect(codes(plan([wave(["a"], { gate: long }), wave(["b"])]))).toEqual(["wave-after-expiry"]);
    expect(codes(plan([wave(["a"], { gate: { ...long, bakeMs: HOUR, bakeLimitMs: 1 } })]))).toEqual(["bake-limit"]);
    for (const problem of planProblems(plan([wave(["a"]), wave(["a"])]), START, expires)) expect(problem.next).not.toBe("");
  });

  it("names a redundancy group that can never spare a member, and whom it holds", () => {
    const p = plan([wave(["a"])], { redundancyGroups: { db: { minHealthy: 2, members: ["a", "x"] } } });
    p.endpoints.a = { ...(p.endpoints.a as RolloutPlan["endpoints"][string]), redundancyGroup: "db" };
    expect(planProblems(p, START, expires)[0]?.message).toBe(
      "Redundancy group db has 2 members and needs 2 healthy: none of a can ever be taken out.",
    );
  });

  it("names whose window never opens while the plan lives", () => {
    const p = plan([wave(["a"])]);
    p.endpoints.a = { ...(p.endpoints.a as RolloutPlan["endpoints"][string]), blackouts: [{ from: iso(-HOUR), to: iso(100 * HOUR) }] };
    expect(planProblems(p, START, expires)[0]?.message).toMatch(/^The window of a does not open before the plan expires/);
  });

  it("names triggers that nobody measures, and branches without their trigger", () => {
    const broken = wave(["a"], { triggers: [{ metric: "orders", kind: "count", threshold: 1, forMs: 0, action: "pause" }] });
    expect(codes(plan([broken]))).toContain("trigger-unmeasured");
    expect(codes(plan([broken]))).toContain("tree-without-trigger");
  });
});

describe("a plan that grows by belief", () => {
  const growth = {
    smallest: 5,
    largestFactor: 5,
    ceiling: 4,
    seed: "s",
    prior: { happened: 1, not: 49 },
    harmCostDays: 100,
    waitMinutes: 60,
    approveEach: false,
  };
  it("has rails that leave room, and something to decide", () => {
    const grows = (ceiling: number, stretch?: string) =>
      plan([wave(["a"]), wave(["b", "c"], stretch === undefined ? {} : { stretch })], { growth: { ...growth, ceiling } });
    expect(planProblems(grows(4, "rest"), START, expires)).toEqual([
      {
        code: "growth-rails",
        message: "Waves are to be no smaller than 5 and no larger than 4.",
        next: "Raise the largest wave, or lower the smallest.",
      },
    ]);
    expect(codes(grows(5, "rest"))).toEqual([]);
    expect(planOddities(grows(5, "rest"))).toEqual([]);
    expect(planOddities(grows(5)).map((o) => o.statement)).toEqual([
      "Waves are to grow by belief, and no wave follows a first one whose size could be decided.",
    ]);
  });
});

describe("a trigger", () => {
  it("holds for no longer than anybody watches", () => {
    const slow = { metric: "cpu_percent", kind: "change-permille" as const, threshold: 300, forMs: 4 * HOUR, action: "pause" as const };
    expect(planProblems(plan([wave(["a"], { triggers: [slow], tree: treeOf([slow], "pause") })]), START, expires)[0]?.message).toBe(
      'Wave "a" is watched for 180 min at most, and its trigger on cpu_percent would have to hold for 240 min: it could never fire.',
    );
  });
});

describe("what fits together, but not as its author may think", () => {
  it("is told before anybody signs: a fleet of one, a budget that cannot be used up, a limit above another", () => {
    const odd = planOddities(plan([wave(["a"], { maxConcurrent: 9 })], { errorBudget: 3 })).map((o) => o.statement);
    expect(odd).toEqual([
      "The error budget of 3 is larger than the fleet of 1: it can never be used up.",
      'Wave "a" allows 9 at once, the deployment 5.',
      "The fleet is one endpoint: nobody goes first and nobody is left to compare with.",
    ]);
  });
});
