import { expectOk } from "@breakwater/shared/core";
import type { z } from "zod";
import type { ApprovalKey, Planning } from "../../decide/planning/index.ts";
import { actorOf, type Principal, suffices } from "./auth/index.ts";
import { iso, isoOrNull } from "./moments.ts";
import { notFound, notYours } from "./problems.ts";
import type { approvalKeyCreate, approvalKeySchema } from "./schemas/index.ts";

type Key = z.infer<typeof approvalKeySchema>;

const tell = (key: ApprovalKey): Key => ({
  keyId: key.keyId,
  owner: key.owner,
  label: key.label,
  publicKey: Buffer.from(key.publicKey).toString("base64"),
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
  const key = { publicKey: Uint8Array.from(Buffer.from(body.publicKey, "base64")), owner: principal.name, label: body.label };
  const { keyId } = expectOk(await planning.addApprovalKey(key, actorOf(principal)));
  return readKey(planning, keyId);
}

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
