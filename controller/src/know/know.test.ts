import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expectOk } from "@breakwater/shared/core";
import { createLogger } from "@breakwater/shared/log";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Store, schema } from "../store/index.ts";
import { openTestStore } from "../store/testing.ts";
import { type Know, startKnow } from "./index.ts";
import { addEndpoint, testClock, wireInventory, wirePackage, wireUpdate } from "./testing.ts";

const FIXED = "7.88.1-10+deb12u8";
let store: Store;
let know: Know;
let folder: string;
const clock = testClock();
const start = () =>
  startKnow({
    store,
    clock,
    log: createLogger("test", "silent"),
    feeds: [
      { id: "osv-debian", kind: "osv", source: join(folder, "osv.json") },
      { id: "kev", kind: "kev", source: join(folder, "kev.csv") },
    ],
    schedules: { feeds: null, atStart: false },
  });

const advisory = (id: string, name: string, cves: string[], fixed: string) => ({
  id,
  upstream: cves,
  summary: `${name} - security update`,
  affected: [{ package: { ecosystem: "Debian:12", name }, ranges: [{ type: "ECOSYSTEM", events: [{ introduced: "0" }, { fixed }] }] }],
});
const curl = (version: string) => [
  wirePackage("curl", version),
  wirePackage("libcurl4", version, { sourceName: "curl", sourceVersion: version }),
  wirePackage("tzdata", "2025a-0"),
];

beforeAll(async () => {
  store = await openTestStore();
  folder = await mkdtemp(join(tmpdir(), "breakwater-test-"));
  await writeFile(
    join(folder, "osv.json"),
    JSON.stringify([
      advisory("DSA-1-1", "curl", ["CVE-2026-1001", "CVE-2026-1002"], FIXED),
      advisory("DSA-2-1", "tzdata", ["CVE-2026-1003"], "2025b-0"),
    ]),
  );
  await writeFile(join(folder, "kev.csv"), "cveID,vulnerabilityName,dateAdded\nCVE-2026-1001,A flaw in curl,2026-02-01\n");
  for (const id of ["ep_a", "ep_b"]) await addEndpoint(store, id, { declaredExposure: id === "ep_a" ? "public" : "private" });
  know = await start();
});
afterAll(async () => {
  await know.stop();
  await store.close();
});

describe("know", () => {
  it("keeps findings current by itself, whichever comes first: inventory or intelligence", async () => {
    const pendingUpdates = ["curl", "libcurl4"].map((name) =>
      wireUpdate(name, "7.88.1-10", FIXED, { sourceName: "curl", held: name === "curl" }),
    );
    expectOk(await know.inventory.takeSnapshot("ep_a", wireInventory({ packages: curl("7.88.1-10"), pendingUpdates }), "1"));
    await know.intel.refresh();
    expectOk(await know.inventory.takeSnapshot("ep_b", wireInventory({ packages: curl("7.88.1-10"), pendingUpdates }), "1"));
    await know.settle();
    const all = await know.findings();
    expect(all.items).toHaveLength(10);
    expect(all.next).toBeNull();
    expect(all.items[0]).toMatchObject({ endpointId: "ep_a", vulnerabilityId: "CVE-2026-1001", kev: true, state: "open" });
  });

  it("pages through findings by risk without losing or repeating one", async () => {
    const seen: number[] = [];
    let cursor: string | undefined;
    do {
      const page = await know.findings({ limit: 3, cursor });
      seen.push(...page.items.map((f) => f.id));
      cursor = page.next ?? undefined;
    } while (cursor);
    expect(seen).toEqual((await know.findings()).items.map((f) => f.id));
    expect((await know.findings({ endpointId: "ep_b", package: "curl", cve: "cve-2026-1002" })).items).toHaveLength(2);
  });

  it("queues patches, not CVEs: what each would remove, where, and why", async () => {
    const [first, second, ...more] = await know.patchQueue();
    expect(more).toEqual([]);
    expect(first).toMatchObject({
      source: "curl",
      targetVersion: FIXED,
      available: true,
      security: true,
      findings: 8,
      endpoints: 2,
      exposedEndpoints: 1,
      cves: ["CVE-2026-1001", "CVE-2026-1002"],
      kevCount: 1,
      heldEndpoints: 2,
      phasedEndpoints: 0,
    });
    expect(first?.updateIds).toHaveLength(2);
    expect(first?.top).toMatchObject({ vulnerabilityId: "CVE-2026-1001", hostname: "ep_a" });
    expect(first?.top?.factors.map((f) => f.name)).toContain("known exploited");
    const sum = (await know.findings({ package: "curl" })).items.reduce((total, f) => total + f.risk, 0);
    expect(first?.riskRemoved).toBeCloseTo(sum, 9);
    expect(second).toMatchObject({ source: "tzdata", targetVersion: "2025b-0", available: false, updateIds: [] });
  });

  it("tells everything about one vulnerability, and nothing about an unknown one", async () => {
    expect(await know.vulnerability("cve-2026-1001")).toMatchObject({
      id: "CVE-2026-1001",
      summary: "A flaw in curl",
      signals: [{ kind: "kev", source: "kev", at: "2026-02-01T00:00:00.000Z" }],
      advisories: [{ id: "DSA-1-1", affected: [{ distribution: "debian:12", package: "curl", fixed: FIXED }] }],
      findings: [{ state: "open", count: 4, endpoints: 2 }],
    });
    expect(await know.vulnerability("CVE-1999-99999")).toBeNull();
  });

  it("follows an endpoint's patch, and what happened while it was stopped", async () => {
    await know.stop();
    clock.pass(86_400_000);
    know = await start();
    expectOk(await know.inventory.takeSnapshot("ep_a", wireInventory({ packages: curl(FIXED) }), "2"));
    await know.settle();
    expect((await know.findings({ endpointId: "ep_a" })).items.map((f) => f.packageName)).toEqual(["tzdata"]);
    expect((await know.findings({ endpointId: "ep_a", state: "fixed" })).items[0]).toMatchObject({
      closedBy: expect.stringContaining(FIXED),
    });
  });

  it("sums up the fleet, and counts endpoints that it knows nothing of", async () => {
    await addEndpoint(store, "ep_new");
    const risk = await know.fleetRisk();
    expect(risk).toMatchObject({ endpoints: 2, unknownEndpoints: 1, endpointsWithFindings: 2, open: 6, noFix: 0, knownExploited: 2 });
    expect(risk.history).toHaveLength(31);
    expect(risk.history.at(-1)?.total).toBeCloseTo(risk.total, 9);
  });

  it("rescores when operators change what an endpoint is worth", async () => {
    const before = (await know.findings({ endpointId: "ep_b", cve: "CVE-2026-1003" })).items[0]?.risk ?? 0;
    await store.db.update(schema.endpoint).set({ criticality: 5 }).where(eq(schema.endpoint.id, "ep_b"));
    await know.matching.refreshFindings({ endpointIds: ["ep_b"] });
    expect((await know.findings({ endpointId: "ep_b", cve: "CVE-2026-1003" })).items[0]?.risk).toBeGreaterThan(before);
  });
});
