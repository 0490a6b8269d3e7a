import { newApprovalKey, signApproval, verifyCommand } from "@breakwater/shared/command";
import { type Clock, type Instant, instant } from "@breakwater/shared/core";
import { isAllowed } from "@breakwater/shared/window";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventsAfter, type Store, schema } from "../../store/index.ts";
import { openTestStore } from "../../store/testing.ts";
import { createPlanning, type Planning, planToMarkdown } from "./index.ts";

let store: Store;
let planning: Planning;
let now = instant(Date.parse("2026-11-24T10:00:00Z"));
const clock: Clock = { now: () => now };
const key = newApprovalKey();

type EndpointRow = typeof schema.endpoint.$inferInsert;
const host = (id: string, more: Partial<EndpointRow> = {}): EndpointRow => ({
  id,
  hostname: id.replace("ep_", ""),
  machineId: id,
  osId: "debian",
  osVersion: "12",
  osName: "Debian GNU/Linux 12",
  architecture: "amd64",
  kernelRelease: "6.1.0-1-amd64",
  agentVersion: "0.1.0",
  policyMode: "patch",
  pinnedKeyIds: [key.keyId],
  connected: true,
  enrolledAt: "2026-11-01T00:00:00Z",
  ...more,
});

beforeAll(async () => {
  store = await openTestStore();
  planning = createPlanning({ store, clock });
  const { db } = store;
  const facts = {
    services: [{ unit: "ssh.service", activeState: "active", package: "openssh-server" }],
    loadedPackages: [{ name: "libssl3", units: ["ssh.service", "nginx.service"] }],
    listeners: [{ scope: "private" }],
  };
  await db.insert(schema.endpoint).values([
    host("ep_a1", { tags: ["web"], facts, checks: [{ kind: "tcp", name: "ssh answers", host: "127.0.0.1", port: 22, timeoutMs: 2000 }] }),
    host("ep_a2", { tags: ["web"] }),
    host("ep_a3", { tags: ["web"] }),
    host("ep_a4", { tags: ["web"] }),
    host("ep_a5", { tags: ["web"] }),
    host("ep_watch", { tags: ["watched"], policyMode: "observe" }),
    host("ep_nokey", { tags: ["watched"], pinnedKeyIds: [] }),
    host("ep_held", { tags: ["watched"] }),
    host("ep_alone", {
      tags: ["alone"],
      capabilities: ["apt", "reboot"],
      window: { days: ["sat"], from: "22:00", to: "02:00" },
      timezone: "Europe/Berlin",
    }),
    host("ep_db1", { tags: ["db"], redundancyGroup: "db" }),
    host("ep_db2", { tags: ["db"], redundancyGroup: "db" }),
    host("ep_db3", { tags: ["db"], redundancyGroup: "db" }),
    host("ep_sim", { simulated: true, pinnedKeyIds: [] }),
  ]);
  await db.insert(schema.redundancyGroup).values({ id: "db", minHealthy: 2 });
  await db.insert(schema.calendarEvent).values({
    id: "ev1",
    name: "Stocktaking",
    kind: "blackout",
    timezone: "Europe/Berlin",
    rule: { kind: "once", fromDate: "2026-11-28", toDate: "2026-11-28" },
    tags: ["alone"],
  });
  const update = (name: string, security: boolean, source = "openssl", to = "3.0.17-1~deb12u3") => ({
    distribution: "debian:12",
    ecosystem: "deb",
    name,
    architecture: "amd64",
    fromVersion: "3.0.16-1~deb12u1",
    toVersion: to,
    sourceName: source,
    sourceVersion: to,
    origin: "Debian",
    label: "Debian-Security",
    suite: "bookworm-security",
    security,
    downloadSizeBytes: 2_000_000,
    cves: security ? ["CVE-2026-1111"] : [],
  });
  const ids = await db
    .insert(schema.updateCatalogue)
    .values([update("libssl3", true), update("openssl", false), update("nano", false, "nano", "7.2-2")])
    .returning({ id: schema.updateCatalogue.id, name: schema.updateCatalogue.name });
  const all = ["a1", "a2", "a3", "a4", "a5", "watch", "nokey", "held", "alone", "db1", "db2", "db3", "sim"];
  await db.insert(schema.pendingUpdate).values(
    all.flatMap((e) =>
      ids.map((u) => ({
        endpointId: `ep_${e}`,
        name: u.name,
        architecture: "amd64",
        updateId: u.id,
        held: e === "held" && u.name === "openssl",
      })),
    ),
  );
  await db.insert(schema.finding).values(
    all.map((e) => ({
      endpointId: `ep_${e}`,
      packageId: 1,
      vulnerabilityId: "CVE-2026-1111",
      packageName: "libssl3",
      sourceName: "openssl",
      installedVersion: "3.0.16-1~deb12u1",
      fixedVersion: "3.0.17-1~deb12u3",
      state: "open",
      updateId: ids[0]?.id ?? null,
      risk: 40,
      factors: [{ name: "exploitation", effect: Math.log(0.4), why: "stated" }],
      openedAt: "2026-11-20T00:00:00Z",
    })),
  );
});
afterAll(() => store.close());

async function proposed(intent: Parameters<Planning["propose"]>[0]) {
  const result = await planning.propose(intent, "user:ada");
  if (!result.ok) throw new Error(result.problem.message);
  const plan = await planning.get(result.value.planId, result.value.revision);
  if (!plan.ok) throw new Error(plan.problem.message);
  return plan.value;
}
const actionsOf = async (planId: string, revision = 1) =>
  (await store.db.select().from(schema.planAction))
    .filter((a) => a.planId === planId && a.revision === revision)
    .map((a) => ({ ...a, parsed: JSON.parse(Buffer.from(a.action).toString("utf8")) }));

describe("a plan of the live fleet", () => {
  it("sends one of five alike first, then the rest, and moves all binaries of a source together", async () => {
    const plan = await proposed({ select: { tags: ["web"] }, bakeMs: 2_000 });
    expect(plan.rollout.waves.map((w) => w.endpointIds.length)).toEqual([1, 4]);
    expect(plan.rollout.waves.map((w) => w.gate.bakeMs)).toEqual([2_000, 2_000]);
    const actions = await actionsOf(plan.id);
    expect(actions).toHaveLength(5);
    expect(actions[0]?.parsed.packages.map((p: { name: string }) => p.name).sort()).toEqual(["libssl3", "openssl"]);
    expect(plan.document.risk).toMatchObject({ now: 40, residual: 0 });
    expect(plan.document.waves[0]?.members).toEqual([{ group: "production, debian 12", count: 1 }]);
  });

  it("shows the risk of what it closes, also where as bad a finding stays", async () => {
    const stays = { packageName: "curl", sourceName: "curl", installedVersion: "7.88.1-10", fixedVersion: null, updateId: null };
    const finding = { endpointId: "ep_a2", packageId: 1, vulnerabilityId: "CVE-2026-2222", openedAt: "2026-11-20T00:00:00Z" };
    await store.db.insert(schema.finding).values({ ...finding, ...stays, state: "no-fix", risk: 40 });
    const { document } = await proposed({ select: { endpointIds: ["ep_a2"] } });
    // 1 - 0.6 x 0.6, and what is left.
    expect(document.risk).toMatchObject({ now: 64, residual: 40 });
    await store.db.delete(schema.finding).where(eq(schema.finding.vulnerabilityId, "CVE-2026-2222"));
  });

  it("checks the endpoint's own probes and the units that run the changed packages", async () => {
    const plan = await proposed({ select: { endpointIds: ["ep_a1"] } });
    const [action] = await actionsOf(plan.id);
    expect(action?.parsed.checks.map((c: { name: string }) => c.name)).toEqual(["ssh answers", "unit ssh.service"]);
    expect(plan.document.waves[0]?.why).toContain("one production endpoint");
  });

  it("chooses what is asked for and nothing else", async () => {
    const plan = await proposed({ select: { endpointIds: ["ep_a1"], patches: [{ sourceName: "nano" }] } });
    expect((await actionsOf(plan.id))[0]?.parsed.packages.map((p: { name: string }) => p.name)).toEqual(["nano"]);
    const cve = await proposed({ select: { endpointIds: ["ep_a1"], cves: ["CVE-2026-1111"] } });
    expect((await actionsOf(cve.id))[0]?.parsed.packages).toHaveLength(2);
    const nothing = await planning.propose({ select: { endpointIds: ["ep_a1"], minRisk: 90 } }, "user:ada");
    expect(nothing).toMatchObject({ ok: false, problem: { code: "nothing-to-plan" } });
  });

  it("says of each endpoint that stays out why", async () => {
    const result = await planning.propose({ select: { tags: ["watched"] } }, "user:ada");
    expect(result.ok).toBe(false);
    const message = result.ok ? "" : result.problem.message;
    expect(message).toContain('policy is "observe"');
    expect(message).toContain("No approval key is pinned");
    expect(message).toContain("held");
  });

  it("keeps windows and blackouts in the endpoint's own zone", async () => {
    const plan = await proposed({ select: { endpointIds: ["ep_alone"] } });
    expect(plan.document.waves[0]?.start).toBe("2026-11-29T00:00:00+01:00");
    expect(plan.document.waves[0]?.avoids).toEqual(["Stocktaking"]);
    const planned = plan.rollout.endpoints.ep_alone;
    const at = (text: string) => Date.parse(text) as Instant;
    const allowed = { window: planned?.window, zone: planned?.timezone ?? "UTC", blackouts: planned?.blackouts ?? [] };
    expect(isAllowed(allowed, at("2026-11-28T21:30:00Z"))).toBe(false);
    expect(isAllowed(allowed, at("2026-12-05T21:30:00Z"))).toBe(true);
    const ignored = await proposed({ select: { endpointIds: ["ep_alone"] }, ignoreWindows: { reason: "exploited since this morning" } });
    expect(ignored.rollout.endpoints.ep_alone).not.toHaveProperty("window");
    expect(ignored.document.assumptions.join()).toContain("exploited since this morning");
  });

  it("lets each endpoint reboot within its own window, or not at all, and leaves elder plans as they were", async () => {
    const ids = { endpointIds: ["ep_alone", "ep_a1"] };
    const plan = await proposed({ select: ids, reboot: "when-needed" });
    const actions = new Map((await actionsOf(plan.id)).map((a) => [a.parsed.endpointId, a.parsed]));
    expect(actions.get("ep_alone")).toMatchObject({
      reboot: "when-needed",
      rebootWithin: { limitMs: 900_000, timezone: "Europe/Berlin", window: { days: ["sat"], from: "22:00", to: "02:00" } },
    });
    expect(actions.get("ep_alone").rebootWithin.blackouts).toEqual(plan.rollout.endpoints.ep_alone?.blackouts);
    expect(actions.get("ep_a1")).toMatchObject({ reboot: "never" });
    expect(actions.get("ep_a1")).not.toHaveProperty("rebootWithin");
    expect(plan.rollout.rebootLimitMs).toBe(900_000);
    expect(plan.document.reboots.map((r) => [r.endpoint, r.mode, r.expected])).toEqual(
      expect.arrayContaining([
        ["alone", "when-needed", "if-asked"],
        ["a1", "never", "if-asked"],
      ]),
    );
    expect(planToMarkdown(plan.document)).toContain("its owner's policy allows no reboots");
    const quiet = await proposed({ select: ids });
    expect(quiet.document.reboots).toEqual([]);
    expect(quiet.rollout).not.toHaveProperty("rebootLimitMs");
  });

  it("carries what an operator writes of triggers, tree, approvals and growth into what is signed and read", async () => {
    await store.db.insert(schema.user).values([
      { id: "us_bo", name: "bo", role: "approver", passwordHash: "x", createdAt: "2026-11-01T00:00:00Z" },
      { id: "us_vi", name: "vi", role: "viewer", passwordHash: "x", createdAt: "2026-11-01T00:00:00Z" },
    ]);
    const { rollout, document } = await proposed({
      select: { tags: ["web"] },
      bakeMinutes: 60,
      triggers: [{ metric: "units_failed", count: 3 }],
      tree: [
        { when: { trigger: 1 }, action: "halt", ask: "on-call" },
        { when: "harmful", action: "pause" },
      ],
      waveApprovals: [{ before: 2, by: ["bo"] }],
      growth: { kind: "by-belief", largestFactor: 3, seed: "ours" },
    });
    expect(rollout.waves.map((w) => [w.triggers.length, w.tree?.map((b) => b.action), w.stretch])).toEqual([
      [1, ["halt", "pause"], undefined],
      [1, ["halt", "pause"], "Production rest"],
    ]);
    expect(rollout.waves.map((w) => w.gate)).toMatchObject([{ approval: true, approvers: ["bo"] }, { approval: false }]);
    expect(rollout.growth).toMatchObject({ smallest: 1, largestFactor: 3, ceiling: 5, seed: "ours", approveEach: false });
    expect(document.waves[1]?.approvals[0]?.role).toBe("bo (opens this wave)");
    expect(document.waves[0]?.rollback.tree.map((b) => b.if)).toContain("newly failed systemd units on one endpoint: 3 or more");
    expect(document.notes.join()).toContain("at least 1, at most 3 times the wave before, at most 5");

    const refused = async (intent: Parameters<Planning["propose"]>[0]) => {
      const result = await planning.propose({ select: { tags: ["web"] }, ...intent }, "user:ada");
      return result.ok ? "planned" : result.problem.message;
    };
    expect(await refused({ waveApprovals: [{ before: 2, by: ["nobody"] }] })).toBe(
      "nobody is to open a wave, and nobody of that name can sign in.",
    );
    expect(await refused({ waveApprovals: [{ before: 2, by: ["vi"] }] })).toBe(
      "vi is to open a wave, and has the role viewer, which may not approve.",
    );
    expect(await refused({ waveApprovals: [{ before: 3 }] })).toBe("An approval is asked for before wave 3, and the plan has 2 waves.");
    expect(await refused({ waveApprovals: [{ before: 1 }] })).toContain("the first wave is opened by the plan's signatures");
    expect(await refused({ growth: { kind: "by-belief", smallest: 4, ceiling: 2 } })).toBe(
      "Waves are to be no smaller than 4 and no larger than 2.",
    );
    expect(await refused({ triggers: [{ metric: "orders", count: 1, action: "pause" }] })).toContain("which nobody measures");
    expect(await refused({ errorBudget: 0 })).toContain("an error budget of 0 would let nothing start");
  });

  it("asks a person before each wave after the first where that is wanted", async () => {
    const { rollout } = await proposed({ select: { tags: ["web"] }, approveEachWave: true });
    expect(rollout.waves.map((w) => w.gate.approval)).toEqual([true, false]);
  });

  it("takes one member of a redundancy group at a time when that is its spare", async () => {
    const plan = await proposed({ select: { tags: ["db"] } });
    expect(plan.rollout.waves.map((w) => w.endpointIds.length)).toEqual([1, 1, 1]);
    expect(plan.rollout.redundancyGroups).toEqual({ db: { minHealthy: 2, members: ["ep_db1", "ep_db2", "ep_db3"] } });
  });

  it("plans simulated endpoints by themselves only", async () => {
    const plan = await proposed({ select: { simulated: true } });
    expect(Object.keys(plan.rollout.endpoints)).toEqual(["ep_sim"]);
    expect(plan.simulated).toBe(true);
  });
});

describe("approval", () => {
  it("is a registered key's signature over this revision's digest, and endpoints accept it", async () => {
    const plan = await proposed({ select: { tags: ["web"] } });
    const approval = signApproval(plan.digest, key.privateKeyPem, "ada", now);
    expect(await planning.approve(plan.id, 1, approval)).toMatchObject({ ok: false, problem: { code: "unknown-approval-key" } });
    expect(await planning.addApprovalKey({ publicKey: key.publicKey, owner: "ada" }, "user:ada")).toMatchObject({ ok: true });
    expect(await planning.approve(plan.id, 1, { ...approval, signature: Buffer.alloc(64) })).toMatchObject({
      ok: false,
      problem: { code: "bad-signature" },
    });
    expect(await planning.approve(plan.id, 1, approval)).toEqual({ ok: true, value: { approvals: 1 } });
    expect(await planning.approve(plan.id, 1, approval)).toEqual({ ok: true, value: { approvals: 1 } });
    const events = (await eventsAfter(store.db, 0, 1_000)).filter((e) => e.subject === `plan:${plan.id}`);
    expect(events.map((e) => e.type)).toEqual(["plan.proposed", "plan.approved"]);
    const [action] = await actionsOf(plan.id);
    const verified = verifyCommand(
      {
        actionBytes: action?.action as Uint8Array,
        headerBytes: plan.headerBytes,
        proof: (action?.proof ?? []).map((s) => ({ ...s, sibling: Buffer.from(s.sibling, "hex") })),
        approvals: [approval],
        notAfter: "2026-11-25T00:00:00Z",
      },
      action?.endpointId ?? "",
      { keys: [{ keyId: key.keyId, publicKey: key.publicKey, owner: "ada" }], required: 1 },
      now,
    );
    expect(verified.ok).toBe(true);
  });

  it("of one revision says nothing of the next", async () => {
    const plan = await proposed({ select: { tags: ["web"] } });
    const revised = await planning.revise(plan.id, { select: { tags: ["web"] }, canary: 2 }, "user:ada");
    expect(revised).toMatchObject({ ok: true, value: { revision: 2 } });
    const old = signApproval(plan.digest, key.privateKeyPem, "ada", now);
    expect(await planning.approve(plan.id, 1, old)).toMatchObject({ ok: false, problem: { code: "plan-superseded" } });
    expect(await planning.approve(plan.id, 2, old)).toMatchObject({ ok: false, problem: { code: "bad-signature" } });
  });

  it("takes two persons where the plan says so, and the proposer is none of them", async () => {
    const plan = await proposed({ select: { tags: ["web"] }, approvals: 2 });
    const state = async () => (await planning.get(plan.id)) as { ok: true; value: { state: string } };
    const sign = async (owner: string) => {
      const made = newApprovalKey();
      await planning.addApprovalKey({ publicKey: made.publicKey, owner, label: "" }, `user:${owner}`);
      expect(await planning.approve(plan.id, 1, signApproval(plan.digest, made.privateKeyPem, owner, now))).toMatchObject({ ok: true });
      return (await state()).value.state;
    };
    expect([await sign("ada"), await sign("bob"), await sign("bob"), await sign("eve")]).toEqual(["draft", "draft", "draft", "approved"]);
  });

  it("is refused after expiry, after discarding and from a revoked key", async () => {
    const plan = await proposed({ select: { tags: ["web"] }, bakeMs: 60_000, expiresInHours: 1 });
    const approval = signApproval(plan.digest, key.privateKeyPem, "ada", now);
    const then = now;
    now = instant(now + 2 * 3_600_000);
    expect(await planning.approve(plan.id, 1, approval)).toMatchObject({ ok: false, problem: { code: "plan-expired" } });
    now = then;
    expect(await planning.discard(plan.id, 1, "user:ada", "not now")).toMatchObject({ ok: true });
    expect(await planning.approve(plan.id, 1, approval)).toMatchObject({ ok: false, problem: { code: "plan-not-open" } });
    const another = await proposed({ select: { tags: ["web"] } });
    await planning.revokeApprovalKey(key.keyId, "user:ada");
    expect(await planning.approve(another.id, 1, signApproval(another.digest, key.privateKeyPem, "ada", now))).toMatchObject({
      ok: false,
      problem: { code: "approval-key-revoked" },
    });
    expect((await planning.list())[0]).toHaveProperty("state");
  });
});
