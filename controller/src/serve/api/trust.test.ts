import {
  approvedText,
  formatOrder,
  haltDigest,
  keyIdOf,
  newApprovalKey,
  passkeyMessage,
  type SignedOrder,
  signHalt,
  signLift,
} from "@breakwater/shared/command";
import { expectOk, formatInstant, hours, type Instant } from "@breakwater/shared/core";
import { createAuthenticator, type Flaws } from "@breakwater/shared/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createHalts } from "../../know/halts/index.ts";
import { addEndpoint, wireInventory, wirePackage, wireUpdate } from "../../know/testing.ts";
import { asToken, openTestApi, type TestApi } from "./testing.ts";

let t: TestApi;
let token = "";
const file = newApprovalKey();
const phone = createAuthenticator("p256", "ada");
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
const send = async (path: string, body?: unknown) => {
  const response = await t.request(path, asToken(token, body));
  return { status: response.status, ...((await response.json()) as Record<string, never>) } as Record<string, unknown>;
};

beforeAll(async () => {
  t = await openTestApi();
  const setupToken = (await t.auth.setupLink("http://localhost"))?.split("#")[1] ?? "";
  const json = { "content-type": "application/json", "x-breakwater": "1" };
  const body = JSON.stringify({ token: setupToken, name: "ada", password: "a long enough password" });
  const set = await t.request("/setup", { method: "POST", headers: json, body });
  const cookie = set.headers.get("set-cookie")?.split(";")[0] ?? "";
  const made = await t.request("/tokens", {
    method: "POST",
    headers: { ...json, cookie },
    body: JSON.stringify({ label: "test", days: 1 }),
  });
  token = ((await made.json()) as { token: string }).token;
  await addEndpoint(t.store, "ep_new", {
    policyMode: "patch",
    capabilities: ["apt", "halt", "passkey", "approval-expiry"],
    pinnedKeyIds: [phone.key.keyId],
    connected: true,
  });
  await addEndpoint(t.store, "ep_old", { policyMode: "patch", capabilities: ["apt"], pinnedKeyIds: [file.keyId], connected: true });
  for (const id of ["ep_new", "ep_old"])
    await t.know.inventory.takeSnapshot(
      id as never,
      wireInventory({
        packages: [wirePackage("openssl", "3.0.15-1~deb12u1")],
        pendingUpdates: [wireUpdate("openssl", "3.0.15-1~deb12u1", "3.0.17-1~deb12u1", { security: true })],
      }),
      "d".repeat(64),
    );
  await send("/approval-keys", { label: "file", publicKey: base64(file.publicKey) });
});
afterAll(() => t.close());

const registration = (flaws: Flaws = {}, owner = "ada") => {
  const { rpId, origin } = phone.key.passkey ?? { rpId: "", origin: "" };
  const made = phone.assert(passkeyMessage({ keyId: keyIdOf(phone.key.publicKey), origin, owner, rpId }), flaws);
  const { authenticatorData, clientDataJson } = made.assertion;
  const proof = { signature: base64(made.signature), authenticatorData: base64(authenticatorData), clientDataJson: base64(clientDataJson) };
  return { label: "phone", publicKey: base64(phone.key.publicKey), passkey: { credentialId: "c".repeat(22), rpId, origin, proof } };
};

describe("a passkey", () => {
  it("is registered for the one who proves to have it, at the place it was made for", async () => {
    const good = registration();
    expect(await send("/approval-keys", registration({ flags: 0x01 }))).toMatchObject({ status: 400, code: "bad-passkey" });
    expect(await send("/approval-keys", registration({}, "eve"))).toMatchObject({ status: 400, code: "bad-passkey" });
    const elsewhere = { ...good, passkey: { ...good.passkey, origin: "https://evil.example" } };
    expect(await send("/approval-keys", elsewhere)).toMatchObject({ status: 400, code: "bad-passkey" });
    expect(await send("/approval-keys", { ...good, publicKey: base64(Buffer.alloc(91, 7)) })).toMatchObject({
      status: 400,
      code: "bad-passkey",
    });
    expect(await send("/approval-keys", good)).toMatchObject({
      status: 201,
      owner: "ada",
      keyId: phone.key.keyId,
      passkey: { rpId: "patch.example.org" },
    });
  });

  it("approves a plan by its assertion, and endpoints that cannot check that are named before anything starts", async () => {
    const made = (await send("/plans", { select: { patches: [{ sourceName: "openssl" }] } })) as { id: string; digest: string };
    const times = { at: formatInstant(t.clock.now()), expiresAt: formatInstant((t.clock.now() + hours(2)) as Instant) };
    const bodyOf = (flaws: Flaws = {}, given: { at: string; expiresAt?: string } = times, digest = made.digest) => {
      const { signature, assertion } = phone.assert(approvedText("approval", digest, given), flaws);
      const { authenticatorData, clientDataJson } = assertion;
      return {
        ...{ revision: 1, digest: made.digest, keyId: phone.key.keyId, signature: base64(signature), ...given },
        assertion: { authenticatorData: base64(authenticatorData), clientDataJson: base64(clientDataJson) },
      };
    };
    const approve = (body: object) => send(`/plans/${made.id}/approve`, body);
    expect(await approve(bodyOf({ origin: "https://evil.example" }))).toMatchObject({ status: 400, code: "bad-signature" });
    expect(await approve(bodyOf({ flags: 0x01 }))).toMatchObject({ status: 400, code: "bad-signature" });
    expect(await approve(bodyOf({}, times, "e".repeat(64)))).toMatchObject({ status: 400, code: "bad-signature" });
    expect(await approve(bodyOf({}, { ...times, expiresAt: formatInstant((t.clock.now() - 1) as Instant) }))).toMatchObject({
      code: "bad-signature",
    });
    // What is stored is a moment: a spelling that it would not be given back in is not taken.
    expect(await approve(bodyOf({}, { ...times, at: times.at.replace("Z", "+00:00") }))).toMatchObject({ code: "bad-signature" });
    expect(await approve(bodyOf())).toMatchObject({
      status: 200,
      state: "approved",
      approvalList: [{ keyId: phone.key.keyId, passkey: true, expiresAt: times.expiresAt }],
      uncounted: [{ endpointId: "ep_old", why: expect.stringContaining("too old to check a passkey") }],
    });
    t.pass(hours(3));
    expect(await send(`/plans/${made.id}/deploy`, { revision: 1 })).toMatchObject({ status: 409, code: "approvals-expired" });
  });
});

describe("a signed halt", () => {
  const digestOf = (o: SignedOrder) => (o.statement.kind === "halt" ? haltDigest(o.statement) : "");
  const sign = (scope = "all", by = file) => expectOk(signHalt({ scope, reason: "stop" }, by.privateKeyPem, t.clock.now()));
  const rows = async () => (await send("/halts")).rows as { digest: string }[];

  it("is taken in as it was signed, and told of with the endpoints that it does not stand on", async () => {
    const [order, forged] = [sign(), { ...sign("all", newApprovalKey()), keyId: file.keyId }];
    expect(await send("/halts", { order: formatOrder(forged) })).toMatchObject({ status: 409, code: "halt-forged" });
    expect(await send("/halts", { order: "{}" })).toMatchObject({ status: 409, code: "halt-malformed" });
    expect(await send("/halts", { order: formatOrder(order) })).toMatchObject({ status: 201, kind: "halt", digest: digestOf(order) });
    expect(await rows()).toMatchObject([
      {
        ...{ digest: digestOf(order), state: "standing", standingOn: 0, missing: 2 },
        missingOn: [{ endpointId: "ep_new" }, { endpointId: "ep_old", why: expect.stringContaining("too old to know of halts") }],
      },
    ]);

    const halts = createHalts(t);
    const none = { halts: [], lifted: [], refused: [], problem: "", fuse: null };
    expect(await halts.missingOn("ep_new", none)).toEqual([expect.stringContaining(order.signature)]);
    const said = { digest: digestOf(order), order: formatOrder(order), via: "controller", receivedAt: "2026-03-02T08:00:00.000Z" };
    await halts.takeBrakes("ep_new", { ...none, halts: [said] });
    expect(await halts.missingOn("ep_new", { ...none, halts: [said] })).toEqual([]);
    expect(await rows()).toMatchObject([{ standingOn: 1, missing: 1 }]);
    expect(await send("/endpoints/ep_new")).toMatchObject({
      halted: true,
      brakes: { halts: [{ digest: digestOf(order), via: "controller" }] },
    });
    expect(await send("/endpoints/ep_old")).toMatchObject({ halted: null, brakes: null });

    const lift = expectOk(signLift(digestOf(order), "over", file.privateKeyPem, t.clock.now()));
    expect(await send("/halts", { order: formatOrder(lift) })).toMatchObject({ status: 201, kind: "lift" });
    expect(await rows()).toMatchObject([{ state: "lifted" }]);
    expect(await halts.missingOn("ep_new", { ...none, halts: [said] })).toEqual([expect.stringContaining(lift.signature)]);
    expect(await send("/halts", { order: formatOrder(order) })).toMatchObject({ status: 409, code: "halt-replayed" });
    await t.audit.catchUp();
    const told = ((await send("/audit")).rows as { type: string }[]).map((r) => r.type);
    expect(told).toEqual(expect.arrayContaining(["halt.taken", "halt.lifted", "endpoint.halted"]));
  });

  it("that somebody brought to one endpoint comes to light, and one that an endpoint made up does not", async () => {
    const [order, madeUp] = [sign(), sign("all", newApprovalKey())];
    const said = (o: SignedOrder) => ({ digest: digestOf(o), order: formatOrder(o), via: "hand", receivedAt: "" });
    await createHalts(t).takeBrakes("ep_new", { halts: [said(order), said(madeUp)], lifted: [], refused: [], problem: "", fuse: null });
    const known = (await rows()).map((r) => r.digest);
    expect([known.includes(digestOf(order)), known.includes(digestOf(madeUp))]).toEqual([true, false]);
  });
});
