import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expectOk } from "@breakwater/shared/core";
import { createLogger } from "@breakwater/shared/log";
import type { InventoryDelta__Output, WireComponent__Output } from "@breakwater/shared/wire";
import { asc, eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Store, schema } from "../../store/index.ts";
import { openTestStore } from "../../store/testing.ts";
import { createIntel, type Intel } from "../intel/index.ts";
import { createMatching, type Matching } from "../matching/index.ts";
import { addEndpoint, testClock, wireComponent, wireInventory, wirePackage, wireScan, wireUpdate } from "../testing.ts";
import { createVex } from "../vex/index.ts";
import { isCovered } from "./component-scan.ts";
import { createInventory, type Inventory } from "./index.ts";

let store: Store;
let inventory: Inventory;
let matching: Matching;
let intel: Intel;
const clock = testClock();
const LOADED = [{ name: "bash", pids: [1], units: [], restartNeeded: false, files: [], stale: [], reach: "none" }];

const APP = "/opt/app/node_modules/lodash/package.json";
const OLD = "/srv/old/node_modules/lodash/package.json";
const lodash = (version: string, path: string, changes: Partial<WireComponent__Output> = {}) =>
  wireComponent("npm", "lodash", version, path, changes);
const log4j = wireComponent("maven", "org.apache.logging.log4j:log4j-core", "2.14.1", "/opt/app.war!/WEB-INF/lib/log4j-core-2.14.1.jar", {
  evidence: "pom.properties",
  uses: [{ pid: 7, process: "java", unit: "app.service", how: "open-file" }],
  reach: "public",
});
const take = (components: WireComponent__Output[], componentScan: ReturnType<typeof wireScan> | null = wireScan(), more = {}) =>
  inventory
    .takeSnapshot("ep_a", wireInventory({ components, componentScan, loadedPackages: LOADED, ...more }), `${Math.random()}`)
    .then(expectOk);
const rows = async () =>
  (
    await store.db
      .select({
        path: schema.endpointComponent.path,
        version: schema.packageCatalogue.version,
        unseen: schema.endpointComponent.unseenSince,
      })
      .from(schema.endpointComponent)
      .innerJoin(schema.packageCatalogue, eq(schema.packageCatalogue.id, schema.endpointComponent.packageId))
      .where(eq(schema.endpointComponent.endpointId, "ep_a"))
      .orderBy(asc(schema.endpointComponent.path))
  ).map((r) => `${r.path} ${r.version}${r.unseen ? " unseen" : ""}`);
const findings = async () => {
  await matching.refreshFindings("all");
  return store.db.select().from(schema.finding).where(eq(schema.finding.endpointId, "ep_a")).orderBy(asc(schema.finding.vulnerabilityId));
};
const told = async () =>
  (await findings()).map(
    (f) => `${f.ecosystem} ${f.packageName} ${f.installedVersion} ${f.vulnerabilityId} ${f.state} ${f.fixedVersion ?? ""}`,
  );

const advisory = (id: string, cve: string, ecosystem: string, name: string, fixed: string, type: string) => ({
  id,
  aliases: [cve],
  affected: [{ package: { ecosystem, name }, ranges: [{ type, events: [{ introduced: "0" }, { fixed }] }] }],
});

beforeAll(async () => {
  store = await openTestStore();
  const feed = join(await mkdtemp(join(tmpdir(), "breakwater-test-")), "osv.json");
  await writeFile(
    feed,
    JSON.stringify([
      advisory("GHSA-1", "CVE-2021-23337", "npm", "lodash", "4.17.21", "SEMVER"),
      advisory("GHSA-2", "CVE-2021-44228", "Maven", "org.apache.logging.log4j:log4j-core", "2.15.0", "ECOSYSTEM"),
      advisory("GHSA-3", "CVE-2020-8184", "RubyGems", "rack", "2.2.3", "ECOSYSTEM"),
      advisory("PYSEC-4", "CVE-2023-32681", "PyPI", "requests", "2.31.0", "ECOSYSTEM"),
      advisory("GO-5", "CVE-2022-32149", "Go", "golang.org/x/text", "0.3.8", "SEMVER"),
    ]),
  );
  inventory = createInventory({ store, clock });
  matching = createMatching({ store, clock });
  intel = createIntel({ store, clock, log: createLogger("test", "silent"), feeds: [{ id: "osv", kind: "osv", source: feed }] });
  for (const { result } of await intel.refresh()) expectOk(result);
  await addEndpoint(store, "ep_a");
});
afterAll(() => store.close());

describe("components found in files", () => {
  it("open findings that name file and process, and are scored by how far that process can be reached", async () => {
    await take([lodash("4.17.20", APP), log4j]);
    const [first, second] = await findings();
    expect(first).toMatchObject({
      ecosystem: "npm",
      packageName: "lodash",
      state: "open",
      fixedVersion: "4.17.21",
      exposure: "not-loaded",
    });
    expect(second).toMatchObject({ ecosystem: "maven", vulnerabilityId: "CVE-2021-44228", exposure: "public", updateId: null });
    expect(second?.proofs).toEqual([
      expect.objectContaining({ kind: "advisory", record: "GHSA-2" }),
      expect.objectContaining({
        kind: "place",
        record: log4j.path,
        statement: `maven ${log4j.name} 2.14.1 lies in ${log4j.path}, as its pom.properties says; used by java of app.service, which listens on a public address`,
      }),
    ]);
    expect(second?.risk).toBeGreaterThan(first?.risk ?? 0);
  });

  it("of every kind are matched by their own order of versions", async () => {
    await take([
      wireComponent("gem", "rack", "2.2.2", "/var/lib/gems/3.1.0/specifications/rack-2.2.2.gemspec"),
      wireComponent("pypi", "Requests", "2.28.1", "/opt/v/lib/python3.11/site-packages/requests-2.28.1.dist-info/METADATA"),
      wireComponent("go", "golang.org/x/text", "v0.3.7", "/usr/local/bin/tool"),
      wireComponent("maven", "mystery", "", "/opt/x.jar"),
    ]);
    expect((await told()).filter((f) => f.includes("open"))).toEqual([
      "gem rack 2.2.2 CVE-2020-8184 open 2.2.3",
      "go golang.org/x/text v0.3.7 CVE-2022-32149 open v0.3.8",
      "pypi Requests 2.28.1 CVE-2023-32681 open 2.31.0",
    ]);
  });

  it("are no findings where the file came with a package of the system", async () => {
    await take([
      wireComponent("pypi", "requests", "2.28.1", "/usr/lib/python3/dist-packages/requests-2.28.1.egg-info", { owner: "python3-requests" }),
    ]);
    expect((await told()).filter((f) => f.includes("open"))).toEqual([]);
    expect(await rows()).toEqual(["/usr/lib/python3/dist-packages/requests-2.28.1.egg-info 2.28.1"]);
  });

  it("keep their finding until every place was seen fixed or gone", async () => {
    await take([lodash("4.17.20", APP), lodash("4.17.15", OLD)]);
    await take([lodash("4.17.21", APP), lodash("4.17.15", OLD)]);
    expect((await told()).filter((f) => f.startsWith("npm"))).toEqual(["npm lodash 4.17.15 CVE-2021-23337 open 4.17.21"]);
    await take([lodash("4.17.21", APP)]);
    expect((await told()).filter((f) => f.startsWith("npm"))).toEqual(["npm lodash 4.17.15 CVE-2021-23337 fixed 4.17.21"]);
    await take([lodash("4.17.15", APP)]);
    expect((await told()).filter((f) => f.startsWith("npm"))).toEqual(["npm lodash 4.17.15 CVE-2021-23337 open 4.17.21"]);
    await take([]);
    expect((await told()).filter((f) => f.startsWith("npm"))).toEqual(["npm lodash 4.17.15 CVE-2021-23337 gone 4.17.21"]);
  });

  it("stay where a look did not look, and go when a later one does", async () => {
    await take([lodash("4.17.20", APP), lodash("4.17.15", OLD)]);
    await take([lodash("4.17.20", APP)], wireScan(["/srv", "unreadable"]));
    expect(await rows()).toEqual([`${APP} 4.17.20`, `${OLD} 4.17.15 unseen`]);
    // An agent that does not look for components, of before or by its configuration, says nothing of them.
    await take([], null);
    expect(await rows()).toHaveLength(2);
    // More places than are named: absence proves nothing.
    await take([], { ...wireScan(), notLookedTotal: 501 });
    expect(await rows()).toEqual([`${APP} 4.17.20 unseen`, `${OLD} 4.17.15 unseen`]);
    await take([lodash("4.17.20", APP)]);
    expect(await rows()).toEqual([`${APP} 4.17.20`]);
  });

  it("come and go by deltas too, and what an earlier look could not tell is settled by one that can", async () => {
    expectOk(
      await inventory.takeSnapshot(
        "ep_a",
        wireInventory({ components: [lodash("4.17.20", APP), lodash("4.17.15", OLD)], componentScan: wireScan() }),
        "d1",
      ),
    );
    const delta = (base: string, digest: string, change: Partial<InventoryDelta__Output>, ...unseen: [string, string][]) =>
      inventory
        .takeDelta("ep_a", {
          baseDigest: base,
          digest,
          added: [],
          removed: [],
          componentsAdded: [],
          componentsRemoved: [],
          facts: wireInventory({ componentScan: wireScan(...unseen) }),
          ...change,
        })
        .then(expectOk);
    await delta("d1", "d2", { componentsRemoved: [{ ecosystem: "npm", name: "lodash", version: "4.17.15", path: OLD }] }, [
      "/srv",
      "limit",
    ]);
    expect(await rows()).toEqual([`${APP} 4.17.20`, `${OLD} 4.17.15 unseen`]);
    await delta("d2", "d3", {
      componentsRemoved: [{ ecosystem: "npm", name: "lodash", version: "4.17.20", path: APP }],
      componentsAdded: [lodash("4.17.21", APP)],
    });
    expect(await rows()).toEqual([`${APP} 4.17.21`]);
  });

  it("are not taken for a package of the system that has their name", async () => {
    const curl = wireUpdate("lodash", "4.17.20", "4.17.21-1", { sourceName: "lodash" });
    await take([lodash("4.17.20", APP)], wireScan(), { packages: [wirePackage("lodash", "4.17.20")], pendingUpdates: [curl] });
    const [npm] = (await findings()).filter((f) => f.ecosystem === "npm");
    expect(npm).toMatchObject({ state: "open", updateId: null });
  });
});

describe("what a look covers", () => {
  it("is below its roots and outside of what it names, archives included", () => {
    const scan = { ...wireScan(["/opt/app.war", "refused"], ["/srv", "limit"]), roots: ["/opt", "/srv"] };
    expect(
      ["/opt/a.jar", "/opt/app.war", "/opt/app.war!/x.jar", "/opt/app.warm", "/srv/x", "/usr/x"].map((path) => isCovered(path, scan)),
    ).toEqual([true, false, false, true, false, false]);
  });
});

describe("findings in components", () => {
  it("are stated in our VEX as those in packages are", async () => {
    await take([lodash("4.17.20", APP), log4j]);
    await findings();
    const vex = createVex({ store, clock });
    const document = expectOk(
      await vex.exportDocument("openvex", { endpointId: "ep_a" }, { author: "Us", namespace: "https://us.example", toolVersion: "0" }),
    );
    const text = JSON.stringify(document);
    expect(text).toContain("pkg:npm/lodash@4.17.20");
    expect(text).toContain("pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1");
    expect(expectOk(await vex.importDocument(text, null, "user:ada")).unmatched).toEqual([]);
  });
});
