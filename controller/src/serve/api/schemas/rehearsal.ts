import { rehearsalReportSchema } from "@breakwater/shared/command";
import { z } from "@hono/zod-openapi";
import { at, base64, digest } from "./common.ts";

/** Allows endpoints to try a plan on copies of themselves. `signature`: Ed25519 over "breakwater-rehearsal-v1\\n" + digest. */
export const rehearseBody = z.strictObject({
  revision: z.number().int().min(1),
  digest,
  /** Left out: one endpoint for each configuration. */
  endpointIds: z.array(z.string()).min(1).max(50).optional(),
  /** Left out: the plan's own approvals allow it. */
  permission: z.strictObject({ keyId: z.string().regex(/^[0-9a-f]{16}$/), signature: base64.max(100), at }).optional(),
});
export const rehearsalRequestedSchema = z
  .object({
    asked: z.array(z.object({ rehearsalId: z.string(), endpointId: z.string(), hostname: z.string() })),
    notPossible: z.array(z.object({ endpointId: z.string(), hostname: z.string(), why: z.string() })),
  })
  .openapi("RehearsalRequested");

export const rehearsalSchema = z
  .object({
    id: z.string(),
    endpointId: z.string(),
    hostname: z.string(),
    revision: z.number().int(),
    requestedAt: at,
    requestedBy: z.string(),
    finishedAt: at.nullable(),
    state: z.enum(["requested", "accepted", "rehearsing", "ended"]),
    step: z.string(),
    /** Empty until it ended. */
    verdict: z.enum(["passed", "failed", "not-rehearsable", ""]),
    failureClass: z.string(),
    reason: z.string(),
    superseded: z.boolean(),
    report: rehearsalReportSchema.nullable(),
  })
  .openapi("Rehearsal");
export const rehearsalsSchema = z
  .object({
    standing: z.object({ state: z.enum(["none", "running", "passed", "failed", "not-possible"]), sentence: z.string() }),
    rows: z.array(rehearsalSchema),
  })
  .openapi("Rehearsals");
