import { ApiProblem, post } from "./api.ts";
import { base64 } from "./approval-key.ts";
import type { ApprovalKey, Plan } from "./types.ts";

/**
 * Passkeys as approval keys: the authenticator signs a challenge that is the SHA-256 of what is approved, so that endpoints
 * can check the assertion themselves. Nothing here is taken from the controller but the plan's digest, which is on the page.
 */
const ES256 = -7;
const EDDSA = -8;

const bytes = (base64url: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64url.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const base64url = (raw: ArrayBuffer): string => base64(new Uint8Array(raw)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const encoded = (raw: ArrayBuffer): string => base64(new Uint8Array(raw));
const sha256 = (data: BufferSource): Promise<ArrayBuffer> => crypto.subtle.digest("SHA-256", data);
/** As shared/command has it: the first 16 hex digits of the key's SHA-256. */
const keyIdOf = async (spki: ArrayBuffer): Promise<string> =>
  [...new Uint8Array(await sha256(spki))]
    .map((b) => b.toString(16).padStart(2, "0"))
    .join("")
    .slice(0, 16);

/** An address of digits can be no relying party (WebAuthn Level 3, 5.1.2: a valid domain). */
const isNamed = (): boolean => !/^[\d.]+$|:/.test(location.hostname);
/** Whether passkeys work here: in a browser that has them, over https or on localhost, under a name. */
export const passkeysKnown = (): boolean => typeof PublicKeyCredential === "function" && window.isSecureContext && isNamed();
/** The signed-in user's passkeys that can be used at this address. */
export const usablePasskeys = (keys: readonly ApprovalKey[], user: string): ApprovalKey[] =>
  keys.filter((k) => k.owner === user && k.revokedAt === null && k.passkey?.origin === location.origin);

interface Asserted {
  readonly credentialId: string;
  readonly signature: string;
  readonly authenticatorData: string;
  readonly clientDataJson: string;
}

/** Has one of these credentials sign a text by its digest, with its user verified. */
async function assertOver(text: string, credentialIds: readonly string[]): Promise<Asserted> {
  const credential = await navigator.credentials.get({
    publicKey: {
      challenge: await sha256(new TextEncoder().encode(text)),
      rpId: location.hostname,
      userVerification: "required",
      allowCredentials: credentialIds.map((id) => ({ type: "public-key", id: bytes(id) })),
    },
  });
  if (!(credential instanceof PublicKeyCredential) || !(credential.response instanceof AuthenticatorAssertionResponse))
    throw new ApiProblem(0, { message: "The browser gave no assertion." });
  const { signature, authenticatorData, clientDataJSON } = credential.response;
  return {
    credentialId: base64url(credential.rawId),
    signature: encoded(signature),
    authenticatorData: encoded(authenticatorData),
    clientDataJson: encoded(clientDataJSON),
  };
}

/** Makes a passkey for this address and registers it for who is signed in; the authenticator is asked twice: to make it, and to prove it. */
export async function registerPasskey(user: string): Promise<void> {
  const made = await navigator.credentials.create({
    publicKey: {
      rp: { id: location.hostname, name: "Breakwater" },
      user: { id: crypto.getRandomValues(new Uint8Array(32)), name: user, displayName: user },
      // Nothing is attested, so nobody checks this challenge: the assertion that follows is what counts.
      challenge: crypto.getRandomValues(new Uint8Array(32)),
      pubKeyCredParams: [
        { type: "public-key", alg: ES256 },
        { type: "public-key", alg: EDDSA },
      ],
      authenticatorSelection: { userVerification: "required", residentKey: "preferred" },
      attestation: "none",
    },
  });
  if (!(made instanceof PublicKeyCredential) || !(made.response instanceof AuthenticatorAttestationResponse))
    throw new ApiProblem(0, { message: "The browser made no passkey." });
  const spki = made.response.getPublicKey();
  if (!spki) throw new ApiProblem(0, { message: "This authenticator's kind of key is not known.", next: "Use one with ES256 or Ed25519." });
  const of = { keyId: await keyIdOf(spki), origin: location.origin, owner: user, rpId: location.hostname };
  const { credentialId, ...proof } = await assertOver(`breakwater-passkey-v1\n${JSON.stringify(of)}`, [base64url(made.rawId)]);
  await post("/approval-keys", {
    label: `passkey on ${navigator.platform || "a device"}`,
    publicKey: encoded(spki),
    passkey: { credentialId, rpId: of.rpId, origin: of.origin, proof },
  });
}

/** Approves exactly this revision of a plan, until the plan itself is over. */
export async function approveByPasskey(plan: Plan, keys: readonly ApprovalKey[]): Promise<void> {
  const header = JSON.parse(new TextDecoder().decode(bytes(plan.headerBase64))) as { expiresAt: string };
  const times = { at: new Date().toISOString(), expiresAt: new Date(header.expiresAt).toISOString() };
  // The keys in their alphabetical order: canonical JSON, as shared/command's approvedText has it.
  const text = `breakwater-approval-v2\n${JSON.stringify({ at: times.at, digest: plan.digest, expiresAt: times.expiresAt })}`;
  const { credentialId, signature, ...assertion } = await assertOver(
    text,
    keys.flatMap((k) => k.passkey?.credentialId ?? []),
  );
  const key = keys.find((k) => k.passkey?.credentialId === credentialId);
  if (!key) throw new ApiProblem(0, { message: "The passkey that was used is not registered.", next: "Register it in the settings." });
  await post(`/plans/${plan.id}/approve`, {
    revision: plan.revision,
    digest: plan.digest,
    keyId: key.keyId,
    signature,
    assertion,
    ...times,
  });
}
