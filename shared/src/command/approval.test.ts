import { describe, expect, it } from "vitest";
import { type Instant, minutes } from "../core/index.ts";
import {
  canonicalJson,
  type EndpointAction,
  merkleRoot,
  newApprovalKey,
  sealPlan,
  sha256Hex,
  signApproval,
  verifyCommand,
} from "./index.ts";

const now = Date.parse("2026-03-01T12:00:00Z") as Instant;
const key = newApprovalKey();
const trust = { keys: [{ keyId: key.keyId, publicKey: key.publicKey, owner: "ada" }], required: 1 };
const action: EndpointAction = {
  ...{ version: 1, planId: "pl_1", endpointId: "ep_1", checks: [], restartServices: false, reboot: "never", rollback: true },
  packages: [{ manager: "apt", name: "shop", architecture: "all", from: "1.0", to: "1.1" }],
  limits: { commitConfirmMs: 0, lockWaitMs: 0, checkGraceMs: 0, downloadBytesPerSecond: 0 },
};
const times = { notBefore: "2026-03-01T00:00:00Z", expiresAt: "2026-03-08T00:00:00Z" };
const sealed = sealPlan([action], {}, { planId: "pl_1", revision: 1, ...times });
const plain = sealed.actions.get("ep_1")?.bytes.toString() ?? "";

/** The plan whose only action, and whose header, are spelled like this; approved as it stands, as a careless person would. */
function verify(actionText: string, header: (text: string) => string = (text) => text) {
  const actionBytes = Buffer.from(actionText);
  const root = merkleRoot([actionBytes]).toString("hex");
  const headerBytes = Buffer.from(header(canonicalJson({ ...sealed.header, actionsRoot: root })));
  const approvals = [signApproval(sha256Hex(headerBytes), key.privateKeyPem, "ada", now)];
  const command = { actionBytes, headerBytes, proof: [], approvals, notAfter: "2026-03-02T00:00:00Z" };
  const verified = verifyCommand(command, "ep_1", trust, (now + minutes(1)) as Instant);
  return verified.ok ? "taken" : verified.problem.code;
}

describe("what was approved", () => {
  it("is taken in the one spelling that plans are written in", () => {
    expect(verify(plain)).toBe("taken");
  });

  it.each([
    ["a name that stands there twice", (t: string) => t.replace('"to":"1.1"', '"to":"9.9","to":"1.1"')],
    ["white space", (t: string) => t.replace("{", "{ ")],
    ["another order of names", (t: string) => `{"version":1,${t.slice(1, -1).replace(',"version":1', "")}}`],
    ["a negative zero", (t: string) => t.replace('"lockWaitMs":0', '"lockWaitMs":-0')],
    ["a number with a fraction of nothing", (t: string) => t.replace('"lockWaitMs":0', '"lockWaitMs":0.0')],
    ["a number with an exponent", (t: string) => t.replace('"lockWaitMs":0', '"lockWaitMs":1e3')],
    ["a number beyond all", (t: string) => t.replace('"lockWaitMs":0', '"lockWaitMs":1e400')],
    ["a letter written as its number", (t: string) => t.replace('"shop"', '"\\u0073hop"')],
    ["a prototype", (t: string) => t.replace("{", '{"__proto__":{"rollback":false},')],
  ])("is refused with %s, whoever signed it", (_, change) => {
    expect(change(plain)).not.toBe(plain);
    expect(verify(change(plain))).toBe("malformed-action");
  });

  it("is refused where the header is spelled in another way", () => {
    expect(verify(plain, (t) => t.replace('"revision":1', '"revision":7,"revision":1'))).toBe("malformed-plan");
  });
});
