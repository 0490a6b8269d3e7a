import type { OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Principal } from "./auth/index.ts";
import { notSignedIn } from "./problems.ts";
import type { AnyRoute, Route } from "./routes/index.ts";

/** What a request carries from the middleware to its handler. */
export interface Env {
  Variables: { principal: Principal | undefined; address: string };
}
export type Api = OpenAPIHono<Env>;
export type RequestContext = Context<Env>;

export interface Asked<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> {
  readonly params: z.output<P>;
  readonly query: z.output<Q>;
  readonly body: z.output<B>;
  readonly address: string;
  /** Who asks. @throws not-signed-in, on public routes */
  readonly principal: Principal;
  readonly context: RequestContext;
}

/**
 * Ties a handler to its route: what comes in was parsed by the route's schemas, and what goes out is reduced to the
 * response's schema, so that a column too many in a query cannot leave the house.
 */
export function bind<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType>(
  api: Api,
  route: Route<P, Q, B, R>,
  handler: (asked: Asked<P, Q, B>) => Promise<z.input<R> | Response>,
): void {
  const answer = async (c: RequestContext) => {
    const result = await handler({
      params: (route.params ? c.req.valid("param" as never) : {}) as z.output<P>,
      query: (route.query ? c.req.valid("query" as never) : {}) as z.output<Q>,
      body: (route.body ? c.req.valid("json" as never) : {}) as z.output<B>,
      address: c.get("address"),
      get principal() {
        const principal = c.get("principal");
        if (!principal) throw notSignedIn();
        return principal;
      },
      context: c,
    });
    if (result instanceof Response) return result;
    return c.json(route.response.parse(result) as object, route.status ?? 200);
  };
  api.openapi((route as unknown as AnyRoute).config, answer as never);
}
