import { expectOk } from "@breakwater/shared/core";
import { describe, expect, it } from "vitest";
import type { RolloutPlan } from "../../../decide/planning/index.ts";
import { forecast, forecastWords } from "./index.ts";
import { at, dailyWindows, HOUR, MINUTE, planOf, quietFacts } from "./testing.ts";
import { deploymentOf, said } from "./testing-deployment.ts";

describe("a wave that cannot go on", () => {
  const inGroup = (minHealthy: number) => {
    const plan = planOf([{ endpointIds: ["a", "b"] }], { redundancyGroups: { web: { minHealthy, members: ["a", "b"] } } });
    for (const id of ["a", "b"])
      plan.endpoints[id] = { ...(plan.endpoints[id] as RolloutPlan["endpoints"][string]), redundancyGroup: "web" };
    return deploymentOf(plan);
  };

  it("says what holds it, and asks a person after a while", () => {
    const d = inGroup(2);
    d.tick(0);
    expect(d.state.waves[0]?.held?.why).toContain("redundancy group web has 1 other healthy members and needs 2");
    expect(d.state.decisions).toEqual([]);
    d.tick(2 * HOUR);
    expect(d.state.decisions.map((q) => q.kind)).toEqual(["stalled"]);
  });

  it("takes the question back when it can go on after all", () => {
    const d = inGroup(1);
    d.know({ healthyMembers: new Set() });
    d.tick(0);
    d.tick(2 * HOUR);
    expect(d.state.decisions.map((q) => q.kind)).toEqual(["stalled"]);
    d.know({ healthyMembers: new Set(["a", "b"]) });
    d.tick(2 * HOUR + 1);
    expect(d.state.decisions).toEqual([]);
    expect(d.states()).toEqual({ a: "queued" });
    expect(d.state.waves[0]?.held).toBeUndefined();
  });

  it("asks at once where waiting cannot help: a window that does not open, a plan that was changed", () => {
    const closed = deploymentOf(planOf([{ endpointIds: ["a"] }]), { expiresAt: at(HOUR) });
    closed.know({ windows: dailyWindows({ a: { from: 5, to: 6 } }) });
    closed.tick(0);
    expect(closed.state.decisions[0]?.question).toContain("a: the window does not open before the plan expires.");
    const changed = deploymentOf(planOf([{ endpointIds: ["a"] }]));
    changed.know({ planDigest: "another" });
    changed.tick(0);
    expect(changed.state.decisions[0]?.question).toContain("the stored plan is not the one that was approved.");
  });

  it("goes on without the endpoints that a person leaves out, which do not count against its gate", () => {
    const d = inGroup(2);
    d.tick(0);
    d.tick(2 * HOUR);
    expectOk(d.give({ type: "leave-out", endpointIds: ["a", "b"], ...said }, at(3 * HOUR)));
    d.tick(3 * HOUR);
    expect(d.states()).toEqual({ a: "cancelled", b: "cancelled" });
    expect(d.state.executions.get("a")?.message).toBe("Left out by user:ada: because");
    expect(d.state.phase.kind).toBe("succeeded");
    expect(d.give({ type: "leave-out", endpointIds: ["a"], ...said }, at(5 * HOUR)).ok).toBe(false);
  });
});

describe("an endpoint that would refuse of its own accord", () => {
  it("is not sent what it would refuse: the wait names the halt, and a person is asked after a while", () => {
    const d = deploymentOf(planOf([{ endpointIds: ["a", "b"] }]));
    const why = "a halt that an operator signed stands on them (abc, all: stop).";
    d.know({ braked: new Map(["a", "b"].map((id) => [id, { why, until: undefined }])) });
    d.tick(0);
    expect(d.states()).toEqual({});
    expect(d.state.waves[0]?.held?.why).toContain("a halt that an operator signed stands");
    d.tick(2 * HOUR);
    expect(d.state.decisions.map((q) => q.kind)).toEqual(["stalled"]);
    d.know({ braked: new Map() });
    d.tick(2 * HOUR + 1);
    expect(d.states()).toEqual({ a: "queued", b: "queued" });
  });

  it("is waited for where it says when it ends, and nobody is asked", () => {
    const d = deploymentOf(planOf([{ endpointIds: ["a"] }]));
    d.know({ braked: new Map([["a", { why: "they have made as many changes as their owner allows.", until: at(3 * HOUR) }]]) });
    d.tick(0);
    d.tick(2 * HOUR);
    expect([d.states(), d.state.decisions]).toEqual([{}, []]);
  });
});

describe("a newer version or advisory in the middle of a run", () => {
  it("holds back who has not begun, asks whether the approved version is still wanted, and lets a person decide", () => {
    const d = deploymentOf(planOf([{ endpointIds: ["a", "b"], maxConcurrent: 1 }]));
    d.tick(0);
    d.know({ superseded: new Map([["b", "openssl 3.0.3 is out, the plan installs 3.0.2."]]) });
    d.report("a", "succeeded", MINUTE);
    d.tick(MINUTE);
    expect(d.states()).toEqual({ a: "succeeded" });
    expect(d.state.decisions.map((q) => [q.kind, q.question.includes("openssl 3.0.3 is out")])).toEqual([["superseded", true]]);
    expectOk(d.give({ type: "override", ...said }, at(2 * MINUTE)));
    d.tick(2 * MINUTE);
    expect(d.states()).toEqual({ a: "succeeded", b: "queued" });
  });
});

describe("a question without an answer", () => {
  it("is told again, ever more rarely, and names the moment at which the deployment ends", () => {
    const d = deploymentOf(planOf([{ endpointIds: ["a"], gate: { bakeMs: 0, bakeLimitMs: 0 } }, { endpointIds: ["b"] }]));
    d.tick(0);
    d.report("a", "succeeded", 0);
    d.tick(1);
    expect(d.state.decisions.map((q) => q.kind)).toEqual(["undecided"]);
    expect(d.told(2)).toContain("Until 2026-03-02T01:00:00.001Z.");
    expect(d.told(2)).toContain("the deployment expires at 2026-03-16T00:00:00.000Z");
    const told = [HOUR + 1, 2 * HOUR, 3 * HOUR + 1, 6 * HOUR, 7 * HOUR + 1].map((ms) => d.tick(ms).map((e) => e.type));
    expect(told).toEqual([["decision-reminded"], [], ["decision-reminded"], [], ["decision-reminded"]]);
  });
});

describe("a command that was not taken on in time", () => {
  it("is given up once its window has closed, and the endpoint hears a cancel", () => {
    const d = deploymentOf(planOf([{ endpointIds: ["a"] }], { executionLimitMs: 20 * HOUR }));
    d.know({ windows: dailyWindows({ a: { from: 0, to: 1 } }) });
    d.tick(0);
    d.tick(HOUR + 9 * MINUTE);
    expect(d.states()).toEqual({ a: "queued" });
    d.tick(HOUR + 10 * MINUTE);
    expect(d.states()).toEqual({ a: "unreachable" });
    expect(d.state.executions.get("a")?.cancelRequestedAt).toBeDefined();
  });
});

describe("a machine that reboots for its plan", () => {
  const group = () => {
    const plan = planOf([{ endpointIds: ["a", "b"] }], {
      redundancyGroups: { web: { minHealthy: 1, members: ["a", "b"] } },
      rebootLimitMs: 20 * MINUTE,
      executionLimitMs: 6 * HOUR,
    });
    for (const id of ["a", "b"])
      plan.endpoints[id] = { ...(plan.endpoints[id] as RolloutPlan["endpoints"][string]), redundancyGroup: "web" };
    const d = deploymentOf(plan);
    d.tick(0);
    d.report("a", "applying", MINUTE);
    d.report("a", "rebooting", 2 * MINUTE);
    return d;
  };
  const away = (d: ReturnType<typeof group>) =>
    d.know({ endpoints: new Map([...d.facts.endpoints, ["a", { connected: false, lastSeenAt: at(2 * MINUTE) }]]) });

  it("is missed by its redundancy group until it has proven well, not only until it answers", () => {
    const d = group();
    away(d);
    d.tick(3 * MINUTE);
    expect(d.states()).toEqual({ a: "rebooting" });
    expect(d.told(3 * MINUTE)).toContain("a is rebooting since 2026-03-02T00:02:00.000Z. Until 2026-03-02T00:22:00.000Z.");
    d.know({ endpoints: new Map([...d.facts.endpoints, ["a", { connected: true, lastSeenAt: at(4 * MINUTE) }]]) });
    d.report("a", "verifying", 4 * MINUTE);
    d.tick(4 * MINUTE);
    expect(d.states()).toEqual({ a: "verifying" });
    expect(d.state.executions.get("a")).not.toHaveProperty("rebootingSince");
    d.report("a", "succeeded", 5 * MINUTE);
    d.tick(5 * MINUTE);
    expect(d.states()).toEqual({ a: "succeeded", b: "queued" });
  });

  it("that does not come back within its limit is unreachable, with the reason, and a person is asked", () => {
    const d = group();
    away(d);
    d.tick(21 * MINUTE);
    expect(d.states()).toEqual({ a: "rebooting" });
    d.tick(22 * MINUTE);
    expect(d.states()).toEqual({ a: "unreachable" });
    const why = "Rebooting since 2026-03-02T00:02:00.000Z; it has not come back within 20 minutes.";
    expect(d.state.executions.get("a")?.message).toBe(why);
    expect(d.state.decisions.map((q) => [q.kind, q.endpointId])).toEqual([["not-ended", "a"]]);
    // Down for its group: the other member is not taken after it.
    d.tick(HOUR);
    expect(d.states()).toEqual({ a: "unreachable" });
    d.report("a", "succeeded", 2 * HOUR);
    expect(d.states()).toMatchObject({ a: "succeeded" });
    expect(d.state.decisions).toEqual([]);
  });

  it("is not given up while it is connected, however long it takes to say how it went", () => {
    const d = group();
    d.tick(HOUR);
    expect(d.states()).toEqual({ a: "rebooting" });
  });
});

describe("the forecast", () => {
  it("adds up what is left: places, windows and bakes", () => {
    const plan = planOf([{ endpointIds: ["a"] }, { endpointIds: ["b", "c"], maxConcurrent: 1, gate: { bakeMs: HOUR } }]);
    const d = deploymentOf(plan);
    // The plan expects 20 minutes an execution: wave 1 20 + 10, wave 2 twice 20 + 60.
    expect(forecast(d.state, d.facts, at(0))).toMatchObject({ kind: "end", at: at(130 * MINUTE) });
    // Between twice as quick and twice as slow as the plan expects, the watches at their limit in the slow case.
    expect(forecast(d.state, d.facts, at(0))).toMatchObject({ earliest: at(100 * MINUTE), latest: at(210 * MINUTE) });
    const windows = dailyWindows({ c: { from: 10, to: 12 } });
    expect(forecast(d.state, { ...d.facts, windows }, at(0))).toMatchObject({ at: at(11 * HOUR + 20 * MINUTE) });
  });

  it("says why it cannot be said where something without a known end is waited for", () => {
    const d = deploymentOf(planOf([{ endpointIds: ["a"] }]));
    expect(forecastWords(forecast(d.state, quietFacts(d.state.plan, { frozen: { reason: "holiday", by: "x" } }), at(0)))).toBe(
      "When it will be over cannot be said: the fleet is frozen: holiday.",
    );
    expectOk(d.give({ type: "pause", ...said }, at(1)));
    expect(forecastWords(forecast(d.state, d.facts, at(1)))).toContain("it is paused");
    expectOk(d.give({ type: "halt", ...said }, at(2)));
    expect(forecast(d.state, d.facts, at(3))).toEqual({ kind: "over", at: at(2) });
  });
});
