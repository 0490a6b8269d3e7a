import { expectOk } from "@breakwater/shared/core";
import { createLogger } from "@breakwater/shared/log";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startKnow } from "../../../know/index.ts";
import { createInventory } from "../../../know/inventory/index.ts";
import {
  addEndpoint,
  CURL_FIXED,
  curlFeeds,
  curlPackages,
  curlUpdates,
  testClock,
  wireComponent,
  wireInventory,
  wireScan,
} from "../../../know/testing.ts";
import { type Store, schema } from "../../../store/index.ts";
import { openTestStore } from "../../../store/testing.ts";
import { componentPage, componentQuery, endpointQuery, findingQuery, queueQuery } from "../schemas/index.ts";
import { listComponents } from "./components.ts";
import { fleetCounts } from "./counts.ts";
import { listEndpoints, readEndpoint } from "./endpoints.ts";
import { readFinding } from "./finding.ts";
import { listFindings } from "./findings.ts";
import { listQueue } from "./queue.ts";
import { riskHistory } from "./risk-history.ts";
import { readVulnerability } from "./vulnerability.ts";

let store: Store;
const clock = testClock();
const find = (query: Record<string, unknown> = {}) => listFindings(store.db, findingQuery.parse(query));

/** Two endpoints with the same old curl and tzdata; the world reaches one of them. Of a third nothing is known. */
beforeAll(async () => {
  store = await openTestStore();
  const log = createLogger("test", "silent");
  const know = await startKnow({ store, clock, log, feeds: await curlFeeds(), schedules: { feeds: null, atStart: false } });
  await know.intel.refresh();
  for (const id of ["ep_a", "ep_b"]) {
    await addEndpoint(store, id, { declaredExposure: id === "ep_a" ? "public" : "private" });
    const brings = id === "ep_a" ? [{ name: "libnew", architecture: "amd64", version: "2" }] : [];
    const pendingUpdates = curlUpdates().map((u) => ({ ...u, brings }));
    const inventory = wireInventory({ packages: curlPackages("7.88.1-10"), pendingUpdates });
    expectOk(await know.inventory.takeSnapshot(id, inventory, "1"));
  }
  await addEndpoint(store, "ep_new");
  await know.settle();
  await know.stop();
});
afterAll(() => store.close());

describe("what the API reads", () => {
  it("pages through findings by risk without losing or repeating one", async () => {
    const seen: number[] = [];
    let cursor: string | undefined;
    do {
      const page = await find({ limit: 3, cursor });
      seen.push(...page.rows.map((f) => f.id));
      cursor = page.next ?? undefined;
    } while (cursor);
    const all = await find();
    expect(seen).toEqual(all.rows.map((f) => f.id));
    expect(all).toMatchObject({ total: 10, next: null });
    expect(all.rows[0]).toMatchObject({ endpointId: "ep_a", vulnerabilityId: "CVE-2026-1001", kev: true, state: "open" });
    expect((await find({ endpoint: "ep_b", package: "curl", vulnerability: "CVE-2026-1002" })).total).toBe(2);
  });

  it("gives each open finding a due date with the policy that set it, and what one changed fact would do to its risk", async () => {
    const worst = (await find({ endpoint: "ep_a" })).rows[0];
    expect(worst?.due).toMatchObject({ policy: "cisa-bod-26-04", forensic: true, why: expect.stringContaining("known to be exploited") });
    const exploited = worst?.factors.find((f) => f.name === "known exploited")?.otherwise;
    expect(exploited?.if).toBe("not known to be exploited");
    expect(exploited?.risk).toBeLessThan(worst?.risk ?? 0);
    const other = (await find({ endpoint: "ep_b", vulnerability: "CVE-2026-1003" })).rows[0];
    expect(other?.due).toMatchObject({ policy: "priority-matrix", forensic: false });
    expect(Date.parse(other?.due?.at ?? "")).toBeGreaterThan(Date.parse(other?.openedAt ?? ""));
  });

  it("lists endpoints by what waits for a restart, a reboot or a newer kernel; of whom nothing is known neither way", async () => {
    await addEndpoint(store, "ep_old", { hostname: "old" });
    const stale = { name: "libssl3", pids: [7], units: ["web.service"], restartNeeded: true, files: [], stale: [], reach: "none" };
    const kernel = { running: "6.1.0-1", newestInstalled: "6.1.0-2", package: "linux-image-6.1.0-1", runningVersion: "" };
    const facts = wireInventory({ loadedPackages: [stale], kernel, reboot: { needed: true, reasons: ["kernel"], kernelFallback: "" } });
    expectOk(await createInventory({ store, clock }).takeSnapshot("ep_old", facts, "1"));
    for (const filter of ["restartNeeded", "rebootRequired", "kernelNotRunning"]) {
      const list = async (value: string) =>
        (await listEndpoints(store.db, endpointQuery.parse({ [filter]: value }), clock.now())).rows.map((e) => e.id);
      expect(await list("true"), filter).toEqual(["ep_old"]);
      expect(await list("false"), filter).not.toContain("ep_new");
    }
    await store.db.delete(schema.endpoint).where(eq(schema.endpoint.id, "ep_old"));
  });

  it("tells why there is no fix, and lists by it", async () => {
    const [one] = (await find({ endpoint: "ep_b", vulnerability: "CVE-2026-1003" })).rows;
    if (!one) throw new Error("no finding to look at");
    expect([one.state, one.noFixBecause]).toEqual(["open", null]);
    await store.db.execute(
      sql`update finding set state = 'no-fix', no_fix_because = 'end-of-life', fixed_version = null where id = ${one.id}`,
    );
    const listed = await find({ state: "no-fix", noFixBecause: "end-of-life" });
    expect(listed.rows.map((f) => [f.id, f.noFixBecause])).toEqual([[one.id, "end-of-life"]]);
    expect((await find({ noFixBecause: "esm-only" })).total).toBe(0);
    expect(await readFinding(store.db, one.id)).toMatchObject({ state: "no-fix", noFixBecause: "end-of-life" });
    await store.db.execute(
      sql`update finding set state = 'open', no_fix_because = null, fixed_version = ${one.fixedVersion} where id = ${one.id}`,
    );
  });

  it("says of endpoints that get no security updates that they do not, so that nothing found is not taken for nothing missing", async () => {
    const repository = {
      uri: "https://mirror.example/debian",
      suite: "bookworm",
      origin: "Debian",
      label: "Debian",
      releaseDate: "",
      validUntil: "",
    };
    const security = { ...repository, suite: "bookworm-security", label: "Debian-Security" };
    const trusted = { state: "trusted", detail: "" };
    const problem = { collector: "repositories", code: "failed", message: "apt-get indextargets failed" };
    const cases: [id: string, os: [string, string], facts: Parameters<typeof wireInventory>[0], expected: string | null][] = [
      ["ep_fine", ["debian", "12"], { repositories: [{ ...security, ...trusted }] }, null],
      ["ep_gone", ["debian", "12"], { repositories: [{ ...security, state: "unreachable", detail: "404" }] }, "no-security-source"],
      ["ep_bare", ["debian", "12"], { repositories: [{ ...repository, ...trusted }] }, "no-security-source"],
      ["ep_over", ["debian", "10"], { repositories: [{ ...security, ...trusted }] }, "end-of-life"],
      ["ep_point", ["centos", "7.9"], { repositories: [{ ...repository, ...trusted }] }, "end-of-life"],
      ["ep_pro", ["ubuntu", "18.04"], { repositories: [{ ...security, origin: "UbuntuESM", ...trusted }] }, null],
      ["ep_ltss", ["sles", "15.4"], { repositories: [{ ...repository, label: "SLES15-SP4-LTSS-Updates", ...trusted }] }, null],
      ["ep_rpm", ["almalinux", "9.4"], { repositories: [{ ...repository, ...trusted }] }, null],
      ["ep_sid", ["debian", ""], { repositories: [{ ...repository, ...trusted }] }, null],
      ["ep_newer", ["debian", "99"], { repositories: [{ ...security, ...trusted }] }, "release-unknown"],
      ["ep_near", ["centos", "79"], { repositories: [{ ...repository, ...trusted }] }, "release-unknown"],
      ["ep_whole", ["sles", "15"], { repositories: [{ ...repository, ...trusted }] }, "release-unknown"],
      ["ep_minor", ["centos", "7.9.2009"], { repositories: [{ ...repository, ...trusted }] }, "end-of-life"],
      ["ep_derived", ["raspbian", "12"], { repositories: [{ ...repository, ...trusted }] }, "release-unknown"],
      ["ep_pack", ["sles", "15.6"], { repositories: [{ ...repository, ...trusted }] }, "end-of-life"],
      ["ep_apk", ["alpine", "3.23.3"], { repositories: [] }, null],
      ["ep_edge", ["alpine", "3.24_alpha20260127"], { repositories: [] }, null],
      ["ep_blind", ["debian", "12"], { problems: [problem] }, "unknown"],
    ];
    const before = await fleetCounts(store.db, clock.now());
    for (const [id, [osId, osVersion], facts] of cases) {
      await addEndpoint(store, id, { osId, osVersion });
      expectOk(await createInventory({ store, clock }).takeSnapshot(id, wireInventory(facts), "1"));
    }
    const list = async (query: object = {}) =>
      (await listEndpoints(store.db, endpointQuery.parse({ limit: 100, ...query }), clock.now())).rows;
    const told = new Map((await list()).map((e) => [e.id, e.uncovered]));
    for (const [id, , , expected] of cases) expect([id, told.get(id)]).toEqual([id, expected]);
    expect(told.get("ep_new")).toBeNull();
    expect((await list({ uncovered: "end-of-life" })).map((e) => e.id).sort()).toEqual(["ep_minor", "ep_over", "ep_pack", "ep_point"]);
    expect(await readEndpoint(store.db, "ep_over", clock.now())).toMatchObject({ uncovered: "end-of-life", openFindings: 0 });
    const counts = await fleetCounts(store.db, clock.now());
    expect(counts.endOfLife - before.endOfLife).toBe(4);
    expect(counts.withoutSecuritySource - before.withoutSecuritySource).toBe(2);
    expect(counts.securitySourceUnknown - before.securitySourceUnknown).toBe(1);
    expect(counts.releaseUnknown - before.releaseUnknown).toBe(4);
    // The next look finds other repositories.
    const anew = async (id: string, facts: Parameters<typeof wireInventory>[0]) => {
      expectOk(await createInventory({ store, clock }).takeSnapshot(id, wireInventory(facts), "2"));
      return (await readEndpoint(store.db, id, clock.now())).uncovered;
    };
    expect(await anew("ep_gone", { repositories: [{ ...security, ...trusted }] })).toBeNull();
    expect(await anew("ep_gone", { repositories: [{ ...security, ...trusted }], problems: [problem] })).toBe("unknown");
    expect(await anew("ep_pro", { repositories: [{ ...security, origin: "UbuntuESM", state: "unreachable", detail: "404" }] })).toBe(
      "end-of-life",
    );
    for (const [id] of cases) await store.db.delete(schema.endpoint).where(eq(schema.endpoint.id, id));
  });

  it("queues patches, not CVEs: what each would remove, where, and why", async () => {
    const { rows, total } = await listQueue(store.db, queueQuery.parse({}));
    expect(total).toBe(1);
    expect(rows[0]).toMatchObject({
      sourceName: "curl",
      toVersion: CURL_FIXED,
      security: true,
      endpoints: 2,
      heldEndpoints: 2,
      bringingEndpoints: 1,
      // Its agent does not say that it installs what is not there.
      unbroughtEndpoints: 1,
      phasedPercent: 100,
      // Two vulnerabilities on two endpoints, however many of the source's packages have them.
      findings: 4,
      kev: true,
      vulnerabilities: [
        { id: "CVE-2026-1001", kev: true },
        { id: "CVE-2026-1002", kev: false },
      ],
    });
    for (const [exposure, patches] of [
      ["public", 1],
      ["private", 1],
      ["loopback", 0],
    ])
      expect((await listQueue(store.db, queueQuery.parse({ exposure }))).total).toBe(patches);
    expect(rows[0]?.why).toContain("On 1 endpoint it also installs packages that are not there yet (new).");
    expect(rows[0]?.why).toContainEqual(expect.stringMatching(/^On 1 endpoint it is not planned: what it would install besides/));
    expect(rows[0]?.packages).toContainEqual({ name: "libnew", from: "", to: "2", architecture: "amd64" });
    expect(rows[0]?.updateIds).toHaveLength(2);
    expect(rows[0]?.factors.map((f) => f.name)).toContain("known exploited");
    const ofLibrary = (await find({ package: "curl" })).rows.filter((f) => f.packageName === "curl");
    expect(rows[0]?.riskRemoved).toBeCloseTo(
      ofLibrary.reduce((sum, f) => sum + f.risk, 0),
      9,
    );
  });

  it("tells everything about one vulnerability, and has none where nothing is known", async () => {
    expect(await readVulnerability(store.db, "CVE-2026-1001")).toMatchObject({
      known: true,
      summary: "A flaw in curl",
      signals: [{ kind: "kev", source: "kev", at: "2026-02-01T00:00:00.000Z" }],
      advisories: [{ id: "DSA-1-1" }],
      findings: { open: 4, endpoints: 2 },
    });
    await expect(readVulnerability(store.db, "CVE-1999-99999")).rejects.toMatchObject({ problem: { code: "not-found" } });
  });

  it("sums up the fleet, and counts endpoints that it knows nothing of", async () => {
    const counts = await fleetCounts(store.db, clock.now());
    expect(counts).toMatchObject({ endpoints: 3, withoutInventory: 1, withOpenFindings: 2, openFindings: 10, knownExploited: 4 });
    const history = await riskHistory(store.db, clock.now());
    // Nothing was known before today.
    expect(history).toHaveLength(1);
    expect(history.at(-1)?.risk).toBeCloseTo(counts.risk, 6);
  });
});

describe("components of an endpoint", () => {
  const read = async (query: Record<string, unknown> = {}) =>
    componentPage.parse(await listComponents(store.db, "ep_files", componentQuery.parse(query)));

  it("come with the look that found them, what is wrong in them, and what is unknown", async () => {
    await addEndpoint(store, "ep_files");
    expect(await read()).toEqual({ rows: [], next: null, total: 0, scan: null });
    const uses = [{ pid: 7, process: "node", unit: "app.service", how: "script" }];
    const components = [
      wireComponent("npm", "left", "1.0.0", "/opt/a/node_modules/left/package.json"),
      wireComponent("npm", "lodash", "4.17.20", "/opt/a/node_modules/lodash/package.json", { uses, reach: "public" }),
      wireComponent("maven", "mystery", "", "/opt/x.jar", { sha1: "a".repeat(40) }),
      wireComponent("pypi", "six", "1.16.0", "/usr/lib/python3/dist-packages/six.egg-info", { owner: "python3-six" }),
    ];
    const inventory = wireInventory({ components, componentScan: wireScan(["/root", "unreadable"]) });
    expectOk(await createInventory({ store, clock }).takeSnapshot("ep_files", inventory, "1"));
    const finding = { endpointId: "ep_files", packageId: 0, vulnerabilityId: "CVE-2021-23337", ecosystem: "npm", packageName: "lodash" };
    await store.db.insert(schema.finding).values({
      ...finding,
      sourceName: "lodash",
      installedVersion: "4.17.20",
      fixedVersion: "4.17.21",
      state: "open",
      proofs: [{ kind: "place", record: "/opt/a/node_modules/lodash/package.json", statement: "lies there" }],
      openedAt: "2026-03-02T08:00:00Z",
    });
    const { rows, scan, total } = await read();
    expect(total).toBe(4);
    expect(rows.map((r) => [r.name, r.version, r.openFindings, r.reach, r.owner, r.sha1 !== null])).toEqual([
      ["lodash", "4.17.20", 1, "public", null, false],
      ["mystery", null, 0, null, null, true],
      ["left", "1.0.0", 0, null, null, false],
      ["six", "1.16.0", 0, null, "python3-six", false],
    ]);
    expect(rows[0]?.uses).toEqual(uses);
    expect(scan?.notLooked).toEqual([{ path: "/root", code: "unreadable", reason: "the agent may not read it" }]);
    expect((await read({ withFindings: "true" })).rows.map((r) => r.name)).toEqual(["lodash"]);
    expect((await read({ used: "false", ecosystem: "npm" })).rows.map((r) => r.name)).toEqual(["left"]);
    const [found] = (await find({ endpoint: "ep_files" })).rows;
    expect(found).toMatchObject({
      ecosystem: "npm",
      inventoryOnly: true,
      updateAvailable: false,
      proofs: [{ kind: "place", statement: "lies there" }],
    });
    expect((await find({ endpoint: "ep_a" })).rows.every((f) => !f.inventoryOnly && f.proofs.length > 0)).toBe(true);
  });
});
