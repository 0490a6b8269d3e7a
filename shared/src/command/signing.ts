import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { formatInstant, type Instant } from "../core/index.ts";
import { canonicalJson, sha256Hex } from "./canonical.ts";
import type { Assertion, PasskeyBinding } from "./passkey.ts";

/** A person's signature over a plan's digest. */
export interface Approval {
  readonly keyId: string;
  readonly signature: Uint8Array;
  readonly approver: string;
  /** RFC 3339. Under the signature only where `expiresAt` is. */
  readonly at: string;
  /** RFC 3339: the signature covers `at` and this moment too, and counts for nothing after it. */
  readonly expiresAt?: string | undefined;
  /** What a passkey signed around the digest; absent for a signature by a key file. */
  readonly assertion?: Assertion | undefined;
}

/** A public key that an endpoint trusts. */
export interface OperatorKey {
  readonly keyId: string;
  /** 32 raw bytes of Ed25519; of a passkey the DER of its SPKI (P-256 or Ed25519). */
  readonly publicKey: Uint8Array;
  readonly owner: string;
  readonly passkey?: PasskeyBinding | undefined;
}

/** What the endpoint's owner requires before anything runs. */
export interface TrustPolicy {
  readonly keys: readonly OperatorKey[];
  /** Number of different persons that must have signed. */
  readonly required: number;
  /** Who holds which key id, where the owner names persons: then other keys count for nothing. Absent: each key is a person. */
  readonly persons?: ReadonlyMap<string, string> | undefined;
  /** Approvals count for this long, and must say under their signature when they were given. */
  readonly maxAgeMs?: number | undefined;
}

/** First bytes of an SPKI that hold an Ed25519 key (RFC 8410); the raw key follows. */
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

export const publicKeyObject = (raw: Uint8Array): KeyObject =>
  createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: "der", type: "spki" });
export const rawPublicKey = (key: KeyObject): Buffer =>
  Buffer.from((key.type === "private" ? createPublicKey(key) : key).export({ format: "der", type: "spki" })).subarray(SPKI_PREFIX.length);
/** First 16 hex digits of the key's SHA-256. */
export const keyIdOf = (rawPublic: Uint8Array): string => sha256Hex(rawPublic).slice(0, 16);

/** The text that an approval signs. Its prefix keeps such a signature from meaning anything elsewhere. */
export const approvalMessage = (digest: string): Buffer => Buffer.from(`breakwater-approval-v1\n${digest}`, "utf8");

/** The text that allows to rehearse a plan and nothing else: a copy of an endpoint is changed, no endpoint. */
export const rehearsalMessage = (digest: string): Buffer => Buffer.from(`breakwater-rehearsal-v1\n${digest}`, "utf8");

/**
 * What an approval or a permission to rehearse signs. One that expires says when it was given too, in a text of its own
 * version: agents that know only the first version do not count it.
 */
export function approvedText(purpose: "approval" | "rehearsal", digest: string, signed: Pick<Approval, "at" | "expiresAt">): Buffer {
  if (!signed.expiresAt) return purpose === "approval" ? approvalMessage(digest) : rehearsalMessage(digest);
  const { at, expiresAt } = signed;
  return Buffer.from(`breakwater-${purpose}-v2\n${canonicalJson({ at, digest, expiresAt })}`, "utf8");
}

/** A new approval key as PKCS #8 PEM with its id. */
export function newApprovalKey(): { privateKeyPem: string; publicKey: Buffer; keyId: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const raw = rawPublicKey(publicKey);
  return { privateKeyPem: privateKey.export({ format: "pem", type: "pkcs8" }).toString(), publicKey: raw, keyId: keyIdOf(raw) };
}

/** @param expiresAt The approval counts until then; without it for as long as the plan. */
export const signApproval = (digest: string, privateKeyPem: string, approver: string, at: Instant, expiresAt?: Instant): Approval =>
  signPurpose("approval", digest, privateKeyPem, approver, at, expiresAt);
export const signRehearsal = (digest: string, privateKeyPem: string, approver: string, at: Instant): Approval =>
  signPurpose("rehearsal", digest, privateKeyPem, approver, at);

function signPurpose(
  purpose: "approval" | "rehearsal",
  digest: string,
  privateKeyPem: string,
  approver: string,
  at: Instant,
  until?: Instant,
): Approval {
  const key = createPrivateKey(privateKeyPem);
  const times = { at: formatInstant(at), ...(until === undefined ? {} : { expiresAt: formatInstant(until) }) };
  const signature = sign(null, approvedText(purpose, digest, times), key);
  return { keyId: keyIdOf(rawPublicKey(createPublicKey(key))), signature, approver, ...times };
}
