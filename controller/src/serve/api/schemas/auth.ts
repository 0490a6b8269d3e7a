import { z } from "@hono/zod-openapi";
import { at, name, roleSchema } from "./common.ts";

/** NIST SP 800-63B: length is what counts, no composition rules; the upper bound keeps hashing cheap. */
const password = z.string().min(12, "at least 12 characters").max(200);
/** Shown in events as "user:<name>", so it holds no colon or space. */
export const userName = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, "lower case letters, digits, dot, dash and underscore");

export const setupBody = z.strictObject({ token: z.string().min(1).max(200), name: userName, password });
export const loginBody = z.strictObject({ name: z.string().min(1).max(64), password: z.string().min(1).max(200) });
export const setupStateSchema = z.object({ needed: z.boolean() }).openapi("SetupState");

export const meSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    role: roleSchema,
    via: z.enum(["session", "token"]),
    expiresAt: at,
  })
  .openapi("Me");

export const userSchema = z
  .object({ id: z.string(), name: z.string(), role: roleSchema, createdAt: at, disabledAt: at.nullable(), lastUsedAt: at.nullable() })
  .openapi("User");
export const usersSchema = z.object({ rows: z.array(userSchema) });
export const userCreate = z.strictObject({ name: userName, password, role: roleSchema });
export const userUpdate = z.strictObject({ role: roleSchema.optional(), password: password.optional(), disabled: z.boolean().optional() });

export const tokenSchema = z
  .object({ id: z.string(), label: z.string(), user: z.string(), createdAt: at, expiresAt: at, lastUsedAt: at.nullable() })
  .openapi("ApiToken");
export const tokensSchema = z.object({ rows: z.array(tokenSchema) });
export const tokenCreate = z.strictObject({ label: name, days: z.number().int().min(1).max(365).default(90) });
/** The only answer that ever holds the token itself. */
export const tokenCreatedSchema = z.object({ id: z.string(), token: z.string(), expiresAt: at }).openapi("ApiTokenCreated");
