import { createRoute, type z } from "@hono/zod-openapi";
import { problemSchema, type Role } from "../schemas/index.ts";

/** "public" needs no sign-in; a role needs that role or a higher one. */
export type Access = "public" | Role;
type None = z.ZodObject<Record<never, never>>;

/** One operation of the API: its path, who may call it, and the shapes of what goes in and out. */
export interface RouteSpec<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType> {
  readonly id: string;
  readonly method: "get" | "post" | "put" | "patch" | "delete";
  /** Under /api/v1, parameters in braces. */
  readonly path: string;
  readonly access: Access;
  readonly tag: string;
  readonly summary: string;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly response: R;
  readonly status?: 200 | 201;
}
export interface Route<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType> extends RouteSpec<P, Q, B, R> {
  readonly config: ReturnType<typeof createRoute>;
}

const problem = (description: string) => ({ description, content: { "application/problem+json": { schema: problemSchema } } });

export function defineRoute<
  P extends z.ZodType = None,
  Q extends z.ZodType = None,
  B extends z.ZodType = None,
  R extends z.ZodType = z.ZodType,
>(spec: RouteSpec<P, Q, B, R>): Route<P, Q, B, R> {
  const config = createRoute({
    method: spec.method,
    path: spec.path,
    operationId: spec.id,
    tags: [spec.tag],
    summary: spec.summary,
    "x-access": spec.access,
    security: spec.access === "public" ? [] : [{ session: [] }, { token: [] }],
    request: {
      ...(spec.params ? { params: spec.params as unknown as None } : {}),
      ...(spec.query ? { query: spec.query as unknown as None } : {}),
      ...(spec.body ? { body: { required: true, content: { "application/json": { schema: spec.body } } } } : {}),
    },
    responses: {
      [spec.status ?? 200]: { description: spec.summary, content: { "application/json": { schema: spec.response } } },
      400: problem("The request cannot be read"),
      ...(spec.access === "public" ? {} : { 401: problem("Nobody is signed in"), 403: problem("The role does not suffice") }),
      ...(spec.params ? { 404: problem("There is no such thing") } : {}),
      409: problem("It cannot be done in the present state"),
      500: problem("The controller failed"),
    },
  } as Parameters<typeof createRoute>[0]);
  return { ...spec, config };
}
