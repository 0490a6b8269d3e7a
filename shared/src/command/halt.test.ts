import { describe, expect, it } from "vitest";
import { expectOk, type Instant, minutes } from "../core/index.ts";
import { formatOrder, haltConcerns, haltDigest, haltIsOver, newApprovalKey, parseOrder, signHalt, signLift, verifyOrder } from "./index.ts";

const at = Date.parse("2026-03-01T00:00:00Z") as Instant;
const ada = newApprovalKey();
const keys = [{ keyId: ada.keyId, publicKey: ada.publicKey, owner: "ada" }];
const halt = (scope = "all", until?: Instant) => expectOk(signHalt({ scope, reason: "stop", until }, ada.privateKeyPem, at));
const statementOf = (order: ReturnType<typeof halt>) => {
  if (order.statement.kind !== "halt") throw new Error("no halt");
  return order.statement;
};

describe("a signed halt", () => {
  it("travels as text and counts for the key that signed it", () => {
    const order = halt();
    expect(expectOk(parseOrder(`${formatOrder(order)}\n`))).toEqual(order);
    expect(verifyOrder(order, keys)).toMatchObject({ ok: true, value: { owner: "ada" } });
    expect(verifyOrder(order, [])).toMatchObject({ ok: false, problem: { code: "halt-untrusted" } });
  });

  it("is forged once anything in it differs, or it is passed off as its own lift", () => {
    const order = halt();
    for (const change of [
      { reason: "go on" },
      { scope: "endpoint:ep_1" },
      { expiresAt: "2026-03-02T00:00:00Z" },
      { nonce: "0".repeat(32) },
    ]) {
      const altered = { ...order, statement: { ...statementOf(order), ...change } };
      expect(verifyOrder(altered, keys)).toMatchObject({ ok: false, problem: { code: "halt-forged" } });
    }
    const lift = expectOk(signLift(haltDigest(statementOf(order)), "", ada.privateKeyPem, at));
    expect(verifyOrder({ ...lift, signature: order.signature }, keys)).toMatchObject({ ok: false, problem: { code: "halt-forged" } });
  });

  it("says nothing when it is no order: another shape, another version, an unknown field, too long", () => {
    const order = JSON.parse(formatOrder(halt()));
    const wrong = [
      "",
      "{}",
      "[]",
      JSON.stringify({ ...order, extra: 1 }),
      JSON.stringify({ ...order, statement: { ...order.statement, version: 2 } }),
      JSON.stringify({ ...order, statement: { ...order.statement, scope: "plan:all" } }),
      `${JSON.stringify(order)}${" ".repeat(9_000)}`,
    ];
    for (const text of wrong) expect(parseOrder(text)).toMatchObject({ ok: false, problem: { code: "halt-malformed" } });
  });

  it("has a name of its own, so that lifting one ends no other that says the same", () => {
    expect(haltDigest(statementOf(halt()))).not.toBe(haltDigest(statementOf(halt())));
  });

  it("is about what its scope says, and over at its own end", () => {
    const plan = "a".repeat(64);
    expect(haltConcerns(statementOf(halt()), "ep_1", undefined)).toBe(true);
    expect(haltConcerns(statementOf(halt("endpoint:ep_1")), "ep_1", plan)).toBe(true);
    expect(haltConcerns(statementOf(halt("endpoint:ep_1")), "ep_10", plan)).toBe(false);
    expect(haltConcerns(statementOf(halt(`plan:${plan}`)), "ep_1", plan)).toBe(true);
    expect(haltConcerns(statementOf(halt(`plan:${plan}`)), "ep_1", undefined)).toBe(false);
    const until = (at + minutes(10)) as Instant;
    expect(haltIsOver(statementOf(halt("all", until)), (until - 1) as Instant)).toBe(false);
    expect(haltIsOver(statementOf(halt("all", until)), until)).toBe(true);
    expect(haltIsOver(statementOf(halt()), (at + 1e12) as Instant)).toBe(false);
  });

  it("is not signed when it would be over already, or has no scope that exists", () => {
    expect(signHalt({ scope: "all", reason: "", until: at }, ada.privateKeyPem, at)).toMatchObject({
      ok: false,
      problem: { code: "halt-over" },
    });
    expect(signHalt({ scope: "everything", reason: "" }, ada.privateKeyPem, at)).toMatchObject({ ok: false });
    expect(signLift("abc", "", ada.privateKeyPem, at)).toMatchObject({ ok: false });
  });
});
