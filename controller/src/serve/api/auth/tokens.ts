import { type Clock, formatInstant } from "@breakwater/shared/core";
import { and, desc, eq, sql } from "drizzle-orm";
import type { z } from "zod";
import { type Db, recordEvents, type Store, schema } from "../../../store/index.ts";
import { iso, isoOrNull } from "../moments.ts";
import { notFound, notYours } from "../problems.ts";
import type { tokenCreate, tokenCreatedSchema, tokenSchema } from "../schemas/index.ts";
import { suffices } from "./roles.ts";
import { secretId } from "./secret.ts";
import { actorOf, openSecret, type Principal } from "./sessions.ts";

type Token = z.infer<typeof tokenSchema>;
interface Row {
  readonly token: Token;
  readonly secretHash: string;
  readonly userId: string;
}

async function rows(db: Db, only: { userId?: string; id?: string }): Promise<Row[]> {
  const found = await db
    .select()
    .from(schema.userSession)
    .innerJoin(schema.user, eq(schema.user.id, schema.userSession.userId))
    .where(
      and(
        eq(schema.userSession.kind, "token"),
        only.userId === undefined ? undefined : eq(schema.userSession.userId, only.userId),
        only.id === undefined ? undefined : sql`left(${schema.userSession.secretHash}, 16) = ${only.id}`,
      ),
    )
    .orderBy(desc(schema.userSession.createdAt))
    .limit(1000);
  return found.map(({ user_session: s, app_user: u }) => ({
    secretHash: s.secretHash,
    userId: u.id,
    token: {
      id: secretId(s.secretHash),
      label: s.label,
      user: u.name,
      createdAt: iso(s.createdAt),
      expiresAt: iso(s.expiresAt),
      lastUsedAt: isoOrNull(s.lastUsedAt),
    },
  }));
}

export const listTokens = async (db: Db, principal: Principal): Promise<Token[]> =>
  (await rows(db, suffices(principal.role, "admin") ? {} : { userId: principal.userId })).map((r) => r.token);

export async function createToken(
  store: Store,
  clock: Clock,
  principal: Principal,
  body: z.infer<typeof tokenCreate>,
): Promise<z.infer<typeof tokenCreatedSchema>> {
  return store.db.transaction(async (tx) => {
    const now = clock.now();
    const opened = await openSecret(tx, now, principal.userId, { kind: "token", label: body.label, days: body.days });
    const expiresAt = formatInstant(opened.expiresAt);
    await recordEvents(tx, [
      { at: now, type: "token.created", actor: actorOf(principal), subject: `token:${opened.id}`, data: { label: body.label, expiresAt } },
    ]);
    return { id: opened.id, token: opened.secret, expiresAt };
  });
}

export async function revokeToken(store: Store, clock: Clock, principal: Principal, id: string): Promise<Token> {
  return store.db.transaction(async (tx) => {
    const [row] = await rows(tx, { id });
    if (!row) throw notFound("token", id);
    if (row.userId !== principal.userId && !suffices(principal.role, "admin")) throw notYours("token");
    await tx.delete(schema.userSession).where(eq(schema.userSession.secretHash, row.secretHash));
    await recordEvents(tx, [
      { at: clock.now(), type: "token.revoked", actor: actorOf(principal), subject: `token:${id}`, data: { label: row.token.label } },
    ]);
    return row.token;
  });
}
