import { expectOk, formatInstant } from "@breakwater/shared/core";
import { and, eq, isNull, sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { RolloutPlan } from "../../../decide/planning/index.ts";
import { eventsAfter, type Store, schema } from "../../../store/index.ts";
import { openTestStore } from "../../../store/testing.ts";
import { MINUTE, planOf, START } from "../core/testing.ts";
import { decodeOutboxCommand } from "../outbox-command.ts";
import { createRollout } from "./engine.ts";
import { offer, quiet, seedPlan, testAgents, testClock, testJudge } from "./testing.ts";

let store: Store;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());
/** Engines drive all there is, and heed what did harm elsewhere: what one test leaves must not be work for the next. */
afterEach(async () => {
  await store.db.update(schema.deployment).set({ finishedAt: formatInstant(START), snapshot: {} });
  await store.db.update(schema.commandOutbox).set({ doneAt: formatInstant(START) });
  await store.db.execute(sql`delete from execution_report`);
  await store.db.execute(sql`delete from execution`);
});

let plans = 0;
/** A fresh approved plan, an engine and agents, with names of their own so that tests share one store. */
async function world(waves: (id: (n: number) => string) => Parameters<typeof planOf>[0], rest: Partial<RolloutPlan> = {}) {
  const n = ++plans;
  const id = (i: number) => `ep_${n}x${i}`;
  const plan = planOf(waves(id), { planId: `pl_${n}`, ...rest });
  await seedPlan(store, plan);
  const clock = testClock();
  const judge = testJudge();
  const engine = (instanceId = "one", over: Store = store) =>
    createRollout({ store: over, clock, log: quiet, health: judge, instanceId, judgeEveryMs: 1 });
  return { plan, clock, judge, engine, id, agents: testAgents(store, clock) };
}
const said = { actor: "user:ada", reason: "because" };

describe("a deployment in the store", () => {
  it("goes from approval to the last gate, with everything it did written down", async () => {
    const w = await world((id) => [{ endpointIds: [id(1)] }, { endpointIds: [id(2), id(3)] }]);
    const rollout = w.engine();
    const deployment = expectOk(await rollout.deploy(w.plan.planId, 1, "user:ada"));
    for (let i = 0; i < 6; i += 1) {
      await rollout.pass();
      await w.agents.work();
      await rollout.pass();
      w.clock.advance(11 * MINUTE);
    }
    const view = expectOk(await rollout.get(deployment));
    expect(view.state).toBe("succeeded");
    expect(view.executions.map((e) => e.state)).toEqual(["succeeded", "succeeded", "succeeded"]);
    expect(view.finishedAt).toBeDefined();
    expect([...w.agents.applied.values()]).toEqual([1, 1, 1]);
    const outcomes = await store.db.select().from(schema.outcome).where(eq(schema.outcome.deploymentId, deployment));
    expect(outcomes.map((o) => o.result)).toEqual(["succeeded", "succeeded", "succeeded"]);
    const types = (await eventsAfter(store.db, 0, 1_000)).filter((e) => e.data.deploymentId === deployment).map((e) => e.type);
    expect(types).toContain("deployment.created");
    expect(types).toContain("wave.passed");
    expect(types.at(-1)).toBe("deployment.succeeded");
    const [plan] = await store.db.select().from(schema.plan).where(eq(schema.plan.id, w.plan.planId));
    expect(plan?.state).toBe("deployed");
  });

  it("sends an apply with the signed bytes, and a rollback under an id of its own", async () => {
    const w = await world((id) => [{ endpointIds: [id(1)] }, { endpointIds: [id(2)] }]);
    const rollout = w.engine();
    const deployment = expectOk(await rollout.deploy(w.plan.planId, 1, "user:ada"));
    await rollout.pass();
    await w.agents.work();
    w.judge.say("harmful");
    await rollout.pass();
    await w.agents.work();
    await rollout.pass();
    const rows = await store.db
      .select()
      .from(schema.commandOutbox)
      .where(eq(schema.commandOutbox.endpointId, w.id(1)));
    const [apply, back] = rows.map((r) => ({ id: r.executionId, command: decodeOutboxCommand(r.payload) }));
    expect(apply?.command).toMatchObject({ kind: "apply" });
    expect(back?.command).toMatchObject({ kind: "rollback", ofExecutionId: apply?.id });
    expect(back?.id).toBe(`${apply?.id}_rb`);
    const view = expectOk(await rollout.get(deployment));
    expect(view.state).toBe("rolled-back");
    expect(view.verdicts.map((v) => v.verdict)).toEqual(["harmful"]);
    expect(view.executions.map((e) => [e.endpointId, e.state])).toEqual([[w.id(1), "rolled-back"]]);
  });

  it("refuses what is not approved, what was changed after approval, and what was deployed before", async () => {
    const w = await world((id) => [{ endpointIds: [id(1)] }]);
    const rollout = w.engine();
    const mine = and(eq(schema.plan.id, w.plan.planId), eq(schema.plan.revision, 1));
    await store.db.update(schema.plan).set({ state: "draft" }).where(mine);
    expect(await rollout.deploy(w.plan.planId, 1, "user:ada")).toMatchObject({ problem: { code: "plan-not-approved" } });
    await store.db
      .update(schema.plan)
      .set({ state: "approved", rollout: { ...w.plan, maxConcurrent: 99 } })
      .where(mine);
    expect(await rollout.deploy(w.plan.planId, 1, "user:ada")).toMatchObject({ problem: { code: "plan-changed" } });
    await store.db.update(schema.plan).set({ rollout: w.plan }).where(mine);
    expectOk(await rollout.deploy(w.plan.planId, 1, "user:ada"));
    expect(await rollout.deploy(w.plan.planId, 1, "user:ada")).toMatchObject({ problem: { code: "plan-not-approved" } });
  });

  it("starts nothing on a plan that was changed under way", async () => {
    const w = await world((id) => [{ endpointIds: [id(1)] }]);
    const rollout = w.engine();
    const deployment = expectOk(await rollout.deploy(w.plan.planId, 1, "user:ada"));
    await store.db
      .update(schema.plan)
      .set({ rollout: { ...w.plan, errorBudget: 99 } })
      .where(eq(schema.plan.id, w.plan.planId));
    await rollout.pass();
    const explained = expectOk(await rollout.explain(deployment));
    expect(explained.sentences.join(" ")).toContain("not the one that was approved");
    expect(expectOk(await rollout.get(deployment)).executions).toEqual([]);
  });
});

describe("commands of people", () => {
  it("takes a command that has not left out of the outbox when it pauses", async () => {
    const w = await world((id) => [{ endpointIds: [id(1)] }]);
    const rollout = w.engine();
    const deployment = expectOk(await rollout.deploy(w.plan.planId, 1, "user:ada"));
    await rollout.pass();
    expectOk(await rollout.command(deployment, { type: "pause", ...said }));
    expect(await w.agents.work()).toBe(0);
    expectOk(await rollout.command(deployment, { type: "resume", ...said }));
    await rollout.pass();
    expect(await w.agents.work()).toBe(1);
  });

  it("tells why it refuses", async () => {
    const w = await world((id) => [{ endpointIds: [id(1)] }]);
    const rollout = w.engine();
    const deployment = expectOk(await rollout.deploy(w.plan.planId, 1, "user:ada"));
    expect(await rollout.command(deployment, { type: "resume", ...said })).toMatchObject({ problem: { code: "not-paused" } });
    expect(await rollout.command("dp_none", { type: "pause", ...said })).toMatchObject({ problem: { code: "unknown-deployment" } });
  });

  it("freezes the whole fleet and says so", async () => {
    const w = await world((id) => [{ endpointIds: [id(1)] }]);
    const rollout = w.engine();
    await rollout.freeze("end of quarter", "user:ada");
    const deployment = expectOk(await rollout.deploy(w.plan.planId, 1, "user:ada"));
    await rollout.pass();
    expect(await w.agents.work()).toBe(0);
    expect(expectOk(await rollout.explain(deployment)).sentences.join(" ")).toContain("end of quarter");
    await rollout.unfreeze("over", "user:ada");
    await rollout.pass();
    expect(await w.agents.work()).toBe(1);
  });
});

describe("what has changed since the approval", () => {
  it("holds back endpoints whose repository offers another version by now, and asks; a person may insist", async () => {
    const w = await world((id) => [{ endpointIds: [id(1), id(2)] }]);
    const rollout = w.engine();
    const deployment = expectOk(await rollout.deploy(w.plan.planId, 1, "user:ada"));
    await offer(store, w.id(2), "3.0.9");
    await rollout.pass();
    expect(expectOk(await rollout.get(deployment)).executions.map((e) => e.endpointId)).toEqual([w.id(1)]);
    expect(expectOk(await rollout.explain(deployment)).sentences.join(" ")).toContain("openssl 3.0.9 is out, and the plan installs 3.0.2.");
    expectOk(await rollout.command(deployment, { type: "override", ...said }));
    await rollout.pass();
    expect(expectOk(await rollout.get(deployment)).executions).toHaveLength(2);
  });
});

describe("a trigger of the plan", () => {
  it("is acted on when it has held for its time, across a restart in between", async () => {
    const triggers = [{ metric: "check_up", kind: "count" as const, threshold: 1, forMs: 2 * MINUTE, action: "rollback-wave" as const }];
    const w = await world((id) => [{ endpointIds: [id(1), id(2)], triggers }, { endpointIds: [id(3)] }]);
    const first = w.engine("one");
    const deployment = expectOk(await first.deploy(w.plan.planId, 1, "user:ada"));
    await first.pass();
    await w.agents.work();
    w.judge.say("undecided", [{ trigger: 0, since: w.clock.now(), sentence: "A check fails.", endpointIds: [w.id(2)] }]);
    await first.pass();
    expect(expectOk(await first.get(deployment)).rollback).toBeUndefined();
    await first.stop();
    w.clock.advance(2 * MINUTE);
    const second = w.engine("two");
    await second.pass();
    expect(expectOk(await second.get(deployment)).rollback).toMatchObject({ scope: "wave", harmed: [w.id(2)] });
    await w.agents.work();
    await second.pass();
    const view = expectOk(await second.get(deployment));
    expect(view.state).toBe("rolled-back");
    expect(view.timeline.find((e) => e.type === "branch-taken")?.data).toMatchObject({
      when: "trigger",
      action: "rollback-wave",
      ask: "operator",
    });
    const told = (await eventsAfter(store.db, 0, 5_000)).filter((e) => e.data.deploymentId === deployment).map((e) => e.type);
    expect(told).toEqual(expect.arrayContaining(["wave.trigger-held", "wave.branch-taken", "deployment.rollback-started"]));
  });
});

describe("a question that outlives its deployment", () => {
  it("is told again until a person has answered it", async () => {
    const w = await world((id) => [{ endpointIds: [id(1)] }]);
    const rollout = w.engine();
    const deployment = expectOk(await rollout.deploy(w.plan.planId, 1, "user:ada"));
    await rollout.pass();
    await w.agents.work(["accepted", "applying", "failed", "rolling-back", "rollback-failed"]);
    await rollout.pass();
    expectOk(await rollout.command(deployment, { type: "halt", ...said }));
    const view = async () => expectOk(await rollout.get(deployment));
    expect((await view()).finishedAt).toBeDefined();
    const ended = (await view()).finishedAt;
    w.clock.advance(61 * MINUTE);
    await rollout.pass();
    expect((await view()).decisions).toMatchObject([{ kind: "rollback-failed", reminded: 1 }]);
    expect((await view()).finishedAt).toBe(ended);
    expectOk(await rollout.command(deployment, { type: "override", ...said }));
    expect((await view()).decisions).toEqual([]);
  });
});

describe("an endpoint without network", () => {
  it("is unreachable for the gate, and is told to cancel instead of to apply when it comes back", async () => {
    const w = await world((id) => [{ endpointIds: [id(1), id(2)] }]);
    const rollout = w.engine();
    const deployment = expectOk(await rollout.deploy(w.plan.planId, 1, "user:ada"));
    w.agents.deaf.add(w.id(2));
    await rollout.pass();
    await w.agents.work();
    await store.db
      .update(schema.endpoint)
      .set({ connected: false })
      .where(eq(schema.endpoint.id, w.id(2)));
    w.clock.advance(11 * MINUTE);
    await rollout.pass();
    const view = expectOk(await rollout.get(deployment));
    expect(view.executions.map((e) => e.state).sort()).toEqual(["succeeded", "unreachable"]);
    expect(view.waves[0]?.gate.share).toMatchObject({ succeeded: 1, of: 2 });
    w.agents.deaf.clear();
    await w.agents.work();
    expect(w.agents.applied.has(w.id(2))).toBe(false);
    await rollout.pass();
    expect(
      expectOk(await rollout.get(deployment))
        .executions.map((e) => e.state)
        .sort(),
    ).toEqual(["cancelled", "succeeded"]);
  });
});

describe("several controllers on one store", () => {
  it("lets one drive while its lease lasts, and another take over when it ran out", async () => {
    const w = await world((id) => [{ endpointIds: [id(1)] }, { endpointIds: [id(2)] }]);
    const [one, two] = [w.engine("one"), w.engine("two")];
    const deployment = expectOk(await one.deploy(w.plan.planId, 1, "user:ada"));
    await one.pass();
    await two.pass();
    const holder = async () =>
      (await store.db.select().from(schema.deployment).where(eq(schema.deployment.id, deployment)))[0]?.leaseHolder;
    expect(await holder()).toBe("one");
    await w.agents.work();
    expectOk(await two.command(deployment, { type: "pause", ...said }));
    expectOk(await one.command(deployment, { type: "resume", ...said }));
    w.clock.advance(60_000);
    await two.pass();
    expect(await holder()).toBe("two");
    expect(expectOk(await two.get(deployment)).executions[0]?.state).toBe("succeeded");
  });

  it("does not let two deployments change one endpoint at a time", async () => {
    const w = await world((id) => [{ endpointIds: [id(1)] }]);
    const second = { ...w.plan, planId: `${w.plan.planId}b` };
    await seedPlan(store, second);
    const rollout = w.engine();
    const first = expectOk(await rollout.deploy(w.plan.planId, 1, "user:ada"));
    const later = expectOk(await rollout.deploy(second.planId, 1, "user:ada"));
    await rollout.pass();
    const said = async () => expectOk(await rollout.explain(later)).sentences.join(" ");
    expect(await said()).toContain(`deployment ${first} is changing them`);
    // Nor while it watches what it did: harm would be laid at the wrong door, and a rollback would undo the other's change.
    await w.agents.work();
    await rollout.pass();
    expect(await said()).toContain(`deployment ${first} changed them and watches what comes of it, until 2026-03-02T00:10`);
    w.clock.advance(11 * MINUTE);
    await rollout.pass();
    expect(expectOk(await rollout.get(later)).executions.map((e) => e.state)).toEqual(["queued"]);
  });

  it("takes for no change what another deployment withdrew before anything was done", async () => {
    const w = await world((id) => [{ endpointIds: [id(1)] }, { endpointIds: [id(2), id(3)] }]);
    const other = planOf([{ endpointIds: [w.id(2)] }], { planId: `${w.plan.planId}b` });
    await seedPlan(store, other);
    const rollout = w.engine();
    const beside = expectOk(await rollout.deploy(other.planId, 1, "user:ada"));
    await rollout.pass();
    expectOk(await rollout.command(beside, { type: "cancel", ...said }));
    await rollout.pass();
    const [row] = await store.db.select().from(schema.execution).where(eq(schema.execution.deploymentId, beside));
    expect(row).toMatchObject({ state: "cancelled", startedAt: expect.any(String) });
    expectOk(await rollout.deploy(w.plan.planId, 1, "user:ada"));
    await rollout.pass();
    await w.agents.work();
    await rollout.pass();
    expect(w.judge.asked.at(-1)?.control).toEqual([w.id(2), w.id(3)]);
  });

  it("takes for unchanged what no other deployment changed lately, and ends a watch where another one begins", async () => {
    const w = await world((id) => [{ endpointIds: [id(1)] }, { endpointIds: [id(2), id(3)] }]);
    const other = planOf([{ endpointIds: [w.id(2)], gate: { bakeMs: 0 } }], { planId: `${w.plan.planId}b` });
    await seedPlan(store, other);
    const rollout = w.engine();
    expectOk(await rollout.deploy(w.plan.planId, 1, "user:ada"));
    const beside = expectOk(await rollout.deploy(other.planId, 1, "user:ada"));
    await rollout.pass();
    await w.agents.work();
    await rollout.pass();
    const asked = w.judge.asked.findLast((q) => q.deploymentId !== beside);
    expect(asked?.control).toEqual([w.id(3)]);
    // Nothing holds a third one back once the bake is over; what the endpoint shows from then on is not the first one's doing.
    const third = planOf([{ endpointIds: [w.id(1)] }], { planId: `${w.plan.planId}c` });
    await seedPlan(store, third);
    w.judge.say("undecided");
    w.clock.advance(11 * MINUTE);
    expectOk(await rollout.deploy(third.planId, 1, "user:ada"));
    await rollout.pass();
    w.clock.advance(1_000);
    await rollout.pass();
    const watched = w.judge.asked.findLast((q) => q.deploymentId === asked?.deploymentId);
    expect(watched?.treated).toEqual([{ endpointId: w.id(1), patchedAt: START, until: START + 11 * MINUTE }]);
  });
});

/** A store whose n-th statement inside or outside a transaction fails, as if the process had died there. */
function dyingStore(base: Store, statement: number): Store & { readonly died: boolean } {
  let count = 0;
  const seen = { died: false };
  const step = () => {
    count += 1;
    if (count >= statement) {
      seen.died = true;
      throw new Error("the controller died here");
    }
  };
  const wrap = (db: Store["db"]): Store["db"] =>
    new Proxy(db, {
      get(target, property, receiver) {
        const value = Reflect.get(target, property, receiver);
        if (property === "transaction")
          return (work: (tx: Store["db"]) => Promise<unknown>) =>
            target.transaction(async (tx) => {
              const result = await work(wrap(tx as unknown as Store["db"]));
              step();
              return result;
            });
        if (typeof value !== "function" || !["insert", "update", "delete", "select", "execute"].includes(String(property))) return value;
        return (...args: unknown[]) => {
          step();
          return Reflect.apply(value, target, args);
        };
      },
    });
  return {
    ...base,
    db: wrap(base.db),
    get died() {
      return seen.died;
    },
  };
}

describe("a controller that dies between any two statements", () => {
  it("loses nothing, repeats nothing and starts nothing outside the rules", { timeout: 120_000 }, async () => {
    const gate = { bakeMs: 0 };
    const w = await world((id) => [
      { endpointIds: [id(1)], gate },
      { endpointIds: [id(2)], gate },
    ]);
    const deployment = expectOk(await w.engine().deploy(w.plan.planId, 1, "user:ada"));
    const state = async () => (await store.db.select().from(schema.deployment).where(eq(schema.deployment.id, deployment)))[0]?.state;
    let deaths = 0;
    let passes = 0;
    for (let statement = 1; (await state()) !== "succeeded"; statement += STRIDE) {
      passes += 1;
      expect(passes).toBeLessThan(MOST_PASSES);
      const dying = dyingStore(store, statement);
      await w
        .engine("one", dying)
        .pass()
        .catch(() => undefined);
      const sent = await store.db.select().from(schema.commandOutbox).where(isNull(schema.commandOutbox.doneAt));
      const queued = await store.db.select().from(schema.execution).where(eq(schema.execution.state, "queued"));
      expect(sent.map((r) => r.executionId)).toEqual(queued.map((e) => e.id));
      if (dying.died) {
        deaths += 1;
        continue;
      }
      statement = 1 - STRIDE;
      await w.agents.work();
      w.clock.advance(MINUTE);
    }
    expect(deaths).toBeGreaterThan(20);
    expect([...w.agents.applied.values()]).toEqual([1, 1]);
    const view = expectOk(await w.engine().get(deployment));
    expect(view.timeline.filter((e) => e.type === "execution-started")).toHaveLength(2);
    expect(view.executions.map((e) => e.state)).toEqual(["succeeded", "succeeded"]);
  });
});

/** Every so many-th statement is tried: all of them would take a minute and say the same. */
const STRIDE = 5;
const MOST_PASSES = 300;

describe("an engine that looks by itself", () => {
  it("looks also while it is woken again and again", async () => {
    const w = await world((id) => [{ endpointIds: [id(1)] }]);
    let wake = () => {};
    const listening: Store = {
      ...store,
      listen: async (_channel, heard) => {
        wake = () => heard("");
        return async () => {};
      },
    };
    const rollout = createRollout({
      ...{ store: listening, clock: w.clock, log: quiet, health: w.judge, instanceId: "woken", judgeEveryMs: 1 },
      pollMs: 3_600_000,
    });
    const deployment = expectOk(await rollout.deploy(w.plan.planId, 1, "user:ada"));
    await rollout.start();
    const storm = setInterval(() => wake(), 5);
    try {
      await expect
        .poll(async () => expectOk(await rollout.get(deployment)).executions.map((e) => e.endpointId), { timeout: 60_000 })
        .toEqual([w.id(1)]);
    } finally {
      clearInterval(storm);
      await rollout.stop();
    }
  });
});
