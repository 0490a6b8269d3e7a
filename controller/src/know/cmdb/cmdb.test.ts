import { expectOk, instant } from "@breakwater/shared/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventsAfter, type Store } from "../../store/index.ts";
import { openTestStore } from "../../store/testing.ts";
import { createFleet } from "../fleet/index.ts";
import { createInventory } from "../inventory/index.ts";
import { addEndpoint, wireInventory, wirePackage } from "../testing.ts";
import { type Cmdb, createCmdb, type Gap } from "./index.ts";

let store: Store;
let cmdb: Cmdb;
const clock = { now: () => instant(Date.parse("2026-03-02T08:00:00Z")) };
const network = (addresses: string[], mac: string) => ({
  interfaces: [{ name: "eth0", mac, addresses }],
  neighbourhood: null,
});

beforeAll(async () => {
  store = await openTestStore();
  cmdb = createCmdb({ store, clock });
  const inventory = createInventory({ store, clock });
  for (const [i, id] of ["web-1", "web-2", "db-1"].entries()) {
    await addEndpoint(store, id, { machineId: `${i}`.repeat(32), lastSeenAt: "2026-03-02T07:00:00Z" });
    expectOk(
      await inventory.takeSnapshot(
        id,
        wireInventory({
          network: network([`10.0.0.${i + 1}/24`], `52:54:00:00:00:0${i + 1}`),
          packages: [
            wirePackage("libssl3", "3.0.11-1", { sourceName: "openssl", sourceVersion: "3.0.11-1" }),
            wirePackage("bash", "5.2-1"),
          ],
        }),
        id,
      ),
    );
  }
});
afterAll(() => store.close());

const gaps = async (kind: Gap["kind"], source?: string) => expectOk(await cmdb.compare(source)).gaps.filter((g) => g.kind === kind);
const names = (rows: readonly Gap[]) => rows.map((g) => g.name);

describe("neighbours", () => {
  it("without an agent are told by what endpoints report of their networks, and only those", async () => {
    const mac = "52:54:00:00:00:aa";
    const neighbours = [
      { address: "10.0.0.2", mac: "52:54:00:00:00:02", interface: "eth0", router: false },
      { address: "10.0.0.77", mac, interface: "eth0", router: false },
    ];
    await addEndpoint(store, "seer", { machineId: "9".repeat(32) });
    const own = { ...network(["10.0.0.9/24"], "52:54:00:00:00:09"), neighbourhood: { neighbours, total: 600 } };
    expectOk(await createInventory({ store, clock }).takeSnapshot("seer", wireInventory({ network: own }), "seer"));
    const told = expectOk(await cmdb.compare());
    expect(told.gaps).toMatchObject([{ kind: "neighbour", name: "10.0.0.77", macs: [mac], endpoints: [{ id: "seer" }], count: 1 }]);
    expect(told.neighbours).toEqual({ watching: 1, cut: 1 });
    expectOk(await createFleet({ store, clock }).remove("seer", "user:ada"));
  });
});

describe("without any import", () => {
  it("no endpoint is called unknown: there is nothing that could know it", async () => {
    expect(expectOk(await cmdb.compare()).gaps).toEqual([]);
    expect(await cmdb.compare("nowhere")).toMatchObject({ ok: false, problem: { code: "cmdb-source-unknown" } });
  });
});

describe("an import", () => {
  it("shows what is missing on either side", async () => {
    const content = [
      "name,ip,software,version,status,last_seen,owner",
      "web-1,10.0.0.1,OpenSSL,3.0.11,in use,2026-03-01,Ada",
      "web-1,10.0.0.1,nginx,1.22,in use,2026-03-01,Ada",
      "old-7,10.0.9.9,,,in use,2025-01-01,Grace",
      "gone-1,10.0.9.8,,,retired,,",
      "web-2,,OpenSSL,1.1.1,retired,,",
    ].join("\n");
    const imported = expectOk(await cmdb.import({ source: "servicenow", content }, "user:ada"));
    expect(imported).toMatchObject({ entries: 4, before: null, software: 3, setAsideCount: 0, format: "csv" });
    expect(names(await gaps("unknown-to-cmdb"))).toEqual(["db-1"]);
    expect(await gaps("without-agent")).toMatchObject([{ name: "old-7", owner: "Grace", place: 4, source: "servicenow" }]);
    expect(names(await gaps("stale"))).toEqual(["old-7"]);
    expect(names(await gaps("retired-alive"))).toEqual(["web-2"]);
    expect((await gaps("matched")).map((g) => [g.name, g.by, g.endpoints[0]?.id])).toEqual([
      ["web-1", "address", "web-1"],
      ["web-2", "name", "web-2"],
    ]);
  });
  it("compares software by package and source package, and says other versions", async () => {
    expect(await gaps("software-version")).toMatchObject([
      { name: "OpenSSL", listed: ["1.1.1"], installed: ["3.0.11-1"], count: 1, endpoints: [{ id: "web-2" }] },
    ]);
    expect(await gaps("software-not-installed")).toMatchObject([{ name: "nginx", listed: ["1.22"], count: 1 }]);
    expect(await gaps("software-unlisted")).toMatchObject([{ name: "bash", installed: ["5.2-1"], count: 2 }]);
    expect(expectOk(await cmdb.compare()).softwareCompared).toBe(2);
  });
  it("says nothing of software on a machine that has not told what it has installed", async () => {
    await addEndpoint(store, "silent");
    expectOk(await cmdb.import({ source: "silence", content: "name,software,version\nsilent,OpenSSL,3.0.11\n" }, "user:ada"));
    const compared = expectOk(await cmdb.compare("silence"));
    expect(compared.softwareCompared).toBe(0);
    expect(compared.gaps.filter((g) => g.kind.startsWith("software"))).toEqual([]);
    expect(names(compared.gaps.filter((g) => g.kind === "matched"))).toEqual(["silent"]);
    expectOk(await cmdb.remove("silence", "a test", "user:ada"));
    expectOk(await createFleet({ store, clock }).remove("silent", "user:ada"));
  });
  it("is replaced by the next of the same source, and stands beside others", async () => {
    const again = expectOk(await cmdb.import({ source: "servicenow", content: "name\nweb-1\ndb-1\n" }, "user:ada"));
    expect(again).toMatchObject({ entries: 2, before: 4 });
    expectOk(await cmdb.import({ source: "netbox", content: '[{"name":"web-2"}]' }, "user:ada"));
    expect(names(await gaps("unknown-to-cmdb"))).toEqual([]);
    expect(names(await gaps("unknown-to-cmdb", "netbox"))).toEqual(["db-1", "web-1"]);
    expect((await cmdb.sources()).map((s) => [s.source, s.entries, s.importedBy])).toEqual([
      ["netbox", 1, "user:ada"],
      ["servicenow", 2, "user:ada"],
    ]);
  });
  it("that is refused changes nothing", async () => {
    const before = await cmdb.sources();
    expect(await cmdb.import({ source: "servicenow", content: "nonsense" }, "user:ada")).toMatchObject({ ok: false });
    expect(
      await cmdb.import({ source: "servicenow", content: "name\nx\n", mapping: { columns: { owner: "Boss" } } }, "user:ada"),
    ).toMatchObject({ ok: false });
    expect(await cmdb.sources()).toEqual(before);
    expect(names(await gaps("matched", "servicenow"))).toEqual(["db-1", "web-1"]);
  });
  it("and its removal are told, with who did it", async () => {
    expectOk(await cmdb.remove("netbox", "it is switched off", "user:ada"));
    expect(await cmdb.remove("netbox", "again", "user:ada")).toMatchObject({ ok: false });
    const told = (await eventsAfter(store.db, 0, 1_000)).filter((e) => e.type.startsWith("cmdb."));
    expect(told.map((e) => [e.type, e.subject, e.actor])).toEqual([
      ["cmdb.imported", "cmdb:servicenow", "user:ada"],
      ["cmdb.imported", "cmdb:silence", "user:ada"],
      ["cmdb.removed", "cmdb:silence", "user:ada"],
      ["cmdb.imported", "cmdb:servicenow", "user:ada"],
      ["cmdb.imported", "cmdb:netbox", "user:ada"],
      ["cmdb.removed", "cmdb:netbox", "user:ada"],
    ]);
    expect(told[3]?.data).toMatchObject({ entries: 2, before: 4, digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });
});
