import { getConnInfo } from "@hono/node-server/conninfo";
import type { MiddlewareHandler } from "hono";
import { getCookie } from "hono/cookie";
import type { Auth } from "../auth/index.ts";
import type { Env, RequestContext } from "../bind.ts";

/** With TLS the __Host- prefix ties the cookie to this very host (RFC 6265bis). */
export const sessionCookie = (secure: boolean): string => (secure ? "__Host-breakwater" : "breakwater");

/** Finds out who asks and from where. Never refuses: that is what the routes' roles are for. */
export function identify(auth: Auth, options: { secure: boolean; trustProxy: boolean }): MiddlewareHandler<Env> {
  return async (c, next) => {
    c.set("address", addressOf(c, options.trustProxy));
    const bearer = /^Bearer (\S{1,200})$/i.exec(c.req.header("authorization") ?? "")?.[1];
    const cookie = getCookie(c, sessionCookie(options.secure));
    c.set("principal", bearer ? await auth.byToken(bearer) : cookie ? await auth.bySession(cookie) : undefined);
    await next();
  };
}

/** The peer; behind a trusted proxy the last address that it added itself. */
function addressOf(c: RequestContext, trustProxy: boolean): string {
  const forwarded = trustProxy ? c.req.header("x-forwarded-for")?.split(",").at(-1)?.trim() : undefined;
  if (forwarded) return forwarded.slice(0, 64);
  try {
    return getConnInfo(c).remote.address ?? "unknown";
  } catch {
    // Called without a socket: in process.
    return "in-process";
  }
}
