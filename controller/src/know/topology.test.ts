import { expectOk } from "@breakwater/shared/core";
import { createLogger } from "@breakwater/shared/log";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Store, schema } from "../store/index.ts";
import { openTestStore } from "../store/testing.ts";
import { createFleet, type Fleet } from "./fleet/index.ts";
import { type Know, startKnow } from "./index.ts";
import { addEndpoint, curlFeeds, curlPackages, curlUpdates, testClock, wireInventory } from "./testing.ts";

let store: Store;
let know: Know;
let fleet: Fleet;
const clock = testClock();
const listener = {
  ...{ protocol: "tcp", address: "10.0.0.5", port: 8443, scope: "private", pid: 7, process: "shop", package: "", unit: "shop.service" },
  namespace: "",
};

beforeAll(async () => {
  store = await openTestStore();
  know = await startKnow({
    store,
    clock,
    log: createLogger("test", "silent"),
    feeds: await curlFeeds(),
    schedules: { feeds: null, atStart: false },
  });
  fleet = createFleet({ store, clock });
  await know.intel.refresh();
  await addEndpoint(store, "ep_a", { tags: ["web"] });
  const loaded = { name: "libcurl4", pids: [7], units: ["shop.service"], restartNeeded: false, files: [], stale: [], reach: "private" };
  const inventory = wireInventory({
    packages: curlPackages("7.88.1-10"),
    pendingUpdates: curlUpdates(),
    listeners: [listener],
    loadedPackages: [loaded],
  });
  expectOk(await know.inventory.takeSnapshot("ep_a", inventory, "1"));
  await know.settle();
});
afterAll(async () => {
  await know.stop();
  await store.close();
});

const reaches = async () => {
  const rows = await store.db.select().from(schema.finding);
  return [...new Set(rows.filter((f) => f.packageName === "libcurl4").map((f) => f.exposure))];
};
const riskOf = async () =>
  (await store.db.select().from(schema.finding)).filter((f) => f.packageName === "libcurl4").reduce((n, f) => n + f.risk, 0);

describe("a fleet file that says what stands in front of endpoints", () => {
  it("widens the reach of their findings, raises their risk, and lets both fall again when it says so no more", async () => {
    expect(await reaches()).toEqual(["private"]);
    const before = await riskOf();
    const balancer = "loadBalancers: [{ id: front, exposure: public, tags: [web], ports: [8443] }]\n";
    expectOk(await fleet.importFile(`version: 1\n${balancer}`, "user:ada"));
    await know.settle();
    expect(await reaches()).toEqual(["public"]);
    expect(await riskOf()).toBeGreaterThan(before);
    expectOk(await fleet.importFile("version: 1\nloadBalancers: []\n", "user:ada"));
    await know.settle();
    expect(await reaches()).toEqual(["private"]);
    expect(await riskOf()).toBeCloseTo(before, 6);
  });
  it("places endpoints in a zone that the internet reaches", async () => {
    const file = "version: 1\nzones: [{ id: dmz, reachedFrom: [internet] }]\nendpoints: [{ endpoint: ep_a, zone: dmz }]\n";
    expectOk(await fleet.importFile(file, "user:ada"));
    await know.settle();
    expect(await reaches()).toEqual(["public"]);
  });
});
