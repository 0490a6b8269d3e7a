import { verify } from "node:crypto";
import { type Instant, parseInstant } from "../core/index.ts";
import { assertionProblem, passkeyPublicKey } from "./passkey.ts";
import { type Approval, approvedText, type OperatorKey, publicKeyObject, type TrustPolicy } from "./signing.ts";

/** Clocks of operators and endpoints may differ by this much. */
const CLOCK_SKEW_MS = 5 * 60_000;

/** Why a signature is not this key's over the message; undefined when it is. An assertion never counts for a plain key, nor the other way round. */
export function signatureProblem(key: OperatorKey, message: Uint8Array, approval: Approval): string | undefined {
  if (key.passkey) {
    if (!approval.assertion) return "a passkey signs by an assertion, and there is none";
    return assertionProblem({ publicKey: key.publicKey, passkey: key.passkey }, message, approval.assertion, approval.signature);
  }
  if (approval.assertion) return "an assertion is no signature of a key file";
  return verify(null, message, publicKeyObject(key.publicKey), approval.signature) ? undefined : "the signature is not the key's";
}

/** What became of the approvals of a command: persons whose word counts, and why others' does not. */
export interface CountedApprovals {
  /** Persons where the owner names them, else key ids. */
  readonly persons: ReadonlySet<string>;
  readonly reasons: readonly string[];
}

/**
 * Counts who has signed, each person once, whatever number of keys he has. An approval whose time is over counts for nothing,
 * nor, where the owner wants them fresh, one that does not say under its signature when it was given.
 */
export function countApprovals(
  approvals: readonly Approval[],
  digest: string,
  purposes: readonly ("approval" | "rehearsal")[],
  trust: TrustPolicy,
  now: Instant,
): CountedApprovals {
  const persons = new Set<string>();
  /** By the keys themselves: one key can be written down in several ways, which have several ids. */
  const counted = new Map<string, string>();
  const reasons: string[] = [];
  for (const approval of approvals) {
    const key = trust.keys.find((k) => k.keyId === approval.keyId);
    const why = key ? objection(approval, key, digest, purposes, trust, now) : "the key is not pinned";
    if (why === undefined && key) {
      const point = pointOf(key);
      const person = trust.persons ? (personOf(key, trust) ?? key.keyId) : (counted.get(point) ?? key.keyId);
      counted.set(point, person);
      persons.add(person);
    } else reasons.push(`${approval.keyId.slice(0, 16)}: ${why}`);
  }
  return { persons, reasons };
}

const personOf = (key: OperatorKey, { persons }: TrustPolicy): string | undefined => (persons ? persons.get(key.keyId) : key.keyId);

/** The key itself, however it is written down: an Ed25519 key raw or within an SPKI, a point of P-256 with or without its second coordinate. */
function pointOf(key: OperatorKey): string {
  const object = key.passkey ? passkeyPublicKey(key.publicKey) : publicKeyObject(key.publicKey);
  const { crv, x, y = "" } = object?.export({ format: "jwk" }) ?? {};
  return `${crv} ${x} ${y}`;
}

function objection(
  approval: Approval,
  key: OperatorKey,
  digest: string,
  purposes: readonly ("approval" | "rehearsal")[],
  trust: TrustPolicy,
  now: Instant,
): string | undefined {
  if (personOf(key, trust) === undefined) return "the policy names nobody who holds this key";
  const problems = purposes.map((p) => signatureProblem(key, approvedText(p, digest, approval), approval));
  if (problems.every((p) => p !== undefined)) return problems[0];
  if (!approval.expiresAt) return trust.maxAgeMs === undefined ? undefined : "it does not say under its signature when it was given";
  const [at, expiresAt] = [parseInstant(approval.at), parseInstant(approval.expiresAt)];
  if (at === undefined || expiresAt === undefined) return "its times cannot be read";
  if (now > expiresAt) return `it expired at ${approval.expiresAt}`;
  if (at > now + CLOCK_SKEW_MS) return `it was given in the future, at ${approval.at}`;
  if (trust.maxAgeMs !== undefined && now - at > trust.maxAgeMs) return `it is older than the policy allows, from ${approval.at}`;
  return undefined;
}
