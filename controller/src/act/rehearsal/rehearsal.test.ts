import { newApprovalKey, type RehearsalReport, sealPlan, signApproval, signRehearsal, verifyCommand } from "@breakwater/shared/command";
import { addMs, hours, instant } from "@breakwater/shared/core";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { schema } from "../../store/index.ts";
import { openTestStore } from "../../store/testing.ts";
import { decodeOutboxCommand, rehearsalStanding, rehearsalsOf } from "../rollout/index.ts";
import { type Candidate, chooseRepresentatives, obstacleOf } from "./representatives.ts";
import { requestRehearsals } from "./request.ts";
import { expireRehearsals, giveUpRehearsals, settleRehearsal } from "./settle.ts";

const now = instant(Date.parse("2026-03-02T08:00:00Z"));
const clock = { now: () => now };
const key = newApprovalKey();
const action = (endpointId: string, to = "1.1") => ({
  version: 1 as const,
  planId: "pl_1",
  endpointId,
  packages: [{ manager: "apt" as const, name: "shop", architecture: "all", from: "1.0", to }],
  checks: [],
  restartServices: true,
  reboot: "never" as const,
  rollback: true,
  limits: { commitConfirmMs: 0, lockWaitMs: 0, checkGraceMs: 0, downloadBytesPerSecond: 0 },
});
const sealed = sealPlan(
  [action("ep_a"), action("ep_b"), action("ep_c", "1.2")],
  {},
  {
    planId: "pl_1",
    revision: 1,
    notBefore: "2026-03-03T00:00:00.000Z",
    expiresAt: "2026-03-09T00:00:00.000Z",
  },
);
const permission = signRehearsal(sealed.digest, key.privateKeyPem, "ada", now);
let store: Awaited<ReturnType<typeof openTestStore>>;

beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

describe("a permission to rehearse", () => {
  const leaf = sealed.actions.get("ep_a");
  const command = (approvals: readonly (typeof permission)[]) => ({
    actionBytes: leaf?.bytes ?? Buffer.alloc(0),
    headerBytes: sealed.headerBytes,
    proof: leaf?.proof ?? [],
    approvals,
    notAfter: "2026-03-02T09:00:00.000Z",
  });
  const trust = { keys: [{ keyId: key.keyId, publicKey: key.publicKey, owner: "ada" }], required: 1 };

  it("lets an endpoint rehearse, also before the plan begins, and never lets it change anything", () => {
    expect(verifyCommand(command([permission]), "ep_a", trust, now, "rehearse").ok).toBe(true);
    const later = addMs(now, hours(24));
    const still = { ...command([permission]), notAfter: "2026-03-04T09:00:00.000Z" };
    expect(verifyCommand(still, "ep_a", trust, later, "apply")).toMatchObject({ ok: false, problem: { code: "signature-missing" } });
  });
  it("is contained in an approval", () => {
    const approval = signApproval(sealed.digest, key.privateKeyPem, "ada", now);
    expect(verifyCommand(command([approval]), "ep_a", trust, now, "rehearse").ok).toBe(true);
  });
  it("counts only from a key that the endpoint trusts, for the endpoint it names", () => {
    const foreign = signRehearsal(sealed.digest, newApprovalKey().privateKeyPem, "eve", now);
    expect(verifyCommand(command([foreign]), "ep_a", trust, now, "rehearse")).toMatchObject({
      ok: false,
      problem: { code: "signature-missing" },
    });
    expect(verifyCommand(command([permission]), "ep_b", trust, now, "rehearse")).toMatchObject({
      ok: false,
      problem: { code: "misaddressed" },
    });
  });
});

describe("representatives", () => {
  const of = (endpointId: string, configuration: string, criticality: number, obstacle?: string): Candidate => ({
    endpointId,
    hostname: endpointId,
    configuration,
    criticality,
    obstacle,
  });
  it("are one for each configuration, the least critical that can be asked", () => {
    const chosen = chooseRepresentatives([of("a", "x", 3), of("b", "x", 1, "away"), of("c", "x", 2), of("d", "y", 1, "away")]);
    expect(chosen.asked.map((c) => c.endpointId)).toEqual(["c"]);
    expect(chosen.notPossible.map((c) => c.endpointId)).toEqual(["d"]);
  });
  it("are never simulated, away, unwilling, or of an older agent", () => {
    const able = { simulated: false, connected: true, revoked: false, policyMode: "rehearse", capabilities: ["apt", "rehearse"] };
    expect(obstacleOf(able)).toBeUndefined();
    for (const change of [
      { simulated: true },
      { connected: false },
      { revoked: true },
      { policyMode: "observe" },
      { capabilities: ["apt"] },
    ])
      expect(obstacleOf({ ...able, ...change })).toBeTypeOf("string");
  });
});

describe("the rehearsals of a plan", () => {
  const report: RehearsalReport = {
    verdict: "failed",
    level: "booted",
    failureClass: "hung",
    reason: "It hangs.",
    blindTo: [],
    warnings: [],
    steps: [],
    packages: [],
    checks: [],
    configurationReviews: [],
    filesOutside: [],
    filesOutsideCount: 0,
    restartedUnits: [],
    cost: { seconds: 1, cpuSeconds: 1, diskBytes: 1, memoryPeakBytes: 1 },
    host: { untouched: true, digestBefore: "", digestAfter: "", differences: [] },
  };
  const endpoint = (id: string, more: Partial<typeof schema.endpoint.$inferInsert> = {}) => ({
    ...{ id, hostname: id, machineId: id, osId: "debian", osVersion: "12", osName: "Debian", architecture: "amd64", kernelRelease: "6" },
    ...{ agentVersion: "1", enrolledAt: "2026-03-01T00:00:00Z", connected: true, policyMode: "patch", capabilities: ["apt", "rehearse"] },
    ...more,
  });
  beforeEach(async () => {
    for (const table of ["plan", "plan_action", "plan_approval", "approval_key", "endpoint", "rehearsal", "command_outbox", "domain_event"])
      await store.db.execute(`delete from ${table}`);
    await store.db.insert(schema.endpoint).values([endpoint("ep_a"), endpoint("ep_b"), endpoint("ep_c", { connected: false })]);
    await store.db
      .insert(schema.approvalKey)
      .values({ keyId: key.keyId, publicKey: key.publicKey, owner: "ada", createdAt: "2026-03-01T00:00:00Z" });
    await store.db.insert(schema.plan).values({
      ...{ id: "pl_1", revision: 1, title: "t", createdAt: "2026-03-01T00:00:00Z", createdBy: "user:ada", state: "draft" },
      ...{ document: {}, rollout: {}, headerBytes: sealed.headerBytes, digest: sealed.digest },
    });
    await store.db.insert(schema.planAction).values(
      [...sealed.actions].map(([endpointId, a]) => ({
        ...{ planId: "pl_1", revision: 1, endpointId, action: a.bytes },
        proof: a.proof.map((p) => ({ sibling: Buffer.from(p.sibling).toString("hex"), siblingIsLeft: p.siblingIsLeft })),
      })),
    );
  });
  const request = (given?: typeof permission, endpointIds?: string[]) =>
    requestRehearsals(store, clock, { planId: "pl_1", revision: 1, permission: given, endpointIds }, "user:ada");
  const standing = async () => rehearsalStanding(await rehearsalsOf(store.db, "pl_1", 1));
  const events = async () => (await store.db.select().from(schema.domainEvent)).map((e) => e.type);

  it("are asked of one endpoint for each configuration, and told where that is not possible", async () => {
    expect(await request(permission)).toMatchObject({
      ok: true,
      value: { asked: [{ endpointId: "ep_a" }], notPossible: [{ endpointId: "ep_c", why: "It is not connected." }] },
    });
    const [row] = await store.db.select().from(schema.commandOutbox);
    const command = row && decodeOutboxCommand(row.payload);
    expect(command).toMatchObject({ kind: "rehearse", approvals: [{ keyId: key.keyId }] });
    expect((await standing()).state).toBe("running");
    expect(await events()).toEqual(["rehearsal.requested"]);
  });
  it("need a permission, by a key in force, over this very plan", async () => {
    expect(await request()).toMatchObject({ ok: false, problem: { code: "permission-missing" } });
    const approval = signApproval(sealed.digest, key.privateKeyPem, "ada", now);
    expect(await request(approval)).toMatchObject({ ok: false, problem: { code: "bad-signature" } });
    const unknown = newApprovalKey();
    expect(await request(signRehearsal(sealed.digest, unknown.privateKeyPem, "eve", now))).toMatchObject({
      ok: false,
      problem: { code: "unknown-approval-key" },
    });
    expect(await store.db.select().from(schema.rehearsal)).toEqual([]);
  });
  it("end with their endpoint's report, once, and with an event of the same transaction", async () => {
    const asked = await request(permission, ["ep_b"]);
    const id = asked.ok ? (asked.value.asked[0]?.rehearsalId ?? "") : "";
    const told = { executionId: id, state: "rehearsed", message: "It hangs.", failureClass: "hung", terminal: true, rehearsal: report };
    await settleRehearsal(store.db, now, "ep_a", told);
    expect((await standing()).state, "another endpoint's word counts for nothing").toBe("running");
    await settleRehearsal(store.db, now, "ep_b", told);
    await settleRehearsal(store.db, now, "ep_b", { ...told, rehearsal: { ...report, verdict: "passed" } });
    expect(await standing()).toEqual({ state: "failed", sentence: "Rehearsed, and it failed on 1 endpoint: It hangs." });
    expect(await events()).toEqual(["rehearsal.requested", "rehearsal.ended"]);
  });
  it("that nobody began within the hour say nothing of the patch", async () => {
    const asked = await request(permission, ["ep_b"]);
    await expireRehearsals(store.db, now, asked.ok ? asked.value.asked.map((a) => a.rehearsalId) : []);
    expect((await standing()).state).toBe("not-possible");
  });
  it("of which nothing is heard for three hours are given up, by the gateway and not in the endpoint's name", async () => {
    const asked = await request(permission, ["ep_b"]);
    const id = asked.ok ? (asked.value.asked[0]?.rehearsalId ?? "") : "";
    const begun = { executionId: id, state: "rehearsing", message: "apply", failureClass: "", terminal: false };
    await settleRehearsal(store.db, now, "ep_b", begun);
    await giveUpRehearsals(store.db, addMs(now, hours(2.9)));
    expect((await standing()).state).toBe("running");
    await giveUpRehearsals(store.db, addMs(now, hours(3)));
    expect(await standing()).toMatchObject({ state: "not-possible", sentence: expect.stringContaining("within three hours") });
    const [last] = (await store.db.select().from(schema.domainEvent)).slice(-1);
    expect(last).toMatchObject({ type: "rehearsal.ended", actor: "gateway" });
  });
  it("count by the latest of each endpoint", async () => {
    for (const verdict of ["failed", "passed"] as const) {
      const asked = await request(permission, ["ep_b"]);
      const id = asked.ok ? (asked.value.asked[0]?.rehearsalId ?? "") : "";
      await settleRehearsal(store.db, now, "ep_b", {
        executionId: id,
        state: "rehearsed",
        message: "",
        failureClass: "",
        terminal: true,
        rehearsal: { ...report, verdict },
      });
    }
    expect((await standing()).state).toBe("passed");
    expect(await store.db.select().from(schema.rehearsal).where(eq(schema.rehearsal.superseded, true))).toHaveLength(1);
  });
});
