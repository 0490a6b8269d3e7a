import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expectOk } from "@breakwater/shared/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addEndpoint, wireInventory, wirePackage, wireUpdate } from "../../know/testing.ts";
import { main } from "../cli/main.ts";
import { ROLES } from "./auth/index.ts";
import { serveApi } from "./listen.ts";
import type { Role } from "./schemas/index.ts";
import { asToken, openTestApi, type TestApi } from "./testing.ts";

let t: TestApi;
let server: Awaited<ReturnType<typeof serveApi>>;
let folder = "";
const tokens = {} as Record<Role, string>;
const OLD = "3.0.15-1~deb12u1";
const NEW = "3.0.17-1~deb12u1";
const CVE = "CVE-2026-2001";

/** The command line against this API, in a role. */
async function run(argv: readonly string[], role: Role = "operator") {
  let out = "";
  let err = "";
  const code = await main(argv, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    readInput: () => "",
    ask: async () => undefined,
    env: { BREAKWATER_SERVER: `http://127.0.0.1:${server.port}`, BREAKWATER_TOKEN: tokens[role] },
    clock: t.clock,
    fetch,
    configFile: join(folder, "config.json"),
  });
  await t.know.settle();
  return { code, out, err };
}
const json = async (argv: readonly string[], role?: Role) => {
  const ran = await run([...argv, "--json"], role);
  if (ran.code !== 0) throw new Error(ran.err);
  return JSON.parse(ran.out);
};
const get = async (path: string, role: Role = "viewer") =>
  (await t.request(path, asToken(tokens[role]))).json() as ReturnType<typeof JSON.parse>;

/** Two endpoints with an old openssl, of which a changelog says what it fixes. */
beforeAll(async () => {
  t = await openTestApi();
  folder = await mkdtemp(join(tmpdir(), "breakwater-assessment-"));
  for (const role of ROLES) {
    const user = await t.auth.createUser({ name: `the-${role}`, password: "a long enough password", role }, "user:ada");
    const principal = { userId: user.id, name: `the-${role}`, role, via: "session", secretHash: "", expiresAt: t.clock.now() } as const;
    tokens[role] = (await t.auth.createToken(principal, { label: "test", days: 1 })).token;
  }
  for (const id of ["ep_1", "ep_2"]) {
    await addEndpoint(t.store, id, { tags: ["web"], declaredExposure: "public" });
    const mapped = {
      ...{ path: "/usr/lib/x86_64-linux-gnu/libssl.so.3", replaced: false },
      by: [{ pid: 42, name: "nginx", unit: "nginx.service" }],
    };
    const loaded = {
      name: "openssl",
      pids: [42],
      units: ["nginx.service"],
      restartNeeded: false,
      files: [mapped],
      stale: [],
      reach: "public",
    };
    const listener = {
      protocol: "tcp",
      address: "0.0.0.0",
      port: 443,
      scope: "public",
      pid: 42,
      process: "nginx",
      package: "nginx",
      unit: "nginx.service",
      namespace: "",
    };
    const inventory = wireInventory({
      packages: [wirePackage("openssl", OLD)],
      pendingUpdates: [wireUpdate("openssl", OLD, NEW)],
      loadedPackages: [loaded],
      listeners: [listener],
    });
    expectOk(await t.know.inventory.takeSnapshot(id, inventory, id));
  }
  const [update] = await t.know.inventory.updatesToDescribe("ep_1", 1);
  if (!update) throw new Error("nothing to describe");
  await t.know.inventory.takeDescriptions("ep_1", [
    { update, cves: [CVE], urgency: "high", changelog: "", maintainerScripts: [], problem: "" },
  ]);
  await t.know.settle();
  server = await serveApi(t.api, { host: "127.0.0.1", port: 0 });
});
afterAll(async () => {
  await server.close();
  await t.close();
});

describe("a finding", () => {
  it("tells what it stands on: proof, process and address, due dates, history", async () => {
    const [row] = await json(["finding", "list"]);
    const found = await get(`/findings/${row.id}`);
    expect(found).toMatchObject({ vulnerabilityId: CVE, state: "open", distribution: "debian:12", tags: ["web"], assessment: null });
    expect(found.proofs[0]).toMatchObject({ kind: "changelog", statement: expect.stringContaining(CVE) });
    expect(found.evidence).toMatchObject({
      exposure: "public",
      processes: [{ pids: [42], files: [{ path: "/usr/lib/x86_64-linux-gnu/libssl.so.3", by: [{ pid: 42, name: "nginx" }] }] }],
      listeners: [{ address: "0.0.0.0", port: 443, process: "nginx", file: "/usr/lib/x86_64-linux-gnu/libssl.so.3" }],
    });
    expect(found.demands.map((d: { policy: string }) => d.policy)).toEqual(["cisa-bod-26-04", "priority-matrix"]);
    expect(found.history[0]).toMatchObject({ type: "finding.opened" });
    const shown = (await run(["finding", "show", String(row.id)])).out;
    expect(shown).toContain("changelog of openssl");
    expect(shown).toContain("listens 0.0.0.0:443/tcp (public) nginx");
    expect(shown).toContain("nginx.service, through /usr/lib/x86_64-linux-gnu/libssl.so.3");
    expect(shown).toContain("loaded by nginx.service (pid 42)");
    expect(shown).toContain("mapped /usr/lib/x86_64-linux-gnu/libssl.so.3 by nginx (42)");
    // The waterfall: each factor with what it multiplies by, and what the risk would be with its fact otherwise.
    expect(found.factors.length).toBeGreaterThan(2);
    for (const factor of found.factors) expect(shown).toContain(`${factor.name}`);
    const turned = found.factors.filter((factor: { otherwise: object | null }) => factor.otherwise);
    expect(turned.length).toBeGreaterThan(0);
    for (const { otherwise } of turned)
      expect(shown).toContain(`${otherwise.if}: ${found.risk.toFixed(1)} -> ${otherwise.risk.toFixed(1)}`);
    for (const { policy } of found.demands) expect(shown).toContain(`by ${policy}`);
    expect(shown).toContain("finding.opened");
    expect((await t.request("/findings/999999", asToken(tokens.viewer))).status).toBe(404);
    expect((await t.request("/findings/x", asToken(tokens.viewer))).status).toBe(400);
  });

  it("is suppressed and taken back by the command line, is counted as suppressed, and never as fixed", async () => {
    const [row] = await json(["finding", "list", "--endpoint", "ep_1"]);
    const suppress = ["finding", "suppress", String(row.id), "--justification", "risk_accepted", "--reason", "behind a proxy"];
    expect((await run(suppress, "viewer")).err).toContain("needs the role operator");
    expect((await run([...suppress, "--days", "400"])).err).toContain("within 366 days");
    expect((await run([...suppress, "--scope", "everywhere"])).code).toBe(2);
    const made = await json(suppress);
    expect(made).toMatchObject({
      createdBy: "user:the-operator",
      findings: 1,
      scope: { kind: "endpoint", id: "ep_1" },
      target: { ecosystem: "deb", kind: "package", name: "openssl" },
    });
    expect(await json(["finding", "list"])).toMatchObject([{ endpointId: "ep_2" }]);
    expect(await json(["finding", "list", "--state", "suppressed"])).toMatchObject([
      { id: row.id, assessment: { suppression: { reason: "behind a proxy" } } },
    ]);
    expect((await get("/overview")).counts).toMatchObject({ openFindings: 1, suppressed: 1 });
    expect((await get("/overview")).sentence).toContain("1 suppressed");
    expect((await get(`/vulnerabilities/${CVE}`)).findings).toEqual({
      open: 1,
      withoutFix: 0,
      restartNeeded: 0,
      suppressed: 1,
      notAffected: 0,
      fixed: 0,
      endpoints: 1,
    });
    expect((await get("/queue")).rows[0]).toMatchObject({ findings: 1 });
    expect((await get("/suppressions")).rows).toMatchObject([{ id: made.id, findings: 1, ended: null }]);
    expect((await run(["finding", "suppressions"])).out).toContain("behind a proxy");
    expect((await run(["finding", "list", "--state", "suppressed"])).out).toContain("suppressed until");
    await t.audit.catchUp();
    expect((await get("/audit?type=suppression.created")).rows).toMatchObject([
      { type: "suppression.created", actor: "user:the-operator", data: { reason: "behind a proxy" } },
    ]);
    const detail = await get(`/findings/${row.id}`);
    expect(detail.history.map((e: { type: string }) => e.type)).toEqual(["finding.set-aside", "suppression.created", "finding.opened"]);
    expect(await json(["finding", "unsuppress", String(row.id), "--reason", "no proxy any more"])).toMatchObject({
      ended: { because: "no proxy any more" },
    });
    expect(await json(["finding", "list"])).toHaveLength(2);
    expect((await run(["finding", "unsuppress", String(row.id), "--reason", "again"])).err).toContain("is not suppressed");
  });
});

describe("VEX", () => {
  it("goes out and comes in by the command line; only an administrator says who is believed", async () => {
    await json([
      "finding",
      "suppress",
      String((await json(["finding", "list"]))[0].id),
      "--scope",
      "fleet",
      "--justification",
      "inline_mitigations_already_exist",
      "--reason",
      "a filter stands before it",
    ]);
    const file = join(folder, "vex.json");
    expect(await run(["vex", "export", "--format", "csaf", "--author", "Ops", "--out", file])).toMatchObject({ code: 0, out: "" });
    expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject({
      document: { category: "csaf_vex" },
      vulnerabilities: [{ cve: CVE, flags: [{ label: "inline_mitigations_already_exist" }] }],
    });
    const [held] = (await get("/suppressions")).rows;
    await json(["finding", "unsuppress", held.id, "--reason", "by statement now"]);

    expect((await run(["vex", "import", file], "viewer")).err).toContain("role operator");
    const unbelieved = await run(["vex", "import", file]);
    expect(unbelieved.out).toContain("They count for nothing: Ops is not among the authors who are believed");
    expect(await json(["finding", "list"])).toHaveLength(2);
    expect((await run(["vex", "trust", "--author", "1=Ops"])).err).toContain("role admin");
    expect(await json(["vex", "trust", "--author", "1=Ops"], "admin")).toEqual([{ author: "Ops", rank: 1, publicKey: null }]);
    expect(await json(["finding", "list"])).toEqual([]);
    const decided: { hostname: string }[] = await json(["finding", "list", "--state", "not-affected"]);
    expect(decided.map((f) => f.hostname).sort()).toEqual(["ep_1", "ep_2"]);
    const [document] = await json(["vex", "list"]);
    expect(document).toMatchObject({ author: "Ops", rank: 1, signed: false });
    await json(["vex", "remove", document.id, "--reason", "a test"]);
    expect(await json(["finding", "list"])).toHaveLength(2);
  });

  it("that is malformed is refused with its place; what is too large is refused before it is read", async () => {
    const file = join(folder, "bad.json");
    await writeFile(
      file,
      JSON.stringify({
        "@context": "https://openvex.dev/ns",
        "@id": "x:1",
        author: "A",
        timestamp: "2026-01-01T00:00:00Z",
        version: 1,
        statements: [{ status: "fixed" }],
      }),
    );
    const refused = await run(["vex", "import", file]);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain("statements[0].vulnerability");
    const stranger = await t.request("/vex/documents", {
      method: "POST",
      headers: { "content-type": "application/json", "content-length": String(10 ** 9), "x-breakwater": "1" },
      body: "{",
    });
    expect(stranger.status).toBe(401);
    const large = await t.request("/vex/documents", {
      ...asToken(tokens.operator, {}),
      headers: { authorization: `Bearer ${tokens.operator}`, "content-type": "application/json", "content-length": String(10 ** 9) },
    });
    expect(large.status).toBe(413);
  });
});

describe("a bill of materials", () => {
  it("is written to a file, of the fleet and of an endpoint", async () => {
    const file = join(folder, "fleet.cdx.json");
    expect((await run(["sbom", "--out", file], "viewer")).code).toBe(0);
    expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject({
      bomFormat: "CycloneDX",
      components: [{ name: "openssl" }, { name: "ep_1" }, { name: "ep_2" }],
    });
    const spdx = await run(["sbom", "--endpoint", "ep_1", "--format", "spdx"], "viewer");
    expect(JSON.parse(spdx.out)).toMatchObject({
      spdxVersion: "SPDX-2.3",
      packages: [{ name: "openssl", licenseDeclared: "NOASSERTION" }, { name: "ep_1" }],
    });
    const answer = await t.request("/endpoints/ep_1/sbom", asToken(tokens.viewer));
    expect(answer.headers.get("content-disposition")).toBe('attachment; filename="ep_1.cdx.json"');
    expect((await run(["sbom", "--endpoint", "ep_none"])).err).toContain("There is no endpoint ep_none");
  });
});

describe("the rules for due dates", () => {
  it("are previewed, set by an administrator with a reason, and audited; wrong ones are refused with their place", async () => {
    const rules = await json(["due-rules", "show"], "viewer");
    const file = join(folder, "rules.json");
    const tight = { ...rules, follow: ["priority-matrix"], matrix: { ...rules.matrix, unknown: [1, 1, 1, 1, 1] } };
    await writeFile(file, JSON.stringify(tight));
    const preview = await json(["due-rules", "preview", file], "viewer");
    expect(preview).toMatchObject({ lookedAt: 2, all: true, earlier: 2, later: 0, same: 0, overdueNow: 0, overdueThen: 0 });
    expect((await run(["due-rules", "preview", file])).out).toContain("2 would be due earlier");
    const set = ["due-rules", "set", file, "--reason", "by decision of the board"];
    expect((await run(set)).err).toContain("role admin");
    const before = (await get("/findings")).rows[0].due;
    expect(await json(set, "admin")).toEqual(tight);
    const after = (await get("/findings")).rows[0].due;
    expect(Date.parse(before.at)).toBeGreaterThan(Date.parse(after.at));
    expect(after).toMatchObject({ policy: "priority-matrix" });
    await t.audit.catchUp();
    expect((await get("/audit?type=due-rules.changed")).rows).toMatchObject([
      { actor: "user:the-admin", data: { reason: "by decision of the board", before: { follow: rules.follow }, after: tight } },
    ]);
    await writeFile(file, JSON.stringify({ ...tight, matrix: { ...tight.matrix, low: [0, 1, 1, 1, 1] } }));
    expect((await run(["due-rules", "preview", file])).err).toContain("rules.matrix.low.0");
    await writeFile(file, JSON.stringify({ ...tight, follow: ["priority-matrix", "priority-matrix"] }));
    expect((await run(["due-rules", "preview", file])).err).toContain("a policy is named twice");
  });
});

describe("a saved view", () => {
  it("is one's own, replaced under its name, and read by whoever has its link", async () => {
    const send = async (role: Role, body: unknown) =>
      (await t.request("/views", asToken(tokens[role], body))).json() as ReturnType<typeof JSON.parse>;
    const view = await send("viewer", { name: "urgent", address: "/queue?kev=true" });
    expect(view).toMatchObject({ owner: "the-viewer", mine: true });
    expect(await send("viewer", { name: "urgent", address: "/queue?security=true" })).toMatchObject({
      id: view.id,
      address: "/queue?security=true",
    });
    expect(await send("viewer", { name: "evil", address: "https://evil.example/" })).toMatchObject({ code: "bad-request" });
    expect((await get("/views")).rows).toHaveLength(1);
    expect((await get("/views", "admin")).rows).toEqual([]);
    expect(await get(`/views/${view.id}`, "operator")).toMatchObject({ mine: false, address: "/queue?security=true" });
    expect((await t.request(`/views/${view.id}`, asToken(tokens.admin, undefined, "DELETE"))).status).toBe(403);
    expect((await t.request(`/views/${view.id}`, asToken(tokens.viewer, undefined, "DELETE"))).status).toBe(200);
    expect((await get("/views")).rows).toEqual([]);
  });
});

describe("the queue of the command line", () => {
  it("is narrowed as the console's is, and keeps filters under a name that the console knows too", async () => {
    const all = await json(["queue"]);
    expect(all.map((q: { sourceName: string }) => q.sourceName)).toEqual(["openssl"]);
    expect(await json(["queue", "--search", "nothing-like-it"])).toEqual([]);
    expect(await json(["queue", "--exposure", "loopback"])).toEqual([]);
    const saved = await run(["queue", "--exposure", "public", "--security", "--save", "exposed"]);
    expect(saved).toMatchObject({ code: 0, out: expect.stringContaining("Saved as exposed.") });
    expect((await get("/views", "operator")).rows).toMatchObject([{ name: "exposed", address: "/queue?security=true&exposure=public" }]);
    expect((await run(["view", "list"])).out).toContain("/queue?security=true&exposure=public");

    await t.request("/views", asToken(tokens.operator, { name: "of the console", address: "/queue?exposure=loopback&sort=package" }));
    expect(await json(["queue", "--view", "of the console"])).toEqual([]);
    // What is said beside it counts more.
    expect(await json(["queue", "--view", "of the console", "--exposure", "public"])).toHaveLength(1);
    await t.request("/views", asToken(tokens.operator, { name: "machines", address: "/fleet?q=web" }));
    expect((await run(["queue", "--view", "machines"])).err).toContain("is a filter of fleet");
    expect((await run(["queue", "--view", "no such"])).err).toContain("No filter of yours is named no such");
    for (const name of ["exposed", "of the console", "machines"]) expect((await run(["view", "remove", name])).code).toBe(0);
    expect((await get("/views", "operator")).rows).toEqual([]);
  });
});

describe("a patched package whose old file still runs", () => {
  const told = async (restartNeeded: boolean, version = NEW) => {
    const stale = restartNeeded ? [{ pid: 42, name: "nginx", unit: "nginx.service" }] : [];
    const loaded = { name: "openssl", pids: [42], units: ["nginx.service"], restartNeeded, files: [], stale, reach: "public" };
    const inventory = wireInventory({ packages: [wirePackage("openssl", version)], loadedPackages: [loaded] });
    expectOk(await t.know.inventory.takeSnapshot("ep_2", inventory, `${version} ${restartNeeded}`));
    await t.know.settle();
  };

  it("is a state of its own in list, page, counts and queue, with the process, until the restart is seen", async () => {
    await told(true);
    const rows = await json(["finding", "list", "--state", "restart-needed"]);
    expect(rows).toMatchObject([{ hostname: "ep_2", closedAt: null, updateAvailable: false }]);
    expect(rows[0].stillRuns).toContain("the old file still runs in nginx of nginx.service (pid 42)");
    expect(await json(["finding", "list"])).toHaveLength(2);
    const shown = (await run(["finding", "show", String(rows[0].id)])).out;
    expect(shown).toContain("restart-needed");
    expect(shown).toContain("nginx of nginx.service (pid 42)");
    const detail = await get(`/findings/${rows[0].id}`);
    expect(detail.evidence.processes).toMatchObject([{ restartNeeded: true, stale: [{ pid: 42, name: "nginx" }] }]);
    expect(detail.demands).not.toEqual([]);
    expect(detail.history[0]).toMatchObject({ type: "finding.restart-needed" });
    expect(await get("/queue")).toMatchObject({ restartNeeded: 1, rows: [{ findings: 1 }] });
    const overview = await get("/overview");
    expect(overview.counts).toMatchObject({ openFindings: 2, restartNeeded: 1 });
    expect(overview.sentence).toContain("1 of them patched and waiting for a restart");
    expect((await get(`/vulnerabilities/${CVE}`)).findings).toMatchObject({ open: 1, restartNeeded: 1, fixed: 0, endpoints: 2 });
    const vex = JSON.parse((await run(["vex", "export", "--format", "openvex", "--author", "Ops", "--endpoint", "ep_2"])).out);
    expect(vex.statements).toMatchObject([{ status: "affected", action_statement: expect.stringContaining("restart what runs it") }]);

    await told(false);
    expect(await get(`/findings/${rows[0].id}`)).toMatchObject({ state: "fixed", stillRuns: null, closedBy: `seen: openssl ${NEW}` });
    expect(await get("/queue")).toMatchObject({ restartNeeded: 0 });
  });
});
