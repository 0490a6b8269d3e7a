import type { Clock } from "@breakwater/shared/core";
import { eq } from "drizzle-orm";
import type { z } from "zod";
import { recordEvents, type Store, schema } from "../../../store/index.ts";
import { signInFailed } from "../problems.ts";
import type { setupBody, tokenCreate, userCreate, userUpdate } from "../schemas/index.ts";
import { createAttempts } from "./attempts.ts";
import { passwordMatches } from "./password.ts";
import { closeSecret, openSecret, type Principal, principalByHash, principalOf } from "./sessions.ts";
import { newSetupToken, redeemSetupToken, setupNeeded } from "./setup.ts";
import { createToken, listTokens, revokeToken } from "./tokens.ts";
import { createUser, listUsers, updateUser } from "./users.ts";

export { ROLES, suffices } from "./roles.ts";
export { actorOf, type Principal } from "./sessions.ts";

export type Auth = ReturnType<typeof createAuth>;

/** Who may do what: users, their passwords, sessions and API tokens, kept in the store. */
export function createAuth({ store, clock }: { store: Store; clock: Clock }) {
  const attempts = createAttempts();

  async function open(userId: string): Promise<{ secret: string; principal: Principal }> {
    const { secret } = await openSecret(store.db, clock.now(), userId, { kind: "session" });
    const principal = await principalOf(store.db, clock, secret, "session");
    if (!principal) throw signInFailed();
    return { secret, principal };
  }

  return {
    setupNeeded: () => setupNeeded(store.db),
    /** The link that creates the first administrator, once, within a day. @returns undefined when there is a user already */
    setupLink: async (consoleAddress: string): Promise<string | undefined> => {
      const token = await newSetupToken(store, clock);
      // In the fragment: it reaches no server log and no Referer.
      return token === undefined ? undefined : `${consoleAddress.replace(/\/$/, "")}/setup#${token}`;
    },
    setUp: async (body: z.infer<typeof setupBody>, address: string) => {
      await attempts.begin(address, "set-up");
      const { userId } = await redeemSetupToken(store, clock, body);
      await attempts.succeeded(address, "set-up");
      return open(userId);
    },
    /** @throws sign-in-failed, too-many-attempts */
    signIn: async (name: string, password: string, address: string) => {
      await attempts.begin(address, name);
      const [user] = await store.db.select().from(schema.user).where(eq(schema.user.name, name));
      const matches = await passwordMatches(user?.passwordHash, password);
      if (!user || !matches || user.disabledAt !== null) throw signInFailed();
      await attempts.succeeded(address, name);
      await store.db.transaction((tx) =>
        recordEvents(tx, [
          { at: clock.now(), type: "session.opened", actor: `user:${name}`, subject: `user:${user.id}`, data: { from: address } },
        ]),
      );
      return open(user.id);
    },
    signOut: (principal: Principal) => closeSecret(store.db, principal.secretHash),
    bySession: (secret: string) => principalOf(store.db, clock, secret, "session"),
    /** Whether what somebody came in with still lets them in, in the same role. For connections that stay open. */
    stillHolds: async (principal: Principal): Promise<boolean> =>
      (await principalByHash(store.db, clock, principal.secretHash, principal.via))?.role === principal.role,
    byToken: (secret: string) => principalOf(store.db, clock, secret, "token"),
    listUsers: () => listUsers(store.db),
    createUser: (body: z.infer<typeof userCreate>, actor: string) => createUser(store, clock, body, actor),
    updateUser: (id: string, body: z.infer<typeof userUpdate>, actor: string) => updateUser(store, clock, id, body, actor),
    listTokens: (principal: Principal) => listTokens(store.db, principal),
    createToken: (principal: Principal, body: z.infer<typeof tokenCreate>) => createToken(store, clock, principal, body),
    revokeToken: (principal: Principal, id: string) => revokeToken(store, clock, principal, id),
  };
}
