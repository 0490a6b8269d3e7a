import { z } from "@hono/zod-openapi";
import { at, pageQuery } from "./common.ts";

export const auditRowSchema = z
  .object({
    sequence: z.number().int(),
    at,
    type: z.string(),
    actor: z.string(),
    subject: z.string(),
    data: z.unknown(),
    previousHash: z.string(),
    hash: z.string(),
  })
  .openapi("AuditRecord");
export const auditQuery = pageQuery.extend({
  actor: z.string().max(100).optional(),
  subject: z.string().max(200).optional(),
  type: z.string().max(100).optional(),
});
export const auditPage = z.object({ rows: z.array(auditRowSchema), next: z.string().nullable() }).openapi("AuditPage");
export const auditVerifySchema = z
  .object({
    ok: z.boolean(),
    records: z.number().int(),
    head: z.string(),
    /** The first record at which the chain does not hold, and how. */
    broken: z.object({ sequence: z.number().int(), why: z.string() }).nullable(),
    checkedAt: at,
  })
  .openapi("AuditVerification");
