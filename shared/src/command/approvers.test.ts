import { describe, expect, it } from "vitest";
import { type Instant, minutes } from "../core/index.ts";
import { createAuthenticator } from "../testing/index.ts";
import { countApprovals, keyIdOf, newApprovalKey, signApproval, signRehearsal, type TrustPolicy } from "./index.ts";

const now = Date.parse("2026-03-01T12:00:00Z") as Instant;
const ago = (ms: number) => (now - ms) as Instant;
const digest = "d".repeat(64);
const [first, second, bobs] = [newApprovalKey(), newApprovalKey(), newApprovalKey()];
const keyOf = (k: typeof first, owner: string) => ({ keyId: k.keyId, publicKey: k.publicKey, owner });
const keys = [keyOf(first, "ada"), keyOf(second, "ada"), keyOf(bobs, "bob")];
const by = (k: typeof first, at = now, until?: Instant) => signApproval(digest, k.privateKeyPem, "x", at, until);
const count = (approvals: Parameters<typeof countApprovals>[0], trust: Partial<TrustPolicy> = {}) =>
  countApprovals(approvals, digest, ["approval"], { keys, required: 1, ...trust }, now);

describe("counting approvals", () => {
  it("takes each key for a person where the owner names none", () => {
    expect(count([by(first), by(second), by(first)]).persons.size).toBe(2);
  });

  it("takes one key for one person, however it is written down", () => {
    const ada = createAuthenticator("p256", "ada");
    const point = Buffer.from(ada.key.publicKey);
    // SEC 1, 2.3.3: 0x04 and both coordinates, or 0x02 or 0x03 and the first.
    const x = point.subarray(-64, -32);
    const parity = 2 + ((point.at(-1) ?? 0) & 1);
    const head = Buffer.from("3039301306072a8648ce3d020106082a8648ce3d030107032200", "hex");
    const publicKey = Buffer.concat([head, Buffer.from([parity]), x]);
    const same = { ...ada.key, publicKey, keyId: keyIdOf(publicKey) };
    const approval = ada.approve(digest, { at: "2026-03-01T11:59:00Z", expiresAt: "2026-03-02T00:00:00Z" });
    const both = [approval, { ...approval, keyId: same.keyId }];
    for (const of of both) expect(count([of], { keys: [ada.key, same] })).toMatchObject({ persons: new Set([of.keyId]), reasons: [] });
    expect(count(both, { keys: [ada.key, same], required: 2 })).toMatchObject({ persons: new Set([ada.key.keyId]), reasons: [] });
  });

  it("counts a person once, whatever number of keys he has, and keys of nobody not at all", () => {
    const persons = new Map([
      [first.keyId, "ada"],
      [second.keyId, "ada"],
    ]);
    expect([...count([by(first), by(second), by(bobs)], { persons }).persons]).toEqual(["ada"]);
    expect(count([by(bobs)], { persons }).reasons[0]).toMatch(/names nobody/);
  });

  it("heeds the end that stands under a signature, and that alone", () => {
    expect(count([by(first, ago(10), (now + 10) as Instant)]).persons.size).toBe(1);
    expect(count([by(first, ago(minutes(2)), ago(minutes(1)))]).reasons[0]).toMatch(/expired at/);
    const prolonged = { ...by(first, ago(minutes(2)), ago(minutes(1))), expiresAt: "2027-01-01T00:00:00Z" };
    expect(count([prolonged]).reasons[0]).toMatch(/signature is not the key's/);
    const stripped = { ...by(first, ago(minutes(2)), ago(minutes(1))), expiresAt: undefined };
    expect(count([stripped]).persons.size).toBe(0);
  });

  it("asks for fresh ones where the owner wants them, and believes no age that is not signed", () => {
    const trust = { maxAgeMs: minutes(60) };
    const later = (now + minutes(600)) as Instant;
    expect(count([by(first, ago(minutes(59)), later)], trust).persons.size).toBe(1);
    expect(count([by(first, ago(minutes(61)), later)], trust).reasons[0]).toMatch(/older than the policy allows/);
    expect(count([by(first)], trust).reasons[0]).toMatch(/does not say under its signature/);
    expect(count([by(first, (now + minutes(30)) as Instant, later)], trust).reasons[0]).toMatch(/in the future/);
  });

  it("takes no permission to rehearse for an approval", () => {
    expect(count([signRehearsal(digest, first.privateKeyPem, "x", now)]).persons.size).toBe(0);
  });
});

describe.each(["p256", "ed25519"] as const)("a passkey on %s", (algorithm) => {
  const passkey = createAuthenticator(algorithm, "ada");
  const other = createAuthenticator(algorithm, "ada");
  const times = { at: "2026-03-01T11:59:00Z", expiresAt: "2026-03-02T00:00:00Z" };
  const trust = { keys: [passkey.key] };
  const why = (approval: ReturnType<typeof passkey.approve>) => count([approval], trust).reasons[0];

  it("approves a plan by an assertion over its digest", () => {
    expect(count([passkey.approve(digest, times)], trust)).toMatchObject({ persons: new Set([passkey.key.keyId]), reasons: [] });
  });

  it("approves nothing by an assertion for another plan, time, site or page, or by another key", () => {
    expect(why(passkey.approve("e".repeat(64), times))).toMatch(/challenge is another text's/);
    expect(why({ ...passkey.approve(digest, times), expiresAt: "2027-01-01T00:00:00Z" })).toMatch(/challenge/);
    expect(why(passkey.approve(digest, times, { origin: "https://evil.example.org" }))).toMatch(/made at https:\/\/evil/);
    expect(why(passkey.approve(digest, times, { rpId: "evil.example.org" }))).toMatch(/another relying party/);
    expect(why(passkey.approve(digest, times, { crossOrigin: true }))).toMatch(/inside another site/);
    expect(why(passkey.approve(digest, times, { type: "webauthn.create" }))).toMatch(/webauthn.create/);
    expect(why({ ...other.approve(digest, times), keyId: passkey.key.keyId })).toMatch(/signature is not the passkey's/);
  });

  it("approves nothing without a user who was there and verified", () => {
    expect(why(passkey.approve(digest, times, { flags: 0x01 }))).toMatch(/not verified/);
    expect(why(passkey.approve(digest, times, { flags: 0x04 }))).toMatch(/no user was present/);
    expect(why(passkey.approve(digest, times, { flags: 0x15 }))).toMatch(/contradict/);
  });

  it("is no key file, and a key file is no passkey", () => {
    const { assertion: _assertion, ...bare } = passkey.approve(digest, times);
    expect(why(bare)).toMatch(/there is none/);
    const posing = { ...passkey.approve(digest, times), keyId: first.keyId };
    expect(count([posing]).reasons[0]).toMatch(/no signature of a key file/);
  });
});
