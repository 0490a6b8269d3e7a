import { z } from "@hono/zod-openapi";
import { at, digest } from "./common.ts";

export const haltSchema = z
  .object({
    digest,
    scope: z.string(),
    reason: z.string(),
    keyId: z.string(),
    issuedAt: at,
    expiresAt: at.nullable(),
    takenAt: at,
    takenBy: z.string(),
    state: z.enum(["standing", "lifted", "over"]),
    liftedAt: at.nullable(),
    /** Endpoints that it is about: those that said that it stands there, and the others. */
    standingOn: z.number().int(),
    missingOn: z.array(z.object({ endpointId: z.string(), hostname: z.string(), why: z.string() })),
    missing: z.number().int(),
    /** The signed order, to be carried by hand. */
    order: z.string(),
  })
  .openapi("Halt");
export const haltsSchema = z.object({ rows: z.array(haltSchema) });
/** `order`: the text that `breakwater halt sign` or `breakwater halt lift` printed. */
export const haltBody = z.strictObject({ order: z.string().min(1).max(8_192) });
export const haltTakenSchema = z.object({ kind: z.enum(["halt", "lift"]), digest }).openapi("HaltTaken");
