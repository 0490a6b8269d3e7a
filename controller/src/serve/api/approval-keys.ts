import type { Approval } from "@breakwater/shared/command";
import { expectOk } from "@breakwater/shared/core";
import type { z } from "zod";
import type { ApprovalKey, Planning } from "../../decide/planning/index.ts";
import { actorOf, type Principal, suffices } from "./auth/index.ts";
import { iso, isoOrNull } from "./moments.ts";
import { notFound, notYours } from "./problems.ts";
import type { approvalKeyCreate, approvalKeySchema, approveBody } from "./schemas/index.ts";

type Key = z.infer<typeof approvalKeySchema>;

const tell = (key: ApprovalKey): Key => ({
  keyId: key.keyId,
  owner: key.owner,
  label: key.label,
  publicKey: Buffer.from(key.publicKey).toString("base64"),
  passkey: key.passkey,
  createdAt: iso(key.createdAt),
  revokedAt: isoOrNull(key.revokedAt),
});

export const listKeys = async (planning: Planning): Promise<Key[]> => (await planning.listApprovalKeys()).map(tell);

/** @throws not-found */
export async function readKey(planning: Planning, keyId: string): Promise<Key> {
  const key = (await listKeys(planning)).find((k) => k.keyId === keyId);
  if (!key) throw notFound("approval key", keyId);
  return key;
}

/** The key becomes the one of who is signed in: nobody registers a key in another's name. */
export async function registerKey(planning: Planning, principal: Principal, body: z.infer<typeof approvalKeyCreate>): Promise<Key> {
  const key = { publicKey: bytes(body.publicKey), owner: principal.name, label: body.label };
  const { passkey } = body;
  const { keyId } = expectOk(
    passkey
      ? await planning.addPasskey(
          { ...key, ...passkey, proof: { ...assertionOf(passkey.proof), signature: bytes(passkey.proof.signature) } },
          actorOf(principal),
        )
      : await planning.addApprovalKey(key, actorOf(principal)),
  );
  return readKey(planning, keyId);
}

/** An approval as it was handed in, in the name of who is signed in. */
export const givenApproval = (body: z.infer<typeof approveBody>, approver: string): Approval => ({
  ...{ keyId: body.keyId, signature: bytes(body.signature), approver, at: body.at, expiresAt: body.expiresAt },
  assertion: body.assertion && assertionOf(body.assertion),
});

const bytes = (base64: string): Uint8Array => Uint8Array.from(Buffer.from(base64, "base64"));
const assertionOf = (a: { authenticatorData: string; clientDataJson: string }) => ({
  authenticatorData: bytes(a.authenticatorData),
  clientDataJson: bytes(a.clientDataJson),
});

export async function revokeKey(planning: Planning, principal: Principal, keyId: string): Promise<Key> {
  const key = await readKey(planning, keyId);
  if (key.owner !== principal.name && !suffices(principal.role, "admin")) throw notYours("approval key");
  expectOk(await planning.revokeApprovalKey(keyId, actorOf(principal)));
  return readKey(planning, keyId);
}

/** An approval is one person's word: the key must be the one of who hands it in. */
export async function requireOwnKey(planning: Planning, principal: Principal, keyId: string): Promise<void> {
  if ((await readKey(planning, keyId)).owner !== principal.name) throw notYours("approval key");
}
