import type { MiddlewareHandler } from "hono";
import { suffices } from "../auth/roles.ts";
import type { Env } from "../bind.ts";
import { notSignedIn, roleTooLow } from "../problems.ts";
import type { Access } from "../routes/index.ts";

/** Stands before a route and lets in whoever its access names. Before the request is parsed: a stranger learns nothing. */
export const guard =
  (access: Access): MiddlewareHandler<Env> =>
  async (c, next) => {
    const principal = c.get("principal");
    if (!suffices(principal?.role, access)) throw principal ? roleTooLow(access, principal.role) : notSignedIn();
    await next();
  };
