import { z } from "@hono/zod-openapi";
import { at } from "./common.ts";

export const systemSchema = z
  .object({
    version: z.string(),
    now: at,
    startedAt: at,
    simulatedTime: z.boolean(),
    store: z.object({
      engine: z.enum(["pglite", "postgresql"]),
      dataDirectory: z.string().nullable(),
      sizeBytes: z.number().nullable(),
      /** What a power cut can cost, in plain words. */
      durability: z.string(),
    }),
    addresses: z.object({ console: z.string(), session: z.string(), enrolment: z.string() }),
    caFingerprint: z.string(),
  })
  .openapi("System");

export const healthzSchema = z.object({ ok: z.literal(true) });
export const readyzSchema = z.object({ ready: z.boolean(), store: z.string() });
