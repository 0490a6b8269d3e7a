import { businessRuleSchema } from "@breakwater/shared/window";
import { z } from "@hono/zod-openapi";
import { at, name } from "./common.ts";

export const joinTokenSchema = z
  .object({
    id: z.string(),
    createdBy: z.string(),
    createdAt: at,
    expiresAt: at,
    usesLeft: z.number().int(),
    tags: z.array(z.string()),
    site: z.string(),
    revokedAt: at.nullable(),
  })
  .openapi("JoinToken");
export const joinTokensSchema = z.object({ rows: z.array(joinTokenSchema) });
export const joinTokenCreate = z.strictObject({
  uses: z.number().int().min(1).max(10_000).default(1),
  minutes: z.number().int().min(5).max(43_200).default(60),
  tags: z.array(z.string().max(63)).max(50).default([]),
  site: name.default("default"),
});
/** The only answer that ever holds the token itself, with the command that uses it. */
export const joinTokenCreatedSchema = z
  .object({
    id: z.string(),
    token: z.string(),
    expiresAt: at,
    command: z.string(),
    /** One line that installs and enrols; null where the controller was given no package of the agent. */
    install: z.string().nullable(),
  })
  .openapi("JoinTokenCreated");

export const siteSchema = z.object({ id: name, maxConcurrent: z.number().int().min(1), endpoints: z.number().int() }).openapi("Site");
export const sitesSchema = z.object({ rows: z.array(siteSchema) });
export const sitePut = z.strictObject({ maxConcurrent: z.number().int().min(1).max(100_000) });

export const redundancySchema = z
  .object({ id: name, minHealthy: z.number().int().min(0), members: z.number().int(), connected: z.number().int() })
  .openapi("RedundancyGroup");
export const redundanciesSchema = z.object({ rows: z.array(redundancySchema) });
export const redundancyPut = z.strictObject({ minHealthy: z.number().int().min(0).max(100_000) });

export const calendarSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    /** A blackout forbids changes; a business event makes them dear. */
    kind: z.enum(["blackout", "business"]),
    timezone: z.string(),
    rule: businessRuleSchema,
    /** Endpoints with any of these tags; everything without any. */
    tags: z.array(z.string()),
  })
  .openapi("CalendarEvent");
export const calendarsSchema = z.object({ rows: z.array(calendarSchema) });
export const calendarBody = z.strictObject({
  name,
  kind: z.enum(["blackout", "business"]),
  timezone: z.string().min(1).max(64),
  rule: businessRuleSchema,
  tags: z.array(z.string().max(63)).max(50).default([]),
});

export const fleetFileQuery = z.object({ format: z.enum(["yaml", "json"]).default("yaml") });
export const fleetFileSchema = z.object({ file: z.string() }).openapi("FleetFile");
export const fleetFileBody = z.strictObject({
  /** Its size is for the reader to judge, which says what may be done about it. */
  file: z.string().openapi({ description: "YAML of at most 1 MiB, or JSON of at most 16 MiB" }),
});
const taken = z.number().int();
export const fleetFileTakenSchema = z
  .object({ sites: taken, redundancyGroups: taken, calendar: taken, endpoints: taken })
  .openapi("FleetFileTaken");

export const feedSchema = z
  .object({
    id: z.string(),
    kind: z.string(),
    source: z.string(),
    lastSuccessAt: at.nullable(),
    lastAttemptAt: at.nullable(),
    lastProblem: z.string(),
    records: z.number().int(),
    rejects: z.number().int(),
    modelVersion: z.string(),
    /** The last change of that model, in words; "" when none was seen. */
    modelChange: z.string(),
    /** How far a download of many pages has come, in records, while it goes on and after it was interrupted. */
    progress: z.object({ done: z.number().int(), total: z.number().int() }).nullable(),
    /** Records that could not be read, newest first. */
    recentRejects: z.array(z.object({ record: z.string(), reason: z.string(), at })),
  })
  .openapi("Feed");
export const bundleKeySchema = z.object({ publicKey: z.string() }).openapi("BundleKey");
export const bundleImportSchema = z
  .object({
    createdAt: z.string(),
    signedBy: z.string(),
    /** Not taken: what is known here is as new or newer. */
    feeds: z.array(z.object({ id: z.string(), taken: z.boolean(), records: z.number().int(), lastSuccessAt: z.string() })),
  })
  .openapi("BundleImport");
export const feedsSchema = z.object({ rows: z.array(feedSchema) });
