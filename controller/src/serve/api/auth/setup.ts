import { addMs, type Clock, formatInstant, hours, newId } from "@breakwater/shared/core";
import { eq, sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, recordEvents, type Store, schema } from "../../../store/index.ts";
import { setupClosed, setupTokenWrong } from "../problems.ts";
import { hashPassword } from "./password.ts";
import { hashSecret, newSecret } from "./secret.ts";

const KEY = "setup-token";
const TOKEN_LIFE = hours(24);
const stored = z.object({ hash: z.string(), expiresAt: z.iso.datetime() });

/** Set-up is open only while no user was ever created; users are disabled, never deleted, so it cannot reopen. */
export async function setupNeeded(db: Db): Promise<boolean> {
  const [row] = await db.select({ n: sql<string>`count(*)` }).from(schema.user);
  return Number(row?.n) === 0;
}

/** A new one-time token; the one before it ends. @returns undefined once there is a user */
export async function newSetupToken(store: Store, clock: Clock): Promise<string | undefined> {
  if (!(await setupNeeded(store.db))) return undefined;
  const now = clock.now();
  const token = newSecret("bwu");
  const value = { hash: hashSecret(token), expiresAt: formatInstant(addMs(now, TOKEN_LIFE)) };
  const row = { key: KEY, value, updatedAt: formatInstant(now), updatedBy: "engine" };
  await store.db.insert(schema.setting).values(row).onConflictDoUpdate({ target: schema.setting.key, set: row });
  return token;
}

/** Creates the first administrator. @throws setup-closed, setup-token-wrong */
export async function redeemSetupToken(
  store: Store,
  clock: Clock,
  body: { token: string; name: string; password: string },
): Promise<{ userId: string }> {
  if (!(await setupNeeded(store.db))) throw setupClosed();
  const passwordHash = await hashPassword(body.password);
  return store.db.transaction(async (tx) => {
    // Two at once: the second waits here, then finds the user of the first.
    await tx.execute(sql`select pg_advisory_xact_lock(7264010)`);
    if (!(await setupNeeded(tx))) throw setupClosed();
    const [row] = await tx.select().from(schema.setting).where(eq(schema.setting.key, KEY));
    const token = stored.safeParse(row?.value);
    const now = clock.now();
    if (!token.success || token.data.hash !== hashSecret(body.token) || now >= Date.parse(token.data.expiresAt)) throw setupTokenWrong();
    const id = newId<string>("us");
    await tx.insert(schema.user).values({ id, name: body.name, role: "admin", passwordHash, createdAt: formatInstant(now) });
    await tx.delete(schema.setting).where(eq(schema.setting.key, KEY));
    await recordEvents(tx, [
      {
        at: now,
        type: "user.created",
        actor: `user:${body.name}`,
        subject: `user:${id}`,
        data: { name: body.name, role: "admin", by: "set-up link" },
      },
    ]);
    return { userId: id };
  });
}
