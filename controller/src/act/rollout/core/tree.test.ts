import { expectOk } from "@breakwater/shared/core";
import { describe, expect, it } from "vitest";
import type { Branch } from "../../../decide/planning/index.ts";
import { treeOf } from "../../../decide/rollback/index.ts";
import type { RolloutEvent } from "./index.ts";
import { at, HOUR, MINUTE, planOf } from "./testing.ts";
import { deploymentOf, said } from "./testing-deployment.ts";

const triggers = [
  { metric: "check_up", kind: "count" as const, threshold: 1, forMs: 2 * MINUTE, action: "rollback-wave" as const },
  { metric: "memory_used_percent", kind: "change-permille" as const, threshold: 250, forMs: 30 * MINUTE, action: "pause" as const },
];

/** Two waves, the first of three patched endpoints and baking for an hour. */
function baking(over: { tree?: Branch[]; created?: Partial<Extract<RolloutEvent, { type: "created" }>>; errorBudget?: number } = {}) {
  const gate = { bakeMs: HOUR, bakeLimitMs: 2 * HOUR };
  const tree = over.tree ?? treeOf(triggers, "rollback-wave");
  const d = deploymentOf(
    planOf([{ endpointIds: ["a", "b", "c"], gate, triggers, tree }, { endpointIds: ["d"] }], { errorBudget: over.errorBudget ?? 2 }),
    over.created,
  );
  d.tick(0);
  for (const [i, id] of ["a", "b", "c"].entries()) d.report(id, "succeeded", i * 1_000);
  d.tick(MINUTE);
  return d;
}
const branches = (d: ReturnType<typeof baking>) => d.state.waves[0]?.branches.map((b) => b.action);

describe("a trigger", () => {
  it("does what the plan says of it once it has held for its time, and not before", () => {
    const d = baking();
    d.holds(0, [0], 10 * MINUTE, 10 * MINUTE, ["b"]);
    expect(d.told(10 * MINUTE)).toContain("Until 2026-03-02T00:12:00.000Z. If it still holds then: rollback wave.");
    d.holds(0, [0], 10 * MINUTE, 11 * MINUTE, ["b"]);
    expect(branches(d)).toEqual([]);
    d.holds(0, [0], 10 * MINUTE, 12 * MINUTE, ["b"]);
    expect(branches(d)).toEqual(["rollback-wave"]);
    expect(d.state.rollback).toMatchObject({ scope: "wave", by: "engine", harmed: ["b"] });
  });

  it("that ceases in between begins anew", () => {
    const d = baking();
    d.holds(0, [0], 10 * MINUTE, 10 * MINUTE);
    d.holds(0, [], 0, 11 * MINUTE);
    d.holds(0, [0], 12 * MINUTE, 13 * MINUTE);
    expect(branches(d)).toEqual([]);
    expect(d.state.waves[0]?.holding.map((h) => h.since)).toEqual([at(12 * MINUTE)]);
  });

  it("that only pauses asks a person, who may accept it; what held then does not stop the wave again", () => {
    const d = baking();
    d.holds(0, [1], 10 * MINUTE, 10 * MINUTE);
    d.holds(0, [1], 10 * MINUTE, 40 * MINUTE);
    expect(d.state.phase).toMatchObject({ kind: "paused", cause: "harmful" });
    expect(d.give({ type: "resume", ...said }, at(41 * MINUTE))).toMatchObject({ problem: { code: "harmful" } });
    expectOk(d.give({ type: "override", ...said }, at(42 * MINUTE)));
    d.holds(0, [1], 10 * MINUTE, 50 * MINUTE);
    expect(d.state.phase.kind).toBe("running");
    // What begins afterwards was not accepted.
    d.holds(0, [0, 1], 51 * MINUTE, 55 * MINUTE);
    expect(d.state.rollback?.scope).toBe("wave");
  });

  it("yields to the graver branch when two come true at once", () => {
    const d = baking();
    d.holds(0, [0, 1], 2 * MINUTE, 35 * MINUTE);
    expect(branches(d)).toEqual(["rollback-wave"]);
  });
});

describe("a rollback", () => {
  it("serves those first on which harm was seen, then the newest patches", () => {
    const d = baking();
    d.holds(0, [0], 5 * MINUTE, 10 * MINUTE, ["a"]);
    const asked = d.tick(10 * MINUTE).flatMap((e) => (e.type === "execution-rollback-requested" ? [e.endpointId] : []));
    expect(asked).toEqual(["a", "c", "b"]);
  });

  it("that leaves something behind calls a person by name, and the call outlives the deployment", () => {
    const d = baking({ created: { irreversible: ["c"] } });
    d.judge(0, "harmful", 5 * MINUTE);
    d.tick(5 * MINUTE);
    for (const id of ["a", "b"]) d.report(id, "rolled-back", 6 * MINUTE, "rollback");
    d.tick(6 * MINUTE);
    expect(d.state.phase.kind).toBe("halted");
    expect(d.state.decisions.map((q) => q.question)).toEqual([
      expect.stringContaining("1 endpoint keeps the new versions. Their approved action forbids a rollback: c."),
    ]);
  });
});

describe("the tree", () => {
  const branch = (when: Branch["when"], action: Branch["action"]): Branch => ({ when, action, order: "newest-first", ask: "operator" });

  it("says what an undecided verdict leads to at the limit of the watch", () => {
    const d = baking({ tree: [branch({ kind: "undecided" }, "rollback-deployment")] });
    d.judge(0, "undecided", 2 * HOUR);
    d.tick(2 * HOUR + MINUTE);
    expect(d.state.rollback?.scope).toBe("deployment");
  });

  it("says what too few successes lead to", () => {
    const tree = [branch({ kind: "too-few-succeeded" }, "rollback-wave")];
    const d = deploymentOf(planOf([{ endpointIds: ["a", "b"], tree }, { endpointIds: ["c"] }]));
    d.tick(0);
    d.report("a", "succeeded", 1);
    d.report("b", "failed", 1);
    d.tick(2);
    expect(d.state.rollback?.scope).toBe("wave");
  });

  it("says what a used-up error budget leads to: by default the end", () => {
    const failing = (tree?: Branch[]) => {
      const d = deploymentOf(planOf([{ endpointIds: ["a", "b", "c"], maxConcurrent: 2, ...(tree ? { tree } : {}) }], { errorBudget: 1 }));
      d.tick(0);
      d.report("a", "failed", 1);
      d.report("b", "succeeded", 1);
      d.tick(2);
      return d;
    };
    expect(failing().state.phase.kind).toBe("halted");
    const back = failing([branch({ kind: "budget-used-up" }, "rollback-deployment")]);
    expect(back.state.rollback?.scope).toBe("deployment");
    const asks = failing([branch({ kind: "budget-used-up" }, "pause")]);
    expect(asks.state.phase.kind).toBe("paused");
    expect(asks.states()).toEqual({ a: "failed", b: "succeeded" });
  });

  it("of a plan from before there were trees follows from triggers and onHarmful", () => {
    const d = deploymentOf(planOf([{ endpointIds: ["a"], triggers, onHarmful: "pause" }]));
    d.tick(0);
    d.report("a", "succeeded", 0);
    d.judge(0, "harmful", MINUTE);
    expect(d.state.phase.kind).toBe("paused");
    expect(branches(d)).toEqual(["pause"]);
  });

  it("stops everything when an endpoint could not be restored, until a person has seen to it", () => {
    const d = deploymentOf(planOf([{ endpointIds: ["a", "b"], maxConcurrent: 1, gate: { successPermille: 0 } }], { errorBudget: 9 }));
    d.tick(0);
    d.report("a", "failed", 1);
    d.report("a", "rollback-failed", 2);
    d.tick(3);
    expect(d.state.phase).toMatchObject({ kind: "paused", cause: "not-restored" });
    expect(d.told(3)).toContain("It goes on when a person has seen to the endpoint and overrides with a reason.");
    expectOk(d.give({ type: "override", ...said }, at(4)));
    d.tick(5);
    expect(d.states()).toEqual({ a: "rollback-failed", b: "queued" });
  });
});

describe("blast radius", () => {
  it("lets endpoints without a way back follow each other only after each has lived through a bake", () => {
    const d = deploymentOf(planOf([{ endpointIds: ["a", "b", "c"] }]), { irreversible: ["a", "b"] });
    d.tick(0);
    expect(d.states()).toEqual({ a: "queued", c: "queued" });
    d.report("a", "succeeded", MINUTE);
    d.tick(MINUTE);
    expect(d.states()).not.toHaveProperty("b");
    expect(d.told(MINUTE)).toContain(
      "they have no way back, and 1 such endpoint is in danger, as many as the plan allows. Until 2026-03-02T00:11",
    );
    d.tick(12 * MINUTE);
    expect(d.states()).toHaveProperty("b");
  });

  it.each([
    { how: "failed, and nobody heard when the new version had come", last: "failed", endsMs: MINUTE },
    { how: "fell silent in the middle of it", last: "accepted", endsMs: 6 * HOUR },
  ] as const)("counts as in danger, from the last that was heard, one that $how", ({ last, endsMs }) => {
    const plan = planOf([{ endpointIds: ["a", "b"], gate: { bakeMs: HOUR } }], { executionLimitMs: 6 * HOUR, errorBudget: 9 });
    const d = deploymentOf(plan, { irreversible: ["a", "b"] });
    d.tick(0);
    if (last === "failed") d.report("a", "applying", MINUTE);
    d.report("a", last, MINUTE);
    for (const ms of [endsMs, endsMs + HOUR - 1]) d.tick(ms);
    expect(Object.keys(d.states())).toEqual(["a"]);
    d.tick(endsMs + HOUR);
    expect(d.states()).toEqual({ a: last === "failed" ? "failed" : "unreachable", b: "queued" });
  });

  it("takes the number that the plan states", () => {
    const d = deploymentOf(planOf([{ endpointIds: ["a", "b", "c"] }], { unrestorableAtOnce: 2 }), { irreversible: ["a", "b", "c"] });
    d.tick(0);
    expect(d.states()).toEqual({ a: "queued", b: "queued" });
  });
});
