import { expectOk } from "@breakwater/shared/core";
import { asc, eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventsAfter, type Store, schema } from "../../store/index.ts";
import { openTestStore } from "../../store/testing.ts";
import { addEndpoint, testClock, wireInventory, wirePackage, wireUpdate } from "../testing.ts";
import { createInventory, type Inventory, readFacts } from "./index.ts";

let store: Store;
let inventory: Inventory;
const clock = testClock();
beforeAll(async () => {
  store = await openTestStore();
  inventory = createInventory({ store, clock });
  for (const id of ["ep_a", "ep_b", "ep_c"]) await addEndpoint(store, id);
});
afterAll(() => store.close());

const installed = async (endpointId: string) =>
  (
    await store.db
      .select({ name: schema.packageCatalogue.name, version: schema.packageCatalogue.version, held: schema.endpointPackage.held })
      .from(schema.endpointPackage)
      .innerJoin(schema.packageCatalogue, eq(schema.packageCatalogue.id, schema.endpointPackage.packageId))
      .where(eq(schema.endpointPackage.endpointId, endpointId))
      .orderBy(asc(schema.packageCatalogue.name))
  ).map((p) => `${p.name} ${p.version}${p.held ? " held" : ""}`);

describe("inventory", () => {
  it("stores each distinct package once, and says which endpoint has it", async () => {
    const packages = [wirePackage("libssl3", "3.0.9-1", { sourceName: "openssl" }), wirePackage("bash", "5.2-1", { held: true })];
    expectOk(await inventory.takeSnapshot("ep_a", wireInventory({ packages }), "d1"));
    const again = expectOk(await inventory.takeSnapshot("ep_b", wireInventory({ packages }), "d1"));
    expect(again).toEqual({ kind: "taken", changed: 2, removed: 0 });
    expect(await installed("ep_b")).toEqual(["bash 5.2-1 held", "libssl3 3.0.9-1"]);
    const catalogue = await store.db.select().from(schema.packageCatalogue).orderBy(asc(schema.packageCatalogue.name));
    expect(catalogue.map((p) => [p.name, p.sourceName, p.sourceVersion, p.distribution])).toEqual([
      ["bash", "bash", "5.2-1", "debian:12"],
      ["libssl3", "openssl", "3.0.9-1", "debian:12"],
    ]);
    expect(await inventory.knownDigest("ep_b")).toBe("d1");
    const told = (await eventsAfter(store.db, 0, 100)).filter((e) => e.type === "inventory.changed");
    expect(told.map((e) => e.subject)).toEqual(["endpoint:ep_a", "endpoint:ep_b"]);
  });

  it("applies a delta to the digest it was made for, and asks for everything otherwise", async () => {
    const delta = {
      baseDigest: "d1",
      digest: "d2",
      added: [wirePackage("libssl3", "3.0.11-1", { sourceName: "openssl" }), wirePackage("curl", "7.88-1")],
      removed: [{ ecosystem: "deb", name: "bash", architecture: "amd64" }],
      componentsAdded: [],
      componentsRemoved: [],
      facts: null,
    };
    expectOk(await inventory.takeDelta("ep_b", delta));
    expect(await installed("ep_b")).toEqual(["curl 7.88-1", "libssl3 3.0.11-1"]);
    expect(await inventory.knownDigest("ep_b")).toBe("d2");
    expect(expectOk(await inventory.takeDelta("ep_b", delta))).toEqual({ kind: "snapshot-needed" });
    expect(expectOk(await inventory.takeDelta("ep_c", { ...delta, baseDigest: "" }))).toEqual({ kind: "snapshot-needed" });
  });

  it("takes a failed collector for unknown, never for nothing installed", async () => {
    const problems = [{ collector: "dpkg", code: "locked", message: "the database could not be read" }];
    expectOk(await inventory.takeSnapshot("ep_b", wireInventory({ problems }), "d3"));
    expect(await installed("ep_b")).toEqual(["curl 7.88-1", "libssl3 3.0.11-1"]);
    const [row] = await store.db.select().from(schema.endpoint).where(eq(schema.endpoint.id, "ep_b"));
    expect(readFacts(row?.facts)?.problems).toEqual(problems);
    expectOk(await inventory.takeSnapshot("ep_b", wireInventory({ packages: [wirePackage("curl", "7.88-1")] }), "d4"));
    expect(await installed("ep_b")).toEqual(["curl 7.88-1"]);
  });

  it("refuses an endpoint that is not enrolled", async () => {
    const result = await inventory.takeSnapshot("ep_none", wireInventory(), "d");
    expect(result.ok === false && result.problem.code).toBe("endpoint-unknown");
  });
});

describe("descriptions of updates", () => {
  const updates = [
    wireUpdate("curl", "7.88-1", "7.88-1+deb12u1"),
    wireUpdate("tzdata", "2025a", "2025b", { security: false, label: "Debian" }),
  ];
  const described = (
    update: { name: string; architecture: string; fromVersion: string; toVersion: string; ecosystem: string },
    cves: string[],
    problem = "",
  ) => ({
    update,
    cves,
    urgency: "high",
    changelog: "curl: security",
    maintainerScripts: ["postinst"],
    problem,
  });

  it("asks one endpoint once, security first, and another only when the first did not answer", async () => {
    for (const id of ["ep_a", "ep_b"]) expectOk(await inventory.takeSnapshot(id, wireInventory({ pendingUpdates: updates }), "u1"));
    const [first, second] = await inventory.updatesToDescribe("ep_a", 10);
    expect([first?.name, second?.name]).toEqual(["curl", "tzdata"]);
    expect(await inventory.updatesToDescribe("ep_b", 10)).toEqual([]);
    clock.pass(5 * 60_000);
    expect((await inventory.updatesToDescribe("ep_b", 1)).map((u) => u.name)).toEqual(["curl"]);
  });

  it("takes answers only of endpoints that see the update, and keeps the reason when it could not be read", async () => {
    const curl = { ecosystem: "deb", name: "curl", architecture: "amd64", fromVersion: "7.88-1", toVersion: "7.88-1+deb12u1" };
    const tzdata = { ecosystem: "deb", name: "tzdata", architecture: "amd64", fromVersion: "2025a", toVersion: "2025b" };
    expect(await inventory.takeDescriptions("ep_c", [described(curl, ["CVE-2026-0001"])])).toEqual({ described: 0 });
    const taken = await inventory.takeDescriptions("ep_b", [
      described(curl, ["CVE-2026-0002", "cve-2026-0001", "nonsense"]),
      described(tzdata, ["CVE-2026-0009"], "the changelog could not be fetched"),
    ]);
    expect(taken).toEqual({ described: 1 });
    const rows = await store.db.select().from(schema.updateCatalogue).orderBy(asc(schema.updateCatalogue.name));
    expect(rows.map((r) => [r.name, r.cves, r.describedAt !== null, r.problem])).toEqual([
      ["curl", ["CVE-2026-0001", "CVE-2026-0002"], true, ""],
      ["tzdata", [], false, "the changelog could not be fetched"],
    ]);
  });
});
