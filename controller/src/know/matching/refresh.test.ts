import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expectOk } from "@breakwater/shared/core";
import { createLogger } from "@breakwater/shared/log";
import { asc, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventsAfter, type Store, schema } from "../../store/index.ts";
import { openTestStore } from "../../store/testing.ts";
import { createIntel, type Intel } from "../intel/index.ts";
import { createInventory, type Inventory } from "../inventory/index.ts";
import { addEndpoint, testClock, wireInventory, wirePackage, wireUpdate } from "../testing.ts";
import { createMatching, type Matching } from "./index.ts";

let store: Store;
let inventory: Inventory;
let matching: Matching;
let intel: Intel;
let feed: string;
const clock = testClock();

/** Publishes advisories on openssl: [id, CVE, fixed version]. */
const publish = async (...advisories: [string, string, string | null][]) => {
  const records = advisories.map(([id, cve, fixed]) => ({
    id,
    upstream: [cve],
    affected: [
      {
        package: { ecosystem: "Debian:12", name: "openssl" },
        ranges: [{ type: "ECOSYSTEM", events: [{ introduced: "0" }, ...(fixed ? [{ fixed }] : [])] }],
      },
    ],
  }));
  await writeFile(feed, JSON.stringify(records));
  for (const { result } of await intel.refresh()) expectOk(result);
};
const openssl = (version: string) => [
  wirePackage("libssl3", version, { sourceName: "openssl", sourceVersion: version }),
  wirePackage("curl", "7.88-1"),
];
const findings = async (endpointId = "ep_a") =>
  (
    await store.db
      .select()
      .from(schema.finding)
      .where(eq(schema.finding.endpointId, endpointId))
      .orderBy(asc(schema.finding.packageName), asc(schema.finding.vulnerabilityId))
  ).map((f) => `${f.packageName} ${f.vulnerabilityId} ${f.state}${f.fixedVersion ? ` -> ${f.fixedVersion}` : ""}`);
const report = async (packages = openssl("3.0.9-1"), more = {}, digest = `${Math.random()}`) =>
  expectOk(await inventory.takeSnapshot("ep_a", wireInventory({ packages, ...more }), digest));

beforeAll(async () => {
  store = await openTestStore();
  feed = join(await mkdtemp(join(tmpdir(), "breakwater-test-")), "osv.json");
  inventory = createInventory({ store, clock });
  matching = createMatching({ store, clock });
  intel = createIntel({ store, clock, log: createLogger("test", "silent"), feeds: [{ id: "osv-debian", kind: "osv", source: feed }] });
  await addEndpoint(store, "ep_a", { criticality: 5, declaredExposure: "public" });
  await addEndpoint(store, "ep_silent");
});
afterAll(() => store.close());

describe("findings", () => {
  it("open for what is installed and affected, with risk, factors and proofs", async () => {
    await publish(["DSA-1-1", "CVE-2026-1001", "3.0.11-1"], ["DSA-2-1", "CVE-2026-1002", null]);
    await report();
    expect(await matching.refreshFindings("all")).toEqual({ endpoints: 1, opened: 2, changed: 0, closed: 0 });
    expect(await findings()).toEqual(["libssl3 CVE-2026-1001 open -> 3.0.11-1", "libssl3 CVE-2026-1002 no-fix"]);
    const [row] = await store.db.select().from(schema.finding).orderBy(asc(schema.finding.vulnerabilityId)).limit(1);
    expect(row?.risk).toBeGreaterThan(0);
    expect(row?.proofs).toEqual([expect.objectContaining({ record: "DSA-1-1", feed: "osv-debian" })]);
    const events = (await eventsAfter(store.db, 0, 1_000)).filter((e) => e.type === "finding.opened");
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({ subject: "endpoint:ep_a", data: { count: 2, vulnerabilities: ["CVE-2026-1001", "CVE-2026-1002"] } });
  });

  it("are left alone when nothing changed", async () => {
    expect(await matching.refreshFindings({ endpointIds: ["ep_a", "ep_silent"] })).toEqual({
      endpoints: 1,
      opened: 0,
      changed: 0,
      closed: 0,
    });
  });

  it("name the pending update that closes them, and come from changelogs where no advisory speaks", async () => {
    const pendingUpdates = [
      wireUpdate("libssl3", "3.0.9-1", "3.0.11-1", { sourceName: "openssl" }),
      wireUpdate("curl", "7.88-1", "7.88-1+deb12u1"),
    ];
    await report(undefined, { pendingUpdates });
    const [curl] = await inventory.updatesToDescribe("ep_a", 1);
    if (!curl) throw new Error("nothing to describe");
    await inventory.takeDescriptions("ep_a", [
      { update: curl, cves: ["CVE-2026-2000"], urgency: "high", changelog: "", maintainerScripts: [], problem: "" },
    ]);
    await matching.refreshFindings("all");
    expect(await findings()).toEqual([
      "curl CVE-2026-2000 open -> 7.88-1+deb12u1",
      "libssl3 CVE-2026-1001 open -> 3.0.11-1",
      "libssl3 CVE-2026-1002 no-fix",
    ]);
    const rows = await store.db
      .select({ name: schema.updateCatalogue.name, proofs: schema.finding.proofs })
      .from(schema.finding)
      .innerJoin(schema.updateCatalogue, eq(schema.updateCatalogue.id, schema.finding.updateId))
      .orderBy(asc(schema.updateCatalogue.name));
    expect(rows.map((r) => r.name)).toEqual(["curl", "libssl3"]);
    expect(rows[0]?.proofs).toEqual([expect.objectContaining({ record: "changelog of curl 7.88-1+deb12u1 from Debian-Security" })]);
  });

  it("stay open when the feed fails, shrinks, or no longer speaks of them", async () => {
    await writeFile(feed, '[{"id": "DSA-1-1", "affec');
    const [failed] = await intel.refresh();
    expect(failed?.result.ok).toBe(false);
    expect((await intel.status())[0]?.problem).not.toBe("");
    await matching.refreshFindings("all");
    expect(await findings()).toHaveLength(3);
    await publish(["DSA-3-1", "CVE-2026-1002", null]);
    await matching.refreshFindings("all");
    expect(await findings()).toContain("libssl3 CVE-2026-1001 open -> 3.0.11-1");
  });

  it("stay open when the collector failed", async () => {
    await report([], { problems: [{ collector: "packages", code: "locked", message: "unreadable" }] });
    await matching.refreshFindings("all");
    expect((await findings()).filter((f) => f.includes("open"))).toHaveLength(2);
  });

  it("close because a fixed version was seen, or the package is gone", async () => {
    await report([wirePackage("libssl3", "3.0.11-1", { sourceName: "openssl", sourceVersion: "3.0.11-1" })]);
    await matching.refreshFindings("all");
    expect(await findings()).toEqual([
      "curl CVE-2026-2000 gone -> 7.88-1+deb12u1",
      "libssl3 CVE-2026-1001 fixed -> 3.0.11-1",
      "libssl3 CVE-2026-1002 no-fix",
    ]);
    const events = (await eventsAfter(store.db, 0, 1_000)).filter((e) => e.type === "finding.closed");
    expect(events.at(-1)?.data).toMatchObject({ count: 2, fixed: 1, gone: 1 });
  });

  it("open again when the old version comes back", async () => {
    await publish(["DSA-1-1", "CVE-2026-1001", "3.0.11-1"], ["DSA-2-1", "CVE-2026-1002", null]);
    await report(openssl("3.0.9-1"));
    await matching.refreshFindings("all");
    expect(await findings()).toContain("libssl3 CVE-2026-1001 open -> 3.0.11-1");
  });

  it("that a person accepted stay accepted", async () => {
    await store.db.execute(
      sql`update finding set state = 'ignored', closed_by = 'user:ada', closed_at = now() where vulnerability_id = 'CVE-2026-1002'`,
    );
    await matching.refreshFindings("all");
    expect(await findings()).toContain("libssl3 CVE-2026-1002 ignored");
  });
});
