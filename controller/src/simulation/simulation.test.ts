import type { Instant } from "@breakwater/shared/core";
import { createLogger } from "@breakwater/shared/log";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createHealth } from "../act/health/index.ts";
import { type Store, schema } from "../store/index.ts";
import { openTestStore } from "../store/testing.ts";
import { createDemoClock } from "./demo-clock.ts";
import { simulatedFleet } from "./fleet.ts";
import { startDemo } from "./index.ts";
import { inventoryDigest, inventoryOf } from "./inventory.ts";

const NOW = Date.UTC(2026, 2, 4, 12, 0) as Instant;
const log = createLogger("test", "silent");
let store: Store;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

describe("simulated fleet", () => {
  it("is sixty machines in three zones, the same for the same seed", () => {
    const fleet = simulatedFleet("a");
    expect(fleet).toHaveLength(60);
    expect(new Set(fleet.map((e) => e.timezone)).size).toBe(3);
    expect(new Set(fleet.map((e) => e.machineId)).size).toBe(60);
    expect(simulatedFleet("a")).toEqual(fleet);
    expect(simulatedFleet("b")).not.toEqual(fleet);
  });

  it("offers an update until it is installed", () => {
    const [web] = simulatedFleet("a").filter((e) => e.role === "web");
    if (!web) throw new Error("no web server");
    const before = inventoryOf(web, new Map(), NOW);
    const after = inventoryOf(web, new Map([["shop-edge", "2.9.0-1"]]), NOW);
    expect(before.pendingUpdates.map((u) => u.name)).toEqual(["libssl3", "openssl", "rsync", "shop-edge"]);
    expect(after.pendingUpdates.map((u) => u.name)).not.toContain("shop-edge");
    expect(inventoryDigest(web, new Map())).not.toBe(inventoryDigest(web, new Map([["shop-edge", "2.9.0-1"]])));
  });
});

describe("demo clock", () => {
  it("hurries without jumping, then follows the real one", () => {
    let present = NOW as number;
    const clock = createDemoClock({ now: () => present as Instant }, (NOW - 100_000) as Instant, 10);
    present += 400;
    clock.advance();
    expect(clock.now()).toBe(NOW - 96_000);
    present += 60_000;
    clock.advance();
    expect(clock.now()).toBe(NOW - 91_000);
    expect(clock.caughtUp()).toBe(false);
    for (let i = 0; i < 60; i++) {
      present += 500;
      clock.advance();
    }
    expect(clock.caughtUp()).toBe(true);
    present += 5;
    expect(clock.now()).toBe(present);
  });
});

describe("demo", () => {
  it("brings a marked fleet, proposes and approves its plans once, and goes on after a restart", { timeout: 60_000 }, async () => {
    // A real clock that makes each tick the longest step, so that the story does not wait for the wall.
    let present = NOW as number;
    const real = {
      now() {
        present += 20;
        return present as Instant;
      },
    };
    const health = createHealth({ store, clock: real, log });
    const plans = () => store.db.select().from(schema.plan);
    const deployments = () => store.db.select().from(schema.deployment);
    const first = await startDemo({ store, log, health, real, speed: 20_000 });
    await expect.poll(async () => (await deployments()).length, { timeout: 40_000, interval: 200 }).toBe(2);
    await first.stop();
    const endpoints = await store.db.select().from(schema.endpoint);
    expect(endpoints).toHaveLength(60);
    expect(endpoints.every((e) => e.simulated && e.connected && e.inventoryDigest !== "")).toBe(true);
    expect((await plans()).every((p) => p.simulated && p.state === "deployed" && p.title.includes("simulated"))).toBe(true);
    expect((await deployments()).every((d) => d.simulated)).toBe(true);
    expect((await store.db.select().from(schema.updateCatalogue)).every((u) => u.describedAt !== null)).toBe(true);

    const second = await startDemo({ store, log, health, real, speed: 20_000 });
    const at = second.clock.now();
    await expect.poll(() => second.clock.now(), { timeout: 20_000 }).toBeGreaterThan(at);
    await second.stop();
    expect(await plans()).toHaveLength(2);
    expect(await deployments()).toHaveLength(2);
    expect(await store.db.select().from(schema.endpoint)).toHaveLength(60);
    const enrolled = await store.db
      .select({ n: sql<number>`count(*)::int` })
      .from(schema.domainEvent)
      .where(eq(schema.domainEvent.type, "endpoint.enrolled"));
    expect(enrolled[0]?.n).toBe(60);
  });
});
