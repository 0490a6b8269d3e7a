import { expectOk } from "@breakwater/shared/core";
import { describe, expect, it } from "vitest";
import type { RolloutPlan } from "../../../decide/planning/index.ts";
import { executionEffects, explain, next, sentences } from "./index.ts";
import { at, dailyWindows, HOUR, MINUTE, planOf } from "./testing.ts";
import { deploymentOf, said } from "./testing-deployment.ts";

describe("a deployment that goes well", () => {
  it("takes one wave after another, each through its gate", () => {
    const d = deploymentOf(planOf([{ endpointIds: ["a"] }, { endpointIds: ["b", "c"] }]));
    d.tick(0);
    expect(d.states()).toEqual({ a: "queued" });
    d.report("a", "succeeded", MINUTE);
    d.tick(MINUTE);
    expect(d.state.waves[0]?.phase.kind).toBe("baking");
    d.judge(0, "healthy", 5 * MINUTE);
    d.tick(5 * MINUTE);
    expect(d.state.waves[0]?.phase.kind).toBe("baking");
    d.judge(0, "healthy", 11 * MINUTE);
    d.tick(11 * MINUTE);
    expect(d.states()).toEqual({ a: "succeeded", b: "queued", c: "queued" });
    d.report("b", "succeeded", 12 * MINUTE);
    d.report("c", "succeeded", 12 * MINUTE);
    d.tick(12 * MINUTE);
    d.judge(1, "healthy", 30 * MINUTE);
    d.tick(30 * MINUTE);
    expect(d.state.phase.kind).toBe("succeeded");
  });

  it("waits for a person where the gate wants an approval", () => {
    const d = deploymentOf(planOf([{ endpointIds: ["a"], gate: { approval: true, bakeMs: 0 } }, { endpointIds: ["b"] }]));
    d.tick(0);
    d.report("a", "succeeded", 0);
    d.judge(0, "healthy", 1);
    d.tick(1);
    d.judge(0, "healthy", 2);
    d.tick(2);
    expect(d.state.waves[1]?.phase.kind).toBe("gated");
    expect(d.state.decisions.map((q) => q.kind)).toEqual(["approval"]);
    expect(d.give({ type: "approve-wave", wave: 0, ...said }, at(3)).ok).toBe(false);
    expectOk(d.give({ type: "approve-wave", wave: 1, ...said }, at(3)));
    d.tick(3);
    expect(d.states()).toMatchObject({ b: "queued" });
    expect(d.state.decisions).toEqual([]);
  });
});

describe("the gate", () => {
  const baked = (gate: object) => {
    const d = deploymentOf(planOf([{ endpointIds: ["a"], gate }, { endpointIds: ["b"] }]));
    d.tick(0);
    d.report("a", "succeeded", 0);
    d.tick(0);
    return d;
  };

  it("prolongs the watch while the verdict is undecided, then asks a person", () => {
    const d = baked({});
    d.judge(0, "undecided", 11 * MINUTE);
    d.tick(11 * MINUTE);
    expect(d.state.waves[0]?.phase.kind).toBe("baking");
    expect(sentences(explain(d.state, d.facts, at(11 * MINUTE))).join(" ")).toContain(
      "the watch is prolonged. Until 2026-03-02T00:30:00.000Z",
    );
    d.tick(30 * MINUTE);
    expect(d.state.decisions.map((q) => q.kind)).toEqual(["undecided"]);
    expectOk(d.give({ type: "override", ...said }, at(31 * MINUTE)));
    d.tick(31 * MINUTE);
    expect(d.states()).toMatchObject({ b: "queued" });
  });

  it("lets an undecided verdict suffice where the plan says so, but never a missing one", () => {
    const d = baked({ verdict: "not-harmful" });
    d.tick(11 * MINUTE);
    expect(d.state.waves[0]?.phase.kind).toBe("baking");
    d.judge(0, "undecided", 12 * MINUTE);
    d.tick(12 * MINUTE);
    expect(d.state.waves[0]?.phase.kind).toBe("passed");
  });

  it("does not take the silence of a judge who saw nothing for consent", () => {
    const d = baked({ verdict: "not-harmful" });
    d.judge(0, "undecided", 12 * MINUTE, [], "it has watched 0 of 1 patched endpoints");
    d.tick(12 * MINUTE);
    expect(d.state.waves[0]?.phase.kind).toBe("baking");
    expect(d.told(12 * MINUTE)).toContain("undecided (it has watched 0 of 1 patched endpoints)");
    d.judge(0, "undecided", 29 * MINUTE, [], "it has watched 0 of 1 patched endpoints");
    d.tick(30 * MINUTE);
    expect(d.state.decisions.map((q) => [q.kind, q.question.includes("it has watched 0 of 1")])).toEqual([["undecided", true]]);
  });

  it("passes on checks alone only where the plan states it, with the reason, and still stops at harm", () => {
    const statement = "a laboratory without telemetry";
    const d = baked({ verdict: "checks-alone", statement });
    d.tick(10 * MINUTE);
    expect(d.state.waves[0]?.phase).toMatchObject({
      kind: "passed",
      why: `1 of 1 succeeded; on checks alone, as the plan states: ${statement}`,
    });
    const harmed = baked({ verdict: "checks-alone", statement });
    harmed.judge(0, "harmful", MINUTE);
    harmed.tick(10 * MINUTE);
    expect(harmed.states()).toEqual({ a: "rolling-back" });
  });

  it("does not take an undecided verdict that suspects harm for consent: watches on, then asks", () => {
    const d = baked({ verdict: "not-harmful" });
    d.judge(0, "undecided", 12 * MINUTE, ["check_latency_ms:shop"]);
    d.tick(12 * MINUTE);
    expect(d.state.waves[0]?.phase.kind).toBe("baking");
    d.judge(0, "undecided", 29 * MINUTE, ["check_latency_ms:shop"]);
    d.tick(30 * MINUTE);
    expect(d.state.decisions[0]?.question).toContain(
      "the judge says undecided, but its figures lean towards harm in check_latency_ms:shop",
    );
    const cleared = baked({ verdict: "not-harmful" });
    cleared.judge(0, "undecided", 12 * MINUTE, ["check_latency_ms:shop"]);
    cleared.tick(12 * MINUTE);
    cleared.judge(0, "undecided", 14 * MINUTE);
    cleared.tick(14 * MINUTE);
    expect(cleared.state.waves[0]?.phase.kind).toBe("passed");
  });

  it("counts an unreachable endpoint against the success share and says so", () => {
    const d = deploymentOf(planOf([{ endpointIds: ["a", "b"] }, { endpointIds: ["c"] }]));
    d.disconnect("b", 0);
    d.tick(0);
    expect(d.states()).toEqual({ a: "queued" });
    d.report("a", "succeeded", MINUTE);
    d.tick(10 * MINUTE);
    expect(d.states()).toEqual({ a: "succeeded", b: "unreachable" });
    d.judge(0, "healthy", 21 * MINUTE);
    d.tick(21 * MINUTE);
    expect(d.state.decisions[0]?.question).toContain("1 could not be reached: b.");
    expect(sentences(explain(d.state, d.facts, at(21 * MINUTE))).join(" ")).toContain(
      '1 endpoints of wave "wave 1" could not be reached (b)',
    );
  });
});

describe("a harmful verdict", () => {
  const harmed = (onHarmful: "pause" | "rollback-wave" | "rollback-deployment", created = {}) => {
    const d = deploymentOf(planOf([{ endpointIds: ["a", "b"], onHarmful }, { endpointIds: ["c"] }]), created);
    d.tick(0);
    d.report("a", "succeeded", 0);
    d.report("b", "applying", 0);
    d.judge(0, "harmful", MINUTE);
    d.tick(MINUTE);
    return d;
  };

  it("rolls the wave back, also what was in flight, and never touches the rest", () => {
    const d = harmed("rollback-wave");
    expect(d.states()).toEqual({ a: "rolling-back", b: "applying" });
    expect(
      next(d.state, d.facts, at(MINUTE))
        .filter((e) => e.kind === "send")
        .map((e) => e.command),
    ).toEqual(["rollback"]);
    d.report("b", "succeeded", 2 * MINUTE);
    d.tick(2 * MINUTE);
    expect(d.states()).toEqual({ a: "rolling-back", b: "rolling-back" });
    d.report("a", "rolled-back", 3 * MINUTE, "rollback");
    d.report("b", "rolled-back", 3 * MINUTE, "rollback");
    d.tick(3 * MINUTE);
    expect(d.state.phase.kind).toBe("rolled-back");
    expect(d.state.waves.map((w) => w.phase.kind)).toEqual(["failed", "skipped"]);
  });

  it("only pauses where the plan says so, and does not resume until a person accepts the harm", () => {
    const d = harmed("pause");
    expect(d.state.phase.kind).toBe("paused");
    expect(d.give({ type: "resume", ...said }, at(2 * MINUTE)).ok).toBe(false);
    expectOk(d.give({ type: "override", ...said }, at(2 * MINUTE)));
    expect(d.state.phase.kind).toBe("running");
  });

  it("does not call a rollback complete that failed, and pages a person", () => {
    const d = harmed("rollback-deployment");
    d.report("b", "failed", 2 * MINUTE);
    d.report("b", "rolled-back", 2 * MINUTE);
    d.report("a", "rollback-failed", 3 * MINUTE, "rollback");
    expect(d.state.decisions.map((q) => q.kind)).toContain("rollback-failed");
    d.tick(3 * MINUTE);
    expect(d.state.phase.kind).toBe("halted");
    // The call outlives the deployment, is repeated, and ends when a person says that it was seen to.
    expect(d.state.decisions.map((q) => q.kind)).toEqual(["rollback-failed", "rollback-partial"]);
    expect(d.told(3 * MINUTE)).toContain("Restoring failed: a.");
    expect(d.tick(2 * HOUR).map((e) => e.type)).toEqual(["decision-reminded", "decision-reminded"]);
    expectOk(d.give({ type: "override", ...said }, at(2 * HOUR)));
    expect(d.state.decisions).toEqual([]);
    expect(d.state.phase.kind).toBe("halted");
  });

  it("takes nothing back where nothing changed", () => {
    const d = harmed("rollback-wave", { unchanging: ["a"] });
    d.report("b", "cancelled", 2 * MINUTE);
    expect(d.states().a).toBe("succeeded");
  });
});

describe("stopping", () => {
  it("starts nothing while paused and goes on after", () => {
    const d = deploymentOf(planOf([{ endpointIds: ["a", "b"], maxConcurrent: 1 }]));
    d.tick(0);
    expectOk(d.give({ type: "pause", ...said }, at(1)));
    d.report("a", "succeeded", 2);
    d.tick(2);
    expect(d.states()).toEqual({ a: "succeeded" });
    expectOk(d.give({ type: "resume", ...said }, at(3)));
    d.tick(3);
    expect(d.states()).toEqual({ a: "succeeded", b: "queued" });
  });

  it("gives an endpoint its turn again when its command was taken out before it left", () => {
    const d = deploymentOf(planOf([{ endpointIds: ["a"] }]));
    d.tick(0);
    expectOk(d.give({ type: "pause", withdrawn: ["a"], ...said }, at(1)));
    expect(d.states()).toEqual({});
    expectOk(d.give({ type: "resume", ...said }, at(2)));
    d.tick(2);
    expect(d.states()).toEqual({ a: "queued" });
  });

  it("asks what has not begun to stop when it is cancelled, and lets the rest end", () => {
    const d = deploymentOf(planOf([{ endpointIds: ["a", "b"] }]));
    d.tick(0);
    d.report("a", "applying", 1);
    expectOk(d.give({ type: "cancel", ...said }, at(2)));
    const sent = next(d.state, d.facts, at(2)).filter((e) => e.kind === "send");
    expect(sent.map((e) => [e.command, e.execution.endpointId])).toEqual([["cancel", "b"]]);
    d.report("a", "succeeded", 3);
    d.report("b", "cancelled", 3);
    expect(d.states()).toEqual({ a: "succeeded", b: "cancelled" });
    expect(d.give({ type: "resume", ...said }, at(4)).ok).toBe(false);
  });

  it("halts when the error budget is used up", () => {
    const d = deploymentOf(planOf([{ endpointIds: ["a", "b", "c", "d"], maxConcurrent: 2 }], { errorBudget: 1 }));
    d.tick(0);
    d.report("a", "failed", 1);
    d.tick(1);
    expect(d.state.phase.kind).toBe("halted");
    expect(d.states()).toEqual({ a: "failed", b: "queued" });
  });

  it("expires when its plan does", () => {
    const d = deploymentOf(planOf([{ endpointIds: ["a"] }]), { expiresAt: at(HOUR) });
    d.know({ frozen: { reason: "holiday", by: "user:ada" } });
    d.tick(0);
    expect(sentences(explain(d.state, d.facts, at(0))).join(" ")).toContain("the fleet is frozen: holiday");
    d.tick(HOUR);
    expect(d.state.phase.kind).toBe("expired");
  });
});

describe("an endpoint that goes away", () => {
  it("is given up when it has not taken its command on, and hears a cancel instead when it comes back", () => {
    const d = deploymentOf(planOf([{ endpointIds: ["a"] }]));
    d.tick(0);
    d.disconnect("a", 0);
    d.tick(10 * MINUTE);
    expect(d.states()).toEqual({ a: "unreachable" });
    const execution = d.state.executions.get("a");
    const effects = execution ? executionEffects(execution) : [];
    expect(effects.map((e) => [e.kind, "command" in e ? e.command : ""])).toEqual([
      ["withdraw", "apply"],
      ["send", "cancel"],
    ]);
  });

  it("says what became of it when it comes back", () => {
    const d = deploymentOf(planOf([{ endpointIds: ["a"] }]));
    d.tick(0);
    d.report("a", "applying", 1);
    d.disconnect("a", 1);
    d.tick(2 * HOUR);
    expect(d.states()).toEqual({ a: "unreachable" });
    expect(d.state.decisions.map((q) => q.kind)).toContain("not-ended");
    d.report("a", "succeeded", 3 * HOUR);
    expect(d.states()).toEqual({ a: "succeeded" });
    expect(d.state.decisions.map((q) => q.kind)).not.toContain("not-ended");
  });

  it("gets its turn when it comes back before its wave is over and nothing was sent", () => {
    const d = deploymentOf(planOf([{ endpointIds: ["a", "b"] }]));
    d.disconnect("a", 0);
    d.tick(0);
    d.tick(10 * MINUTE);
    expect(d.states()).toEqual({ a: "unreachable", b: "queued" });
    d.connect("a", 11 * MINUTE);
    d.tick(11 * MINUTE);
    expect(d.states()).toEqual({ a: "queued", b: "queued" });
  });
});

describe("windows and groups", () => {
  it("starts an endpoint only inside its window and tells it when that closes", () => {
    const d = deploymentOf(planOf([{ endpointIds: ["a", "b"] }]));
    d.know({ windows: dailyWindows({ a: { from: 2, to: 3 } }) });
    d.tick(0);
    expect(d.states()).toEqual({ b: "queued" });
    expect(sentences(explain(d.state, d.facts, at(0))).join(" ")).toContain("their window opens at 2026-03-02T02:00:00.000Z");
    d.report("b", "succeeded", MINUTE);
    const events = d.tick(2 * HOUR);
    expect(events).toMatchObject([{ type: "execution-started", endpointId: "a", notAfter: at(3 * HOUR) }]);
  });

  it("never takes so many members of a group that too few are left", () => {
    const plan = planOf([{ endpointIds: ["a", "b"] }], { redundancyGroups: { web: { minHealthy: 2, members: ["a", "b", "x"] } } });
    for (const id of ["a", "b"])
      plan.endpoints[id] = { ...(plan.endpoints[id] as RolloutPlan["endpoints"][string]), redundancyGroup: "web" };
    const d = deploymentOf(plan);
    d.tick(0);
    expect(d.states()).toEqual({ a: "queued" });
    d.know({ healthyMembers: new Set(["a", "b"]) });
    d.report("a", "succeeded", 1);
    d.tick(1);
    expect(d.states()).toEqual({ a: "succeeded" });
  });
});
