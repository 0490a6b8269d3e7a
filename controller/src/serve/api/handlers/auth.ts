import { formatInstant } from "@breakwater/shared/core";
import { deleteCookie, setCookie } from "hono/cookie";
import { actorOf, type Principal } from "../auth/index.ts";
import { type Api, bind, type RequestContext } from "../bind.ts";
import { sessionCookie } from "../middleware/identify.ts";
import { routes } from "../routes/index.ts";
import type { Services } from "../services.ts";

export function bindAuth(api: Api, { auth }: Services, options: { secure: boolean }): void {
  const signedIn = (c: RequestContext, opened: { secret: string; principal: Principal }) => {
    setCookie(c, sessionCookie(options.secure), opened.secret, {
      httpOnly: true,
      sameSite: "Strict",
      secure: options.secure,
      path: "/",
      expires: new Date(opened.principal.expiresAt),
    });
    return me(opened.principal);
  };

  bind(api, routes.setupState, async () => ({ needed: await auth.setupNeeded() }));
  bind(api, routes.setup, async ({ body, address, context }) => signedIn(context, await auth.setUp(body, address)));
  bind(api, routes.login, async ({ body, address, context }) => signedIn(context, await auth.signIn(body.name, body.password, address)));
  bind(api, routes.logout, async ({ principal, context }) => {
    if (principal.via === "session") await auth.signOut(principal);
    deleteCookie(context, sessionCookie(options.secure), { path: "/", secure: options.secure });
    return { ok: true as const };
  });
  bind(api, routes.me, async ({ principal }) => me(principal));
  bind(api, routes.users, async () => ({ rows: await auth.listUsers() }));
  bind(api, routes.userCreate, async ({ body, principal }) => auth.createUser(body, actorOf(principal)));
  bind(api, routes.userUpdate, async ({ params, body, principal }) => auth.updateUser(params.id, body, actorOf(principal)));
  bind(api, routes.tokens, async ({ principal }) => ({ rows: await auth.listTokens(principal) }));
  bind(api, routes.tokenCreate, async ({ body, principal }) => auth.createToken(principal, body));
  bind(api, routes.tokenRevoke, async ({ params, principal }) => auth.revokeToken(principal, params.id));
}

const me = (principal: Principal) => ({
  id: principal.userId,
  name: principal.name,
  role: principal.role,
  via: principal.via,
  expiresAt: formatInstant(principal.expiresAt),
});
