import { z } from "@hono/zod-openapi";

/** RFC 3339 in UTC. */
export const at = z.string().openapi({ format: "date-time", example: "2026-03-01T22:00:00.000Z" });
export const digest = z.string().regex(/^[0-9a-f]{64}$/);
export const base64 = z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/, "not base64");
export const id = z.string().min(1).max(64);
export const idParams = z.object({ id: id.openapi({ param: { name: "id", in: "path" } }) });
export const name = z.string().min(1).max(100);

/** Why somebody does something that others will want to understand later. It is written to the audit chain. */
export const reason = z.string().trim().min(3, "say why in at least three characters").max(500);
export const reasonBody = z.strictObject({ reason });

/** Every refusal has this shape (in the manner of RFC 9457): a stable code, a plain sentence, and what to do next. */
export const problemSchema = z
  .object({ code: z.string(), message: z.string(), next: z.string(), details: z.unknown().optional() })
  .openapi("Problem");

export const MAX_PAGE = 1000;
export const pageQuery = z.object({
  cursor: z.string().max(200).optional().openapi({ description: "The `next` of the page before. Opaque." }),
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(100),
});

/** One page of a list. `next` is null on the last page; `total` counts what the filter matches on all pages. */
export const page = <T extends z.ZodType>(row: T) =>
  z.object({ rows: z.array(row), next: z.string().nullable(), total: z.number().int().min(0) });

export const ok = z.object({ ok: z.literal(true) }).openapi("Done");
export const flag = z
  .enum(["true", "false"])
  .transform((v) => v === "true")
  .openapi({ type: "boolean" });
export const roleSchema = z.enum(["viewer", "operator", "approver", "admin"]).openapi("Role");
export type Role = z.infer<typeof roleSchema>;

/** What one factor of a risk score does: scores are products, so effects are natural-log addends that add up exactly. */
export const factorSchema = z
  .object({
    name: z.string(),
    effect: z.number(),
    why: z.string(),
    /** What the risk would be with this one fact otherwise. */
    otherwise: z.object({ if: z.string(), risk: z.number() }).optional(),
  })
  .openapi("RiskFactor");
export const verdictWord = z.enum(["healthy", "undecided", "harmful"]);
export const exposureLevel = z.enum(["not-loaded", "loaded", "loopback", "private", "public", "unknown"]).openapi("ExposureLevel");
