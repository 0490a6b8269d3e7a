import { expectOk } from "@breakwater/shared/core";
import { describe, expect, it } from "vitest";
import type { Growth, RolloutPlan } from "../../../decide/planning/index.ts";
import { begin, evolve, type RolloutEvent } from "./index.ts";
import { at, HOUR, MINUTE, planOf } from "./testing.ts";
import { deploymentOf, said } from "./testing-deployment.ts";

const growth: Growth = {
  smallest: 2,
  largestFactor: 3,
  ceiling: 5,
  seed: "a seed",
  prior: { happened: 1, not: 49 },
  harmCostDays: 10,
  waitMinutes: 1_440,
  approveEach: false,
};
const gate = { bakeMs: 0, successPermille: 500, verdict: "checks-alone" as const, statement: "no judge here" };
const ids = (from: number, n: number) => Array.from({ length: n }, (_, i) => `e${from + i}`);

/** A canary of two, then a stretch of twelve in steps of four and eight, then one wave of its own. */
const growing = (over: Partial<Growth> = {}, more: Partial<RolloutPlan> = {}) =>
  planOf(
    [
      { endpointIds: ids(0, 2), gate },
      { endpointIds: ids(2, 4), gate, stretch: "rest", maxConcurrent: 2 },
      { endpointIds: ids(6, 8), gate: { ...gate, bakeMs: HOUR }, stretch: "rest", maxConcurrent: 9 },
      { endpointIds: ["last"], gate },
    ],
    { growth: { ...growth, ...over }, errorBudget: 50, maxConcurrent: 50, ...more },
  );

/** Everybody who has started ends so; then time goes on. */
function end(d: ReturnType<typeof deploymentOf>, ms: number, as: "succeeded" | "failed" = "succeeded") {
  for (const e of [...d.state.executions.values()]) if (e.state === "queued") d.report(e.endpointId, as, ms);
  d.tick(ms);
}
const sizes = (d: ReturnType<typeof deploymentOf>) => d.state.plan.waves.map((w) => w.endpointIds.length);

describe("a plan that grows by belief", () => {
  it("decides the size of a wave when the gate before it opens, and writes the numbers down", () => {
    const d = deploymentOf(growing());
    d.tick(0);
    expect(sizes(d)).toEqual([2, 4, 8, 1]);
    end(d, MINUTE);
    const sized = d.state.waves[1]?.sized;
    expect(sized).toMatchObject({ size: 5, foreseen: 4, before: 2, left: 13, happened: 0, of: 2, mean: 0.019231, bound: "ceiling" });
    expect(d.state.plan.waves[1]?.endpointIds).toEqual(ids(2, 5));
    expect(sizes(d)).toEqual([2, 5, 7, 1]);
  });

  it("lends the stricter limits of who gave an endpoint away to the wave that takes it", () => {
    const d = deploymentOf(growing());
    d.tick(0);
    end(d, MINUTE);
    expect(d.state.plan.waves[1]).toMatchObject({ maxConcurrent: 2, gate: { bakeMs: HOUR } });
  });

  it("takes fewer the more have failed, and no fewer than the plan's smallest", () => {
    const d = deploymentOf(growing({ prior: { happened: 1, not: 1 }, harmCostDays: 100 }));
    d.tick(0);
    end(d, MINUTE);
    expect(d.state.waves[1]?.sized).toMatchObject({ size: 2, bound: "smallest" });
    expect(sizes(d)).toEqual([2, 2, 10, 1]);
  });

  it("makes one wave more of the last, under the same rules, when less of it comes now", () => {
    const d = deploymentOf(growing({ ceiling: 4, approveEach: true }));
    d.tick(0);
    end(d, MINUTE);
    for (let hour = 1; hour < 8; hour += 1) end(d, hour * 2 * HOUR);
    expect(sizes(d)).toEqual([2, 4, 4, 4, 1]);
    expect(d.state.plan.waves.map((w) => w.name)).toEqual(["wave 1", "wave 2", "rest, step 2", "wave 3", "wave 4"]);
    expect(d.state.plan.waves[2]?.gate).toMatchObject({ approval: true, bakeMs: HOUR });
    expect(d.state.waves[3]?.phase.kind).toBe("gated");
    expect(d.state.decisions.map((q) => q.kind)).toEqual(["approval"]);
  });

  it("draws nobody forward over a gate that a person has to open", () => {
    const plan = growing();
    const [canary, step, rest, last] = plan.waves as [
      RolloutPlan["waves"][0],
      RolloutPlan["waves"][0],
      RolloutPlan["waves"][0],
      RolloutPlan["waves"][0],
    ];
    const guarded = { ...plan, waves: [canary, { ...step, gate: { ...step.gate, approval: true } }, rest, last] };
    const d = deploymentOf(guarded);
    d.tick(0);
    end(d, MINUTE);
    expect(d.state.waves[1]?.sized).toMatchObject({ size: 4, bound: "left" });
  });

  it("takes no more of a redundancy group into one wave than it can spare", () => {
    const plan = growing({}, { redundancyGroups: { web: { minHealthy: 2, members: ids(2, 3) } } });
    for (const id of ids(2, 3))
      plan.endpoints[id] = { ...(plan.endpoints[id] as RolloutPlan["endpoints"][string]), redundancyGroup: "web" };
    const d = deploymentOf(plan);
    d.tick(0);
    end(d, MINUTE);
    expect(d.state.plan.waves[1]?.endpointIds).toEqual(["e2", "e5", "e6", "e7", "e8"]);
    expect(d.state.plan.waves[2]?.endpointIds.slice(0, 2)).toEqual(["e3", "e4"]);
  });

  it("draws the same again from the same history, and otherwise in another deployment", () => {
    const sizedIn = (deploymentId: string) => {
      const d = deploymentOf(growing({ ceiling: 100, largestFactor: 10, harmCostDays: 400 }), { deploymentId: deploymentId as never });
      d.tick(0);
      end(d, MINUTE);
      return d.state.waves[1]?.sized?.draw;
    };
    expect(sizedIn("dp_1")).toBe(sizedIn("dp_1"));
    expect(sizedIn("dp_1")).not.toBe(sizedIn("dp_2"));
  });

  it("is replayed from its events alone, and finds who was left out again", () => {
    const plan = growing({ ceiling: 3 });
    const created: Extract<RolloutEvent, { type: "created" }> = {
      type: "created",
      at: at(0),
      deploymentId: "dp_1" as never,
      planDigest: "digest",
      expiresAt: at(14 * 24 * HOUR),
      unchanging: [],
      irreversible: [],
      actor: "user:ada",
    };
    const d = deploymentOf(plan);
    const told: RolloutEvent[] = [...d.tick(0)];
    told.push(...expectOk(d.give({ type: "leave-out", endpointIds: ["last", "e13"], ...said }, at(1))));
    for (const id of ids(0, 2)) told.push(...expectOk(d.report(id, "succeeded", MINUTE)));
    told.push(...d.tick(MINUTE));
    const replayed = evolve(begin(plan, created), ...told);
    expect(replayed.plan).toEqual(d.state.plan);
    for (const id of ["last", "e13"]) expect(d.state.plan.waves[d.state.executions.get(id)?.wave ?? 0]?.endpointIds).toContain(id);
  });

  it("comes to its end, with everybody patched once", () => {
    const d = deploymentOf(growing({ ceiling: 3 }));
    d.tick(0);
    for (let hour = 1; hour < 20; hour += 1) end(d, hour * HOUR);
    expect(d.state.phase.kind).toBe("succeeded");
    expect(Object.values(d.states())).toEqual(Array.from({ length: 15 }, () => "succeeded"));
  });
});

describe("a wave that named persons open", () => {
  const plan = planOf([{ endpointIds: ["a"], gate: { ...gate, approval: true, approvers: ["bo", "cy"] } }, { endpointIds: ["b"] }]);
  it("says who, and takes the word of nobody else", () => {
    const d = deploymentOf(plan);
    d.tick(0);
    end(d, MINUTE);
    expect(d.told(MINUTE)).toContain("The plan says that bo or cy opens it.");
    const refused = d.give({ type: "approve-wave", wave: 1, ...said }, at(2 * MINUTE));
    expect(refused).toMatchObject({ problem: { code: "not-the-approver", message: 'The plan says that bo or cy opens wave "wave 2".' } });
    expectOk(d.give({ type: "approve-wave", wave: 1, actor: "user:cy", reason: "looked at it" }, at(3 * MINUTE)));
    d.tick(3 * MINUTE);
    expect(d.state.waves[1]).toMatchObject({ phase: { kind: "running" }, approvedBy: "user:cy" });
  });
});
