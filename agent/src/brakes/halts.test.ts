import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatOrder, haltDigest, newApprovalKey, type SignedOrder, signHalt, signLift } from "@breakwater/shared/command";
import { expectOk, hours, type Instant } from "@breakwater/shared/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createHalts, HALTS_FILE } from "./halts.ts";

const [ada, bob, stranger] = [newApprovalKey(), newApprovalKey(), newApprovalKey()];
const keys = [ada, bob].map((k) => ({ keyId: k.keyId, publicKey: k.publicKey, owner: "x" }));
const PLAN = "a".repeat(64);
let [directory, now] = ["", Date.parse("2026-03-01T00:00:00Z") as Instant];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "halts-"));
  now = Date.parse("2026-03-01T00:00:00Z") as Instant;
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const open = () => createHalts(join(directory, HALTS_FILE), { now: () => now });
const take = (halts: ReturnType<typeof open>, order: SignedOrder) => halts.take(formatOrder(order), keys, "hand", "ep_1");
const halt = (scope = "all", until?: Instant, by = ada) => expectOk(signHalt({ scope, reason: "stop", until }, by.privateKeyPem, now));
const digestOf = (order: SignedOrder) => (order.statement.kind === "halt" ? haltDigest(order.statement) : "");
const lift = (order: SignedOrder, by = bob) => expectOk(signLift(digestOf(order), "", by.privateKeyPem, now));

describe("the halts of an endpoint", () => {
  it("stand once taken, also for a later executor, and are root's alone to read", () => {
    const order = halt();
    expect(take(open(), order)).toMatchObject({ ok: true, value: { kind: "halt", news: true } });
    expect(open().onPlan(PLAN)?.digest).toBe(digestOf(order));
    expect(statSync(join(directory, HALTS_FILE)).mode & 0o777).toBe(0o600);
    expect(take(open(), order)).toMatchObject({ ok: true, value: { news: false } });
  });

  it("end by a lift of any pinned key, and never stand again", () => {
    const order = halt();
    take(open(), order);
    expect(take(open(), lift(order))).toMatchObject({ ok: true, value: { kind: "lift", news: true } });
    expect(open().onPlan(PLAN)).toBeUndefined();
    expect(take(open(), order)).toMatchObject({ ok: false, problem: { code: "halt-replayed" } });
  });

  it("find their end when it came before them", () => {
    const order = halt();
    take(open(), lift(order));
    expect(take(open(), order)).toMatchObject({ ok: false, problem: { code: "halt-replayed" } });
    expect(open().standing()).toEqual([]);
  });

  it("do not end by a stranger's lift, or by one that names another halt", () => {
    const order = halt();
    take(open(), order);
    expect(take(open(), lift(order, stranger))).toMatchObject({ ok: false, problem: { code: "halt-untrusted" } });
    const posing = { ...lift(order, stranger), keyId: bob.keyId };
    expect(take(open(), posing)).toMatchObject({ ok: false, problem: { code: "halt-forged" } });
    take(open(), lift(halt()));
    expect(open().onPlan(PLAN)?.digest).toBe(digestOf(order));
  });

  it("end by themselves at their own time, and are refused after it", () => {
    const order = halt("all", (now + hours(1)) as Instant);
    take(open(), order);
    now = (now + hours(1)) as Instant;
    expect(open().onPlan(PLAN)).toBeUndefined();
    expect(take(open(), order)).toMatchObject({ ok: false, problem: { code: "halt-over" } });
  });

  it("are about one plan, this endpoint or all, and another endpoint's is not taken", () => {
    const halts = open();
    take(halts, halt(`plan:${PLAN}`));
    expect([halts.onPlan(PLAN) !== undefined, halts.onPlan("b".repeat(64))]).toEqual([true, undefined]);
    expect(take(halts, halt("endpoint:ep_2"))).toMatchObject({ ok: false, problem: { code: "halt-elsewhere" } });
    take(halts, halt("endpoint:ep_1"));
    expect(halts.onPlan("b".repeat(64))).toBeDefined();
  });

  it("hold everything back when what is kept of them is damaged, and leave it for a person to see", () => {
    take(open(), halt());
    writeFileSync(join(directory, HALTS_FILE), '{"version":1,');
    expect(open().problem).toMatch(/cannot be read/);
    expect(take(open(), halt())).toMatchObject({ ok: false, problem: { code: "halt-damaged" } });
    expect(readFileSync(join(directory, HALTS_FILE), "utf8")).toBe('{"version":1,');
  });
});
