import { checkSchema, MAX_CHECKS_PER_ACTION } from "@breakwater/shared/command";
import type { EndpointId } from "@breakwater/shared/core";
import { type MaintenanceWindow, windowSchema } from "@breakwater/shared/window";
import { z } from "zod";
import type { schema } from "../../store/index.ts";

/** How far an operator says an endpoint can be reached, used where evidence is missing. */
export const EXPOSURES = ["loopback", "private", "public"] as const;

/** One machine with an agent, as the controller knows it. Moments are RFC 3339 in UTC. */
export type Endpoint = Omit<typeof schema.endpoint.$inferSelect, "id" | "window" | "declaredExposure"> & {
  readonly id: EndpointId;
  readonly window: MaintenanceWindow | null;
  readonly declaredExposure: (typeof EXPOSURES)[number] | null;
};

export const tagSchema = z.string().regex(/^[a-z0-9][a-z0-9._:/-]{0,62}$/i, "a tag is 1-63 letters, digits, or . _ : / -");
export const nameSchema = z.string().regex(/^[\w][\w. -]{0,62}$/, "a name is 1-63 letters, digits, spaces, or . _ -");
export const tagsSchema = z
  .array(tagSchema)
  .max(64)
  .transform((tags) => [...new Set(tags)].sort());

/** The facts that operators set; all else is what the agent reports. */
export const operatorFactsSchema = z
  .strictObject({
    site: nameSchema,
    tags: tagsSchema,
    /** 1 (expendable) to 5 (the business stops). */
    criticality: z.number().int().min(1).max(5),
    declaredExposure: z.enum(EXPOSURES).nullable(),
    redundancyGroup: nameSchema.nullable(),
    /** The part of the network that it stands in. */
    zone: nameSchema.nullable(),
    window: windowSchema.nullable(),
    checks: z.array(checkSchema).max(MAX_CHECKS_PER_ACTION),
  })
  .partial();
export type OperatorFacts = z.infer<typeof operatorFactsSchema>;

const iso = (text: string): string => new Date(Date.parse(text)).toISOString();
const isoOrNull = (text: string | null): string | null => (text === null ? null : iso(text));

/** The drivers spell moments differently; here they become one. */
export function toEndpoint(row: typeof schema.endpoint.$inferSelect): Endpoint {
  return {
    ...row,
    id: row.id as EndpointId,
    window: row.window === null ? null : windowSchema.parse(row.window),
    declaredExposure: z.enum(EXPOSURES).nullable().parse(row.declaredExposure),
    enrolledAt: iso(row.enrolledAt),
    inventoryAt: isoOrNull(row.inventoryAt),
    lastSeenAt: isoOrNull(row.lastSeenAt),
    revokedAt: isoOrNull(row.revokedAt),
  };
}
