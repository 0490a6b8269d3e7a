import type { Instant } from "@breakwater/shared/core";
import type { Sample } from "@breakwater/shared/health";
import { createLogger } from "@breakwater/shared/log";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Store, schema } from "../../../store/index.ts";
import { openTestStore } from "../../../store/testing.ts";
import { createHealth } from "../health.ts";
import type { FleetSample } from "./subscriptions.ts";

const T0 = Date.UTC(2026, 2, 4, 3, 0) as Instant;
const at = (seconds: number) => (T0 + seconds * 1000) as Instant;
const cpu = (value: number): Sample[] => [{ metric: "cpu_percent", subject: "", value }];
const log = createLogger("test", "silent");
let store: Store;
let now = T0;
const clock = { now: () => now };
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

const minutesOf = async (health: ReturnType<typeof createHealth>, endpointId: string) =>
  (await health.series({ endpointIds: [endpointId], from: T0, to: at(3600) }))[0]?.points;

describe("health telemetry", () => {
  it("rolls samples up to minutes, the same before and after they reach the database", async () => {
    now = at(150);
    const health = createHealth({ store, clock, log });
    for (const [i, value] of [10, 20, 30, 40].entries()) health.take("a", at(i * 15), cpu(value));
    health.take("a", at(130), cpu(99));
    const expected = [
      { at: T0, count: 4, mean: 25, min: 10, max: 40, last: 40 },
      { at: at(120), count: 1, mean: 99, min: 99, max: 99, last: 99 },
    ];
    expect(await minutesOf(health, "a")).toEqual(expected);
    await health.flush();
    expect(health.counters()).toMatchObject({ pendingMinutes: 1, taken: 5 });
    expect(await minutesOf(health, "a")).toEqual(expected);
    await health.stop();
    expect(await minutesOf(createHealth({ store, clock, log }), "a")).toEqual(expected);
  });

  it("adds a late sample to the minute that is written already", async () => {
    now = at(600);
    const health = createHealth({ store, clock, log });
    health.take("late", at(0), cpu(10));
    await health.flush();
    health.take("late", at(30), cpu(30));
    await health.flush();
    expect(await minutesOf(health, "late")).toEqual([{ at: T0, count: 2, mean: 20, min: 10, max: 30, last: 30 }]);
  });

  it("gives single samples where it still has them, minutes before that", async () => {
    now = at(600);
    const before = createHealth({ store, clock, log });
    before.take("raw", at(0), cpu(1));
    before.take("raw", at(15), cpu(3));
    await before.stop();
    const health = createHealth({ store, clock, log });
    health.take("raw", at(120), cpu(5));
    health.take("raw", at(135), cpu(7));
    const minutes = await health.series({ endpointIds: ["raw"], from: T0, to: at(3600) });
    const [series] = health.refine(minutes, T0, at(3600));
    expect(series?.points.map((p) => [p.at, p.mean, p.count])).toEqual([
      [T0, 2, 2],
      [at(120), 5, 1],
      [at(135), 7, 1],
    ]);
    expect(await health.latest("raw")).toEqual([{ endpointId: "raw", metric: "cpu_percent", subject: "", at: at(135), value: 7 }]);
    const restarted = createHealth({ store, clock, log });
    expect((await restarted.latest("raw"))[0]?.value).toBe(3);
  });

  it("refuses what is no number, of no metric, or from the future", () => {
    now = at(0);
    const health = createHealth({ store, clock, log });
    health.take("x", at(0), [
      { metric: "cpu_percent", subject: "", value: Number.NaN },
      { metric: "horoscope" as "cpu_percent", subject: "", value: 1 },
    ]);
    health.take("x", at(3600), cpu(1));
    expect(health.counters()).toMatchObject({ taken: 0, refused: 3 });
  });

  it("survives an outage of the database: waits, drops the oldest beyond its limit, and counts them", async () => {
    now = at(6000);
    let broken = true;
    const flaky = {
      ...store,
      db: new Proxy(store.db, {
        get: (db, key) => (broken && key === "transaction" ? () => Promise.reject(new Error("gone")) : Reflect.get(db, key)),
      }),
    };
    const health = createHealth({ store: flaky, clock, log, maxPendingMinutes: 3 });
    for (let minute = 0; minute < 5; minute++) health.take("outage", at(minute * 60), cpu(minute));
    await health.flush();
    expect(health.counters()).toMatchObject({ pendingMinutes: 3, droppedMinutes: 2 });
    broken = false;
    await health.flush();
    expect(health.counters()).toMatchObject({ pendingMinutes: 0, droppedMinutes: 2 });
    expect((await minutesOf(health, "outage"))?.map((p) => p.mean)).toEqual([2, 3, 4]);
  });

  it("lets watchers choose by endpoint, metric and tag", async () => {
    now = at(0);
    const row = {
      hostname: "h",
      machineId: "m",
      osId: "debian",
      osVersion: "12",
      osName: "Debian",
      architecture: "amd64",
      kernelRelease: "6",
      agentVersion: "1",
      enrolledAt: new Date(T0).toISOString(),
    };
    await store.db.insert(schema.endpoint).values([
      { ...row, id: "web", tags: ["web", "eu"] },
      { ...row, id: "db", tags: ["db"] },
    ]);
    const health = createHealth({ store, clock, log });
    const seen: Record<string, string[]> = { all: [], metric: [], tag: [] };
    const into = (name: string) => (samples: readonly FleetSample[]) => void seen[name]?.push(...samples.map((s) => s.endpointId));
    health.subscribe({}, into("all"));
    health.subscribe({ metrics: ["load1"], endpointIds: ["web"] }, into("metric"));
    const end = health.subscribe({ tags: ["web"] }, into("tag"));
    await expect
      .poll(() => {
        health.take("web", at(0), cpu(1));
        return seen.tag?.length;
      })
      .toBeGreaterThan(0);
    end();
    const tagged = seen.tag?.length;
    health.take("db", at(0), cpu(1));
    health.take("web", at(0), [{ metric: "load1", subject: "", value: 1 }]);
    await expect.poll(() => seen.metric).toEqual(["web"]);
    expect(seen.all).toContain("db");
    expect(seen.tag).toHaveLength(tagged as number);
  });

  it("drops the oldest samples of a watcher that does not keep up, and tells it how many", async () => {
    now = at(0);
    const health = createHealth({ store, clock, log });
    const batches: { samples: number; dropped: number }[] = [];
    let release = () => {};
    health.subscribe({}, async (samples, dropped) => {
      batches.push({ samples: samples.length, dropped });
      if (batches.length === 1) await new Promise<void>((done) => (release = done));
    });
    health.take("slow", at(0), cpu(0));
    await expect.poll(() => batches.length).toBe(1);
    for (let i = 0; i < 12_000; i++) health.take("slow", at(0), cpu(i));
    release();
    await expect.poll(() => batches.reduce((n, b) => n + b.samples + b.dropped, 0)).toBe(12_001);
    expect(batches.some((b) => b.dropped > 0)).toBe(true);
  });
});
