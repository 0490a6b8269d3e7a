import { type Clock, formatInstant, newId } from "@breakwater/shared/core";
import { asc, eq, max, sql } from "drizzle-orm";
import type { z } from "zod";
import { type Db, recordEvents, type Store, schema } from "../../../store/index.ts";
import { iso, isoOrNull } from "../moments.ts";
import { lastAdmin, nameTaken, notFound } from "../problems.ts";
import { roleSchema, type userCreate, type userSchema, type userUpdate } from "../schemas/index.ts";
import { hashPassword } from "./password.ts";

type User = z.infer<typeof userSchema>;

export async function listUsers(db: Db): Promise<User[]> {
  const rows = await db
    .select({ user: schema.user, lastUsedAt: max(schema.userSession.lastUsedAt) })
    .from(schema.user)
    .leftJoin(schema.userSession, eq(schema.userSession.userId, schema.user.id))
    .groupBy(schema.user.id)
    .orderBy(asc(schema.user.name))
    .limit(1000);
  return rows.map(({ user, lastUsedAt }) => ({
    id: user.id,
    name: user.name,
    role: roleSchema.parse(user.role),
    createdAt: iso(user.createdAt),
    disabledAt: isoOrNull(user.disabledAt),
    lastUsedAt: isoOrNull(lastUsedAt),
  }));
}

async function readUser(db: Db, id: string): Promise<User> {
  const user = (await listUsers(db)).find((u) => u.id === id);
  if (!user) throw notFound("user", id);
  return user;
}

export async function createUser(store: Store, clock: Clock, body: z.infer<typeof userCreate>, actor: string): Promise<User> {
  const passwordHash = await hashPassword(body.password);
  const id = newId<string>("us");
  return store.db.transaction(async (tx) => {
    const now = clock.now();
    const created = await tx
      .insert(schema.user)
      .values({ id, name: body.name, role: body.role, passwordHash, createdAt: formatInstant(now) })
      .onConflictDoNothing()
      .returning({ id: schema.user.id });
    if (created.length === 0) throw nameTaken(body.name);
    await recordEvents(tx, [{ at: now, type: "user.created", actor, subject: `user:${id}`, data: { name: body.name, role: body.role } }]);
    return readUser(tx, id);
  });
}

/** Any change ends the user's sessions and tokens: what they were opened with no longer holds. */
export async function updateUser(store: Store, clock: Clock, id: string, body: z.infer<typeof userUpdate>, actor: string): Promise<User> {
  const passwordHash = body.password === undefined ? undefined : await hashPassword(body.password);
  return store.db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(7264010)`);
    const before = await readUser(tx, id);
    const now = clock.now();
    const losesAdmin =
      before.role === "admin" && before.disabledAt === null && (body.disabled === true || (body.role ?? "admin") !== "admin");
    if (losesAdmin && (await listUsers(tx)).every((u) => u.id === id || u.role !== "admin" || u.disabledAt !== null)) throw lastAdmin();
    await tx
      .update(schema.user)
      .set({
        ...(body.role === undefined ? {} : { role: body.role }),
        ...(passwordHash === undefined ? {} : { passwordHash }),
        ...(body.disabled === undefined ? {} : { disabledAt: body.disabled ? formatInstant(now) : null }),
      })
      .where(eq(schema.user.id, id));
    await tx.delete(schema.userSession).where(eq(schema.userSession.userId, id));
    await recordEvents(tx, [
      {
        at: now,
        type: "user.updated",
        actor,
        subject: `user:${id}`,
        data: {
          name: before.name,
          ...(body.role === undefined ? {} : { role: body.role }),
          ...(body.disabled === undefined ? {} : { disabled: body.disabled }),
          ...(passwordHash === undefined ? {} : { passwordChanged: true }),
        },
      },
    ]);
    return readUser(tx, id);
  });
}
