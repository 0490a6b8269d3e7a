import { readFile, writeFile } from "node:fs/promises";
import { expectOk } from "@breakwater/shared/core";
import { createLogger } from "@breakwater/shared/log";
import { and, desc, eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventsAfter, type Store, schema } from "../store/index.ts";
import { openTestStore } from "../store/testing.ts";
import { scopeOf } from "./event-scope.ts";
import { type Know, startKnow } from "./index.ts";
import type { FeedConfig } from "./intel/index.ts";
import { addEndpoint, CURL_FIXED, curlFeeds, curlPackages, curlUpdates, testClock, wireInventory, wirePackage } from "./testing.ts";

const { finding, endpoint } = schema;
let store: Store;
let know: Know;
let feeds: FeedConfig[];
const clock = testClock();
const start = () => startKnow({ store, clock, log: createLogger("test", "silent"), feeds, schedules: { feeds: null, atStart: false } });
const findings = (endpointId: string, state: string) =>
  store.db
    .select()
    .from(finding)
    .where(and(eq(finding.endpointId, endpointId), eq(finding.state, state)))
    .orderBy(desc(finding.risk), finding.id);

beforeAll(async () => {
  store = await openTestStore();
  feeds = await curlFeeds();
  for (const id of ["ep_a", "ep_b"]) await addEndpoint(store, id, { declaredExposure: id === "ep_a" ? "public" : "private" });
  know = await start();
});
afterAll(async () => {
  await know.stop();
  await store.close();
});

describe("know", () => {
  it("keeps findings current by itself, whichever comes first: inventory or intelligence", async () => {
    const inventory = () => wireInventory({ packages: curlPackages("7.88.1-10"), pendingUpdates: curlUpdates() });
    expectOk(await know.inventory.takeSnapshot("ep_a", inventory(), "1"));
    await know.intel.refresh();
    expectOk(await know.inventory.takeSnapshot("ep_b", inventory(), "1"));
    await know.settle();
    const [a, b] = [await findings("ep_a", "open"), await findings("ep_b", "open")];
    expect([a.length, b.length]).toEqual([5, 5]);
    expect(a[0]).toMatchObject({ vulnerabilityId: "CVE-2026-1001" });
    // The same flaw on the endpoint that the world reaches is worth more.
    expect(a[0]?.risk).toBeGreaterThan(b[0]?.risk ?? 100);
  });

  it("follows an endpoint's patch, and what happened while it was stopped", async () => {
    await know.stop();
    clock.pass(86_400_000);
    know = await start();
    expectOk(await know.inventory.takeSnapshot("ep_a", wireInventory({ packages: curlPackages(CURL_FIXED) }), "2"));
    await know.settle();
    expect((await findings("ep_a", "open")).map((f) => f.packageName)).toEqual(["tzdata"]);
    expect((await findings("ep_a", "fixed"))[0]).toMatchObject({ closedBy: expect.stringContaining(CURL_FIXED) });
  });

  it("looks only at the endpoints that a changed record can concern", async () => {
    await addEndpoint(store, "ep_c");
    expectOk(await know.inventory.takeSnapshot("ep_c", wireInventory({ packages: [wirePackage("bash", "5.2-1")] }), "1"));
    await know.settle();
    const [osv] = feeds;
    if (!osv) throw new Error("no feed");
    const records = JSON.parse(await readFile(osv.source, "utf8")) as { affected: { ranges: { events: object[] }[] }[] }[];
    const events = records[0]?.affected[0]?.ranges[0]?.events;
    events?.splice(1, 1, { fixed: "7.88.1-10+deb12u9" });
    await writeFile(osv.source, JSON.stringify(records));
    const position = (await eventsAfter(store.db, 0, 10_000)).at(-1)?.position ?? 0;
    await know.intel.refresh();
    const changed = (await eventsAfter(store.db, position, 100)).filter((e) => e.type === "intel.changed");
    expect(changed.map((e) => e.data)).toEqual([expect.objectContaining({ packages: ["curl"], vulnerabilities: [] })]);
    const scope = await scopeOf(store.db, changed);
    expect(scope).toEqual({
      endpointIds: [],
      touched: { endpointIds: ["ep_a", "ep_b"], own: new Map(), names: new Set(["curl"]), vulnerabilities: new Set() },
    });
    await know.settle();
    expect((await findings("ep_b", "open")).filter((f) => f.fixedVersion === "7.88.1-10+deb12u9")).toHaveLength(4);
  });

  it("rescores when operators change what an endpoint is worth", async () => {
    const risk = async () => (await findings("ep_b", "open")).find((f) => f.vulnerabilityId === "CVE-2026-1003")?.risk ?? 0;
    const before = await risk();
    await store.db.update(endpoint).set({ criticality: 5 }).where(eq(endpoint.id, "ep_b"));
    await know.matching.refreshFindings({ endpointIds: ["ep_b"] });
    expect(await risk()).toBeGreaterThan(before);
  });
});
