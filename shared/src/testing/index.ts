import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { type Approval, approvedText, keyIdOf, type OperatorKey } from "../command/index.ts";

/** What a test makes wrong with an assertion. */
export interface Flaws {
  readonly rpId?: string;
  readonly origin?: string;
  readonly challenge?: Buffer;
  readonly type?: string;
  readonly flags?: number;
  readonly crossOrigin?: boolean;
}

/** User present and verified. */
const PRESENT_AND_VERIFIED = 0x05;

/** An authenticator in software: signs as WebAuthn Level 3, 6.3.3 and 5.8.1 say, for tests. */
export function createAuthenticator(algorithm: "p256" | "ed25519", owner: string, rpId = "patch.example.org", origin = `https://${rpId}`) {
  const { publicKey, privateKey } =
    algorithm === "p256" ? generateKeyPairSync("ec", { namedCurve: "prime256v1" }) : generateKeyPairSync("ed25519");
  const spki = publicKey.export({ format: "der", type: "spki" });
  const key: OperatorKey = { keyId: keyIdOf(spki), publicKey: spki, owner, passkey: { rpId, origin } };
  const sha256 = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest();
  const assert = (message: Uint8Array, flaws: Flaws = {}) => {
    const challenge = (flaws.challenge ?? sha256(message)).toString("base64url");
    const type = flaws.type ?? "webauthn.get";
    const crossOrigin = flaws.crossOrigin ?? false;
    const clientDataJson = Buffer.from(JSON.stringify({ type, challenge, origin: flaws.origin ?? origin, crossOrigin }), "utf8");
    const counter = Buffer.alloc(4);
    const authenticatorData = Buffer.concat([sha256(flaws.rpId ?? rpId), Buffer.from([flaws.flags ?? PRESENT_AND_VERIFIED]), counter]);
    const signed = Buffer.concat([authenticatorData, sha256(clientDataJson)]);
    const signature = sign(algorithm === "p256" ? "sha256" : null, signed, privateKey);
    return { signature, assertion: { authenticatorData, clientDataJson } };
  };
  return {
    key,
    assert,
    /** Approves a plan as the console has it done. */
    approve(digest: string, times: { at: string; expiresAt: string }, flaws?: Flaws): Approval {
      return { keyId: key.keyId, approver: owner, ...times, ...assert(approvedText("approval", digest, times), flaws) };
    },
  };
}
