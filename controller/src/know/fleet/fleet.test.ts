import { addMs, type Clock, expectOk, hours, instant, minutes } from "@breakwater/shared/core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { eventsAfter, type Store } from "../../store/index.ts";
import { openTestStore } from "../../store/testing.ts";
import { createFleet, type Fleet, type HelloFacts, pathsTo, readTopology } from "./index.ts";

let store: Store;
let fleet: Fleet;
let now = instant(Date.parse("2026-03-01T10:00:00Z"));
const clock: Clock = { now: () => now };
let serials = 0;
let position = 0;

beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());
beforeEach(async () => {
  fleet = createFleet({ store, clock });
  position = (await eventsAfter(store.db, 0, 10_000)).at(-1)?.position ?? 0;
});

const identity = (machine: string, hostname = `host-${machine}`) => ({
  hostname,
  machineId: machine.padStart(32, "0"),
  agentVersion: "0.1.0",
  os: {
    id: "debian",
    versionId: "12",
    prettyName: "Debian GNU/Linux 12",
    codename: "bookworm",
    architecture: "amd64",
    kernelRelease: "6.1.0-1",
    virtualization: "none",
  },
});
const issue = async (endpointId: string) => ({
  serial: `5e${(serials++).toString(16)}`,
  endpointId,
  subject: `spiffe://breakwater/endpoint/${endpointId}`,
  issuedAt: now,
  expiresAt: addMs(now, hours(24)),
});
const token = async (uses = 1) => expectOk(await fleet.createJoinToken({ uses, actor: "user:ada" }));
const join = async (machine: string, hostname?: string) =>
  expectOk(await fleet.enrol(identity(machine, hostname), (await token()).secret, { issue }));
const told = async () => (await eventsAfter(store.db, position, 1_000)).map((e) => e.type);

describe("join tokens", () => {
  it("keep only the hash of their secret", async () => {
    const { secret, token: made } = await token();
    const rows = await store.db.query.joinToken.findMany();
    expect(JSON.stringify(rows)).not.toContain(secret);
    expect((await fleet.listJoinTokens())[0]?.id).toBe(made.id);
    expect(await told()).toEqual(["join-token.created"]);
  });

  it("are spent once, even by two at the same moment", async () => {
    const { secret } = await token();
    const results = await Promise.all([fleet.redeemJoinToken(secret), fleet.redeemJoinToken(secret)]);
    expect(results.map((r) => (r.ok ? "ok" : r.problem.code)).sort()).toEqual(["ok", "token-used"]);
  });

  it("say why they are of no use", async () => {
    const expired = await token();
    const revoked = await token();
    await fleet.revokeJoinToken(revoked.token.id, "user:ada");
    now = addMs(now, hours(25));
    const code = async (secret: string) => {
      const r = await fleet.redeemJoinToken(secret, `from-${secret}`);
      return r.ok ? "ok" : r.problem.code;
    };
    expect(await code("bwjoin_guess")).toBe("token-unknown");
    expect(await code(expired.secret)).toBe("token-expired");
    expect(await code(revoked.secret)).toBe("token-revoked");
  });

  it("cannot be guessed at speed, and one guesser locks out only himself", async () => {
    for (let i = 0; i < 10; i++) await fleet.redeemJoinToken(`bwjoin_${i}`, "192.0.2.1");
    const { secret } = await token();
    expect(await fleet.redeemJoinToken(secret, "192.0.2.1")).toMatchObject({ ok: false, problem: { code: "join-throttled" } });
    expect((await fleet.redeemJoinToken(secret, "192.0.2.2")).ok).toBe(true);
  });
});

describe("enrolment", () => {
  it("makes an endpoint with the token's tags and a registered certificate", async () => {
    expectOk(await fleet.sites.set({ id: "berlin", maxConcurrent: 5 }, "user:ada"));
    const { secret } = expectOk(await fleet.createJoinToken({ tags: ["web"], site: "berlin", actor: "user:ada" }));
    const { endpointId, certificate, again } = expectOk(await fleet.enrol(identity("a1"), secret, { issue }));
    expect(again).toBe(false);
    expect(expectOk(await fleet.get(endpointId))).toMatchObject({ hostname: "host-a1", tags: ["web"], site: "berlin", connected: false });
    expect(await fleet.certificates.state(certificate.serial)).toBe("valid");
    expect(await fleet.certificates.isRevoked("never-seen")).toBe(true);
  });

  it("keeps the id of a machine that comes again and revokes what it had", async () => {
    const first = await join("a2");
    const second = await join("a2");
    expect(second).toMatchObject({ endpointId: first.endpointId, again: true });
    expect(await fleet.certificates.state(first.certificate.serial)).toBe("revoked");
    expect(await fleet.certificates.state(second.certificate.serial)).toBe("valid");
    expect(await told()).toContain("certificate.revoked");
  });

  it("spends no token when the certificate cannot be made", async () => {
    const { secret } = await token();
    const broken = async () => {
      throw new Error("no entropy");
    };
    await expect(fleet.enrol(identity("a3"), secret, { issue: broken })).rejects.toThrow("no entropy");
    expect((await fleet.enrol(identity("a3"), secret, { issue })).ok).toBe(true);
  });

  it("refuses a machine that does not say which it is", async () => {
    const refused = await fleet.enrol({ ...identity("a4"), machineId: "" }, (await token()).secret, { issue });
    expect(refused).toMatchObject({ ok: false, problem: { code: "identity-invalid" } });
  });
});

describe("endpoints", () => {
  it("are found by what they are and what operators said of them", async () => {
    const { endpointId } = await join("b1", "web_1.example");
    await join("b2", "webx1.example");
    expectOk(await fleet.update(endpointId, { tags: ["edge", "edge", "alpha"], criticality: 5 }, "user:ada"));
    const ids = async (filter: Parameters<Fleet["list"]>[0]) => (await fleet.list(filter)).endpoints.map((e) => e.hostname);
    expect(await ids({ tag: "edge" })).toEqual(["web_1.example"]);
    expect(await ids({ text: "web_1" })).toEqual(["web_1.example"]);
    expect(await ids({ os: "debian:12", text: "example" })).toEqual(["web_1.example", "webx1.example"]);
    expect(await ids({ os: "debian:13" })).toEqual([]);
    expect(await fleet.list({ text: "example" }, { limit: 1, offset: 1 })).toMatchObject({
      total: 2,
      endpoints: [{ hostname: "webx1.example" }],
    });
  });

  it("tell exactly what changed, and nothing when nothing did", async () => {
    const { endpointId } = await join("b3");
    position = (await eventsAfter(store.db, 0, 10_000)).at(-1)?.position ?? 0;
    expectOk(await fleet.update(endpointId, { criticality: 4, tags: [] }, "user:ada"));
    expectOk(await fleet.update(endpointId, { criticality: 4 }, "user:ada"));
    const events = await eventsAfter(store.db, position, 10);
    expect(events).toMatchObject([{ type: "endpoint.updated", actor: "user:ada", data: { changed: { criticality: { from: 3, to: 4 } } } }]);
    expect(events).toHaveLength(1);
  });

  it("refuse a site or a group that nobody made", async () => {
    const { endpointId } = await join("b4");
    expect(await fleet.update(endpointId, { site: "typo" }, "user:ada")).toMatchObject({ ok: false, problem: { code: "site-unknown" } });
    expect(await fleet.update(endpointId, { redundancyGroup: "typo" }, "user:ada")).toMatchObject({
      ok: false,
      problem: { code: "redundancy-group-unknown" },
    });
    expect(await fleet.update(endpointId, { criticality: 9 }, "user:ada")).toMatchObject({ ok: false, problem: { code: "invalid-input" } });
  });

  it("hold their group until they leave it", async () => {
    const { endpointId } = await join("b5");
    expectOk(await fleet.redundancyGroups.set({ id: "db", minHealthy: 2 }, "user:ada"));
    expectOk(await fleet.update(endpointId, { redundancyGroup: "db" }, "user:ada"));
    expect(await fleet.redundancyGroups.remove("db", "user:ada")).toMatchObject({ ok: false, problem: { code: "in-use" } });
    expectOk(await fleet.update(endpointId, { redundancyGroup: null }, "user:ada"));
    expectOk(await fleet.redundancyGroups.remove("db", "user:ada"));
  });

  it("leave for good, with their certificates", async () => {
    const { endpointId, certificate } = await join("b6");
    expectOk(await fleet.remove(endpointId, "user:ada"));
    expect((await fleet.get(endpointId)).ok).toBe(false);
    expect(await fleet.certificates.state(certificate.serial)).toBe("revoked");
    expect((await join("b6")).endpointId).not.toBe(endpointId);
  });
});

describe("connections", () => {
  const facts = (machine: string): HelloFacts => ({
    identity: identity(machine),
    bootId: "boot-1",
    timezone: "Europe/Berlin",
    policyMode: "patch",
    capabilities: ["apt"],
    pinnedKeyIds: ["k1"],
    clockOffsetMs: -1_500,
  });

  it("record what the agent says, and are told when they end", async () => {
    const { endpointId } = await join("c1");
    expectOk(await fleet.setConnection(endpointId, true, facts("c1")));
    expect(expectOk(await fleet.get(endpointId))).toMatchObject({
      connected: true,
      timezone: "Europe/Berlin",
      policyMode: "patch",
      pinnedKeyIds: ["k1"],
      clockOffsetMs: -1_500,
    });
    expectOk(await fleet.setConnection(endpointId, false));
    expectOk(await fleet.setConnection(endpointId, false));
    expect((await told()).filter((t) => t === "endpoint.disconnected")).toHaveLength(1);
  });

  it("of a controller that died are swept, live ones are not", async () => {
    const [silent, live] = [await join("c2"), await join("c3")];
    expectOk(await fleet.setConnection(silent.endpointId, true, facts("c2")));
    expectOk(await fleet.setConnection(live.endpointId, true, facts("c3")));
    now = addMs(now, minutes(5));
    await fleet.touch([live.endpointId]);
    expect(await fleet.sweepSilent(minutes(2))).toBe(1);
    expect(expectOk(await fleet.get(live.endpointId)).connected).toBe(true);
    expect(expectOk(await fleet.get(silent.endpointId)).connected).toBe(false);
  });
});

describe("calendar", () => {
  it("keeps events, and refuses a zone that is none and a rule that never holds", async () => {
    const input = { name: "Month end", kind: "blackout", timezone: "Europe/Berlin", rule: { kind: "monthly", fromDay: -1, toDay: 5 } };
    const made = expectOk(await fleet.calendar.create(input, "user:ada"));
    expectOk(await fleet.calendar.update(made.id, { ...input, tags: ["finance"] }, "user:ada"));
    expect(await fleet.calendar.list()).toEqual([{ id: made.id, ...input, tags: ["finance"] }]);
    expect(await fleet.calendar.create({ ...input, timezone: "Berlin" }, "user:ada")).toMatchObject({ ok: false });
    const refusals = [
      { monthly: [1, 5] },
      { kind: "once", fromDate: "2026-12-27", toDate: "2026-12-20" },
      { kind: "daily", from: "9", to: "17:00" },
    ];
    const told = [];
    for (const rule of refusals) {
      const refused = await fleet.calendar.update(made.id, { ...input, rule }, "user:ada");
      told.push(refused.ok ? "" : refused.problem.message);
    }
    expect(told).toEqual([
      expect.stringContaining("rule.kind"),
      expect.stringContaining("rule.toDate: must not lie before fromDate"),
      expect.stringContaining("rule.from"),
    ]);
    expectOk(await fleet.calendar.remove(made.id, "user:ada"));
    expect(await fleet.calendar.list()).toEqual([]);
  });
});

describe("fleet file", () => {
  it("reads back what it wrote, in either form", async () => {
    await join("d1", "file-1.example");
    const text = [
      "version: 1",
      "sites: [{ id: paris, maxConcurrent: 3 }]",
      "redundancyGroups: [{ id: front, minHealthy: 1 }]",
      "calendar: [{ name: Sale, kind: business, timezone: Europe/Paris, rule: { kind: weekly, days: [fri], from: '08:00', to: '20:00' } }]",
      "endpoints:",
      "  - endpoint: file-1.example",
      "    site: paris",
      "    redundancyGroup: front",
      "    window: { days: [sat], from: '22:00', to: '04:00' }",
    ].join("\n");
    expect(expectOk(await fleet.importFile(text, "user:ada"))).toEqual({ sites: 1, redundancyGroups: 1, calendar: 1, endpoints: 1 });
    const yaml = await fleet.exportFile("yaml");
    expectOk(await fleet.importFile(await fleet.exportFile("json"), "user:ada"));
    expect(await fleet.exportFile("yaml")).toBe(yaml);
    expect(yaml).toContain("front");
  });

  it("changes nothing when one line is wrong, and names the line", async () => {
    const before = await fleet.exportFile("json");
    const wrong = (text: string) => fleet.importFile(text, "user:ada");
    expect(await wrong("version: 1\nsites:\n  - id: lyon\n    maxConcurrent: 2\nendpoints:\n  - endpoint: nobody\n")).toMatchObject({
      ok: false,
      problem: { code: "fleet-file-invalid", message: 'line 6: no endpoint is called "nobody"' },
    });
    expect(await wrong("version: 1\nsites:\n  - id: lyon\n    maxConcurrent: none\n")).toMatchObject({
      ok: false,
      problem: { message: expect.stringMatching(/^line 4: sites\.0\.maxConcurrent/) },
    });
    expect(await wrong("version: 1\nsites: [\n")).toMatchObject({ ok: false, problem: { code: "fleet-file-invalid" } });
    expect(await fleet.exportFile("json")).toBe(before);
  });

  it("is refused by its size with what to do, in either form, and read as JSON where YAML would take too long", async () => {
    const endpoints = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ endpoint: `nobody-${i}.example`, tags: ["a".repeat(60)] }));
    const imported = async (text: string) => {
      const result = await fleet.importFile(text, "user:ada");
      return result.ok ? "taken" : `${result.problem.code}: ${result.problem.message} ${result.problem.next}`;
    };
    const yaml = `version: 1\nendpoints:\n${endpoints(12_000)
      .map((e) => `  - { endpoint: ${e.endpoint}, tags: [${e.tags}] }`)
      .join("\n")}\n`;
    expect(await imported(yaml)).toMatch(/^fleet-file-too-large: .*in YAML may have 1 MiB.*Write it as JSON/);
    // Read at once, and refused for what it says.
    expect(await imported(JSON.stringify({ version: 1, endpoints: endpoints(12_000) }))).toMatch(
      /endpoints\.0: no endpoint is called "nobody-0/,
    );
    expect(await imported(`{"version":1,"sites":"${"x".repeat(16 * 1024 * 1024)}"}`)).toMatch(
      /^fleet-file-too-large: The file has 16\.0 MiB/,
    );
    expect(await imported('{"version": 1,\n"sites": [{"id": 7}]}')).toMatch(/^fleet-file-invalid: line 2: sites\.0\.id/);
    expect(await imported('{"version": 1,\n"sites": [')).toMatch(/^fleet-file-invalid: line /);
  });

  it("says who reaches whom; what it leaves out stays, and what does not fit together is refused whole", async () => {
    const zones = "zones:\n  - { id: dmz, reachedFrom: [internet] }\n  - { id: inner, reachedFrom: [dmz] }\n";
    const balancers = "loadBalancers:\n  - { id: front, exposure: public, tags: [web], ports: [8443] }\n";
    expectOk(await fleet.importFile(`version: 1\n${zones}${balancers}`, "user:ada"));
    expectOk(await fleet.importFile("version: 1\n", "user:ada"));
    const topology = await readTopology(store.db);
    expect(pathsTo({ zone: "dmz", tags: [] }, topology)).toEqual({ zone: "dmz", loadBalancers: [] });
    expect(pathsTo({ zone: "inner", tags: ["web"] }, topology)).toEqual({ zone: null, loadBalancers: [{ id: "front", ports: [8443] }] });
    const refused = async (text: string) => {
      const result = await fleet.importFile(text, "user:ada");
      return result.ok ? "taken" : result.problem.message;
    };
    expect(await refused("version: 1\nzones: [{ id: a, reachedFrom: [b] }]\n")).toContain('reached from "b", which is no zone');
    expect(await refused("version: 1\nzones: [{ id: internet, reachedFrom: [] }]\n")).toContain("is the world");
    expect(await readTopology(store.db)).toEqual(topology);
    const told = (await eventsAfter(store.db, 0, 10_000)).filter((e) => e.type === "topology.changed");
    expect(told).toHaveLength(1);
  });

  it("places endpoints in zones that are there", async () => {
    const [some] = (await fleet.list()).endpoints;
    if (!some) throw new Error("no endpoint");
    expect(expectOk(await fleet.update(some.id, { zone: "dmz" }, "user:ada")).zone).toBe("dmz");
    expect(await fleet.update(some.id, { zone: "nowhere" }, "user:ada")).toMatchObject({ ok: false, problem: { code: "bad-topology" } });
    expect(await fleet.importFile("version: 1\nzones: []\n", "user:ada")).toMatchObject({ ok: false, problem: { code: "bad-topology" } });
    expect(expectOk(await fleet.get(some.id)).zone).toBe("dmz");
  });
});
