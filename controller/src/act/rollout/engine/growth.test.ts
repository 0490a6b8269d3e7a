import { expectOk } from "@breakwater/shared/core";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventsAfter, type Store, schema } from "../../../store/index.ts";
import { openTestStore } from "../../../store/testing.ts";
import { MINUTE, planOf } from "../core/testing.ts";
import { createRollout } from "./engine.ts";
import { quiet, seedPlan, testAgents, testClock, testJudge } from "./testing.ts";

let store: Store;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

const ids = (from: number, n: number) => Array.from({ length: n }, (_, i) => `ep_g${from + i}`);
const growth = {
  smallest: 1,
  largestFactor: 3,
  ceiling: 5,
  seed: "signed",
  // So sure of the patch that no draw of a new deployment makes a wave smaller than the rails do.
  prior: { happened: 1, not: 4_999 },
  harmCostDays: 10,
  waitMinutes: 1_440,
  approveEach: false,
};

describe("a live deployment that grows by belief", () => {
  it("decides each size once, writes its numbers down, and another engine goes on with the same waves", async () => {
    const gate = { bakeMs: 10 * MINUTE };
    const plan = planOf(
      [
        { endpointIds: ids(0, 2), gate },
        { endpointIds: ids(2, 3), gate, stretch: "rest" },
        { endpointIds: ids(5, 7), gate, stretch: "rest" },
      ],
      { planId: "pl_grows", growth },
    );
    await seedPlan(store, plan);
    const clock = testClock();
    const agents = testAgents(store, clock);
    const engine = (instanceId: string) =>
      createRollout({ store, clock, log: quiet, health: testJudge(), instanceId, judgeEveryMs: 1, leaseMs: MINUTE });
    const deployment = expectOk(await engine("one").deploy(plan.planId, 1, "user:ada"));
    const step = async (instanceId: string) => {
      const rollout = engine(instanceId);
      await rollout.pass();
      await agents.work();
      await rollout.pass();
      clock.advance(11 * MINUTE);
    };
    expectOk(await engine("one").command(deployment, { type: "leave-out", endpointIds: ["ep_g11"], actor: "user:ada", reason: "retired" }));
    // Each step by an engine that knows nothing but the store.
    for (let i = 0; i < 10; i += 1) await step(`engine ${i}`);

    const view = expectOk(await engine("last").get(deployment));
    expect(view.state).toBe("succeeded");
    expect([...agents.applied.values()]).toEqual(Array.from({ length: 11 }, () => 1));
    const sized = view.timeline.filter((e) => e.type === "wave-sized").map((e) => e.data as Record<string, unknown>);
    expect(sized.map((e) => [e.wave, e.size, e.before, e.left, e.happened, e.of, e.bound])).toEqual([
      [1, 5, 2, 9, 0, 2, "ceiling"],
      [2, 4, 5, 4, 0, 7, "left"],
    ]);
    expect(view.waves.map((w) => w.endpointIds.length)).toEqual([2, 5, 5]);
    const [left] = await store.db.select().from(schema.execution).where(eq(schema.execution.endpointId, "ep_g11"));
    expect(left).toMatchObject({ wave: 2, state: "cancelled" });
    // The chain of records keeps the numbers, and the events whom they are about.
    const told = (await eventsAfter(store.db, 0, 1_000)).filter((e) => e.type === "wave.sized");
    expect(told.map((e) => e.data)).toMatchObject([
      { wave: 1, size: 5, draw: expect.any(Number), mean: 0.0002, waveName: "wave 2" },
      { wave: 2, size: 4 },
    ]);
    expect(told[0]?.data).not.toHaveProperty("endpointIds");
  });
});
