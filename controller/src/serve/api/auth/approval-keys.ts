import { keyIdOf } from "@breakwater/shared/command";
import { type Clock, formatInstant, ProblemError } from "@breakwater/shared/core";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, recordEvents, type Store, schema } from "../../../store/index.ts";
import { notFound, notYours } from "../problems.ts";
import { moment, momentOrNull, select } from "../queries/select.ts";
import type { approvalKeyCreate, approvalKeySchema } from "../schemas/index.ts";
import { suffices } from "./roles.ts";
import { actorOf, type Principal } from "./sessions.ts";

type Key = z.infer<typeof approvalKeySchema>;
const row = z.object({
  keyId: z.string(),
  owner: z.string(),
  label: z.string(),
  publicKey: z.string(),
  createdAt: moment,
  revokedAt: momentOrNull,
});

export const listKeys = (db: Db): Promise<Key[]> =>
  select(
    db,
    row,
    sql`select key_id as "keyId", owner, label, replace(encode(public_key, 'base64'), chr(10), '') as "publicKey", created_at as "createdAt",
      revoked_at as "revokedAt" from approval_key order by created_at desc, key_id limit 1000`,
  );

async function readKey(db: Db, keyId: string): Promise<Key> {
  const key = (await listKeys(db)).find((k) => k.keyId === keyId);
  if (!key) throw notFound("approval key", keyId);
  return key;
}

/** Registers the public half of a key as its owner's. A key is registered once: it cannot change hands. */
export async function registerKey(store: Store, clock: Clock, principal: Principal, body: z.infer<typeof approvalKeyCreate>): Promise<Key> {
  const publicKey = Buffer.from(body.publicKey, "base64");
  if (publicKey.length !== 32)
    throw new ProblemError({
      code: "bad-key",
      message: `An Ed25519 public key has 32 bytes, this one ${publicKey.length}.`,
      next: "Send the raw public key in base64; `breakwater key register` does.",
    });
  const keyId = keyIdOf(publicKey);
  return store.db.transaction(async (tx) => {
    const now = clock.now();
    const added = await tx
      .insert(schema.approvalKey)
      .values({ keyId, publicKey, owner: principal.name, label: body.label, createdAt: formatInstant(now) })
      .onConflictDoNothing()
      .returning({ keyId: schema.approvalKey.keyId });
    if (added.length === 0)
      throw new ProblemError({
        code: "key-exists",
        message: `The key ${keyId} is registered already.`,
        next: "Make a new key with `breakwater key create`.",
      });
    await recordEvents(tx, [
      {
        at: now,
        type: "approval-key.registered",
        actor: actorOf(principal),
        subject: `approval-key:${keyId}`,
        data: { owner: principal.name, label: body.label, publicKey: body.publicKey },
      },
    ]);
    return readKey(tx, keyId);
  });
}

/** From now on its signatures count for nothing new; endpoints that pinned it drop it at their next settings. */
export async function revokeKey(store: Store, clock: Clock, principal: Principal, keyId: string): Promise<Key> {
  return store.db.transaction(async (tx) => {
    const key = await readKey(tx, keyId);
    if (key.owner !== principal.name && !suffices(principal.role, "admin")) throw notYours("approval key");
    if (key.revokedAt !== null) return key;
    const now = clock.now();
    await tx.execute(sql`update approval_key set revoked_at = ${formatInstant(now)}::timestamptz where key_id = ${keyId}`);
    await recordEvents(tx, [
      { at: now, type: "approval-key.revoked", actor: actorOf(principal), subject: `approval-key:${keyId}`, data: { owner: key.owner } },
    ]);
    return readKey(tx, keyId);
  });
}
