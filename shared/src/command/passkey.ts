import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import * as z from "zod";
import { canonicalJson } from "./canonical.ts";

/** What a browser sends is some hundred bytes; extensions may add some. */
export const MAX_CLIENT_DATA_BYTES = 2_048;
export const MAX_AUTHENTICATOR_DATA_BYTES = 2_048;
/** RP id hash, flags, signature counter (WebAuthn Level 3, 6.1). */
const MIN_AUTHENTICATOR_DATA_BYTES = 37;
const FLAGS_AT = 32;
const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;
const BACKUP_ELIGIBLE = 0x08;
const BACKED_UP = 0x10;

/** Where a passkey may be used: pinned with it, so that an assertion for another site is worth nothing. */
export interface PasskeyBinding {
  readonly rpId: string;
  /** The exact origin of the console, e.g. "https://patch.example.org". */
  readonly origin: string;
}

/** What an authenticator signed, besides the signature. */
export interface Assertion {
  readonly authenticatorData: Uint8Array;
  readonly clientDataJson: Uint8Array;
}

const clientDataSchema = z.object({
  type: z.string(),
  challenge: z.string(),
  origin: z.string(),
  crossOrigin: z.boolean().optional(),
  topOrigin: z.string().optional(),
});

const sha256 = (bytes: Uint8Array | string): Buffer => createHash("sha256").update(bytes).digest();

/** The challenge that stands for a text: its SHA-256, as an authenticator signs no text of any length. */
export const challengeOf = (message: Uint8Array): Buffer => sha256(message);

/** The text by which a passkey says whose it is when it is registered. */
export const passkeyMessage = (of: { keyId: string; origin: string; owner: string; rpId: string }): Buffer =>
  Buffer.from(`breakwater-passkey-v1\n${canonicalJson(of)}`, "utf8");

/** A passkey's public key as SPKI. @returns undefined for anything but P-256 and Ed25519 */
export function passkeyPublicKey(spki: Uint8Array): KeyObject | undefined {
  try {
    const key = createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" });
    const p256 = key.asymmetricKeyType === "ec" && key.asymmetricKeyDetails?.namedCurve === "prime256v1";
    return p256 || key.asymmetricKeyType === "ed25519" ? key : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Why an assertion (WebAuthn Level 3, 7.2) is no word of this passkey's owner on this message; undefined when it is one. The
 * signature counter is not compared: passkeys that are synchronised between devices keep none, and the challenge makes an
 * assertion good for one text only.
 */
export function assertionProblem(
  key: { readonly publicKey: Uint8Array; readonly passkey: PasskeyBinding },
  message: Uint8Array,
  { authenticatorData, clientDataJson }: Assertion,
  signature: Uint8Array,
): string | undefined {
  if (clientDataJson.length > MAX_CLIENT_DATA_BYTES || authenticatorData.length > MAX_AUTHENTICATOR_DATA_BYTES)
    return "the assertion is larger than any browser makes it";
  const client = clientDataSchema.safeParse(parseJson(clientDataJson));
  if (!client.success) return "the client data cannot be read";
  if (client.data.type !== "webauthn.get") return `the client data is of a "${client.data.type.slice(0, 40)}"`;
  if (client.data.challenge !== challengeOf(message).toString("base64url")) return "the challenge is another text's";
  if (client.data.origin !== key.passkey.origin) return `it was made at ${client.data.origin.slice(0, 100)}`;
  if (client.data.crossOrigin === true || client.data.topOrigin !== undefined) return "it was made inside another site's page";
  if (authenticatorData.length < MIN_AUTHENTICATOR_DATA_BYTES) return "the authenticator data is too short";
  if (!sha256(key.passkey.rpId).equals(authenticatorData.subarray(0, FLAGS_AT))) return "it is for another relying party";
  const flags = authenticatorData[FLAGS_AT] ?? 0;
  if ((flags & USER_PRESENT) === 0) return "no user was present";
  if ((flags & USER_VERIFIED) === 0) return "the user was not verified";
  if ((flags & BACKED_UP) !== 0 && (flags & BACKUP_ELIGIBLE) === 0) return "its flags contradict each other";
  const publicKey = passkeyPublicKey(key.publicKey);
  if (!publicKey) return "the pinned key is neither P-256 nor Ed25519";
  const signed = Buffer.concat([authenticatorData, sha256(clientDataJson)]);
  const algorithm = publicKey.asymmetricKeyType === "ec" ? "sha256" : null;
  return verify(algorithm, signed, publicKey, signature) ? undefined : "the signature is not the passkey's";
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
}
