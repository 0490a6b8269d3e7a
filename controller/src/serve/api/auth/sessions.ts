import { addMs, type Clock, days, formatInstant, hours, type Instant, minutes } from "@breakwater/shared/core";
import { and, eq } from "drizzle-orm";
import { type Db, schema } from "../../../store/index.ts";
import type { Role } from "../schemas/index.ts";
import { ROLES } from "./roles.ts";
import { hashSecret, newSecret, secretId } from "./secret.ts";

const SESSION_LIFE = hours(12);
/** "Last used" is for people; writing it on every request would make each read a write. */
const TOUCH_EVERY = minutes(1);

/** Who asks. */
export interface Principal {
  readonly userId: string;
  readonly name: string;
  readonly role: Role;
  readonly via: "session" | "token";
  readonly secretHash: string;
  readonly expiresAt: Instant;
}
export const actorOf = (principal: Pick<Principal, "name">): string => `user:${principal.name}`;

/** Opens a session (12 h) or an API token (so many days) and returns the secret, which is nowhere stored. */
export async function openSecret(
  db: Db,
  now: Instant,
  userId: string,
  what: { kind: "session" } | { kind: "token"; label: string; days: number },
): Promise<{ secret: string; id: string; expiresAt: Instant; secretHash: string }> {
  const secret = newSecret(what.kind === "session" ? "bws" : "bwt");
  const secretHash = hashSecret(secret);
  const expiresAt = addMs(now, what.kind === "session" ? SESSION_LIFE : days(what.days));
  await db.insert(schema.userSession).values({
    secretHash,
    userId,
    kind: what.kind,
    label: what.kind === "token" ? what.label : "",
    createdAt: formatInstant(now),
    expiresAt: formatInstant(expiresAt),
  });
  return { secret, id: secretId(secretHash), expiresAt, secretHash };
}

/** @returns undefined when the secret is unknown, expired, of another kind, or its user is disabled */
export const principalOf = (db: Db, clock: Clock, secret: string, kind: "session" | "token"): Promise<Principal | undefined> =>
  principalByHash(db, clock, hashSecret(secret), kind);

export async function principalByHash(db: Db, clock: Clock, secretHash: string, kind: "session" | "token"): Promise<Principal | undefined> {
  const [row] = await db
    .select()
    .from(schema.userSession)
    .innerJoin(schema.user, eq(schema.user.id, schema.userSession.userId))
    .where(and(eq(schema.userSession.secretHash, secretHash), eq(schema.userSession.kind, kind)));
  const role = ROLES.find((r) => r === row?.app_user.role);
  if (!row || !role || row.app_user.disabledAt !== null) return undefined;
  const now = clock.now();
  const expiresAt = Date.parse(row.user_session.expiresAt) as Instant;
  if (now >= expiresAt) return undefined;
  const lastUsed = row.user_session.lastUsedAt === null ? 0 : Date.parse(row.user_session.lastUsedAt);
  if (now - lastUsed > TOUCH_EVERY)
    await db
      .update(schema.userSession)
      .set({ lastUsedAt: formatInstant(now) })
      .where(eq(schema.userSession.secretHash, secretHash));
  return { userId: row.app_user.id, name: row.app_user.name, role, via: kind, secretHash, expiresAt };
}

export async function closeSecret(db: Db, secretHash: string): Promise<void> {
  await db.delete(schema.userSession).where(eq(schema.userSession.secretHash, secretHash));
}
