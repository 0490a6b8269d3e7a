import { intervalSchema, windowSchema } from "@breakwater/shared/window";
import { z } from "zod";

export const triggerSchema = z.strictObject({
  metric: z.string(),
  /** What is compared: a relative change in per mille against control, or an absolute count. */
  kind: z.enum(["change-permille", "count"]),
  threshold: z.number().int(),
  forMs: z.number().int().min(0),
  action: z.enum(["pause", "rollback-wave", "rollback-deployment"]),
});

export const plannedWaveSchema = z.strictObject({
  name: z.string(),
  endpointIds: z.array(z.string()).min(1),
  notBefore: z.iso.datetime(),
  /** After this the wave does not open any more: the deployment asks a person. */
  notAfter: z.iso.datetime(),
  maxConcurrent: z.number().int().min(1),
  gate: z.strictObject({
    /** Shortest watch after the last execution of the wave ended. */
    bakeMs: z.number().int().min(0),
    /** An undecided verdict may prolong the watch up to this; then a person is asked. */
    bakeLimitMs: z.number().int().min(0),
    /** Share of the wave's executions that must have succeeded. Unreachable ones count against it. */
    successPermille: z.number().int().min(0).max(1000),
    /** "healthy": the judge must have said so. "not-harmful": undecided is enough at the end of the bake. */
    verdict: z.enum(["healthy", "not-harmful"]),
    /** A person must open the next wave. */
    approval: z.boolean(),
  }),
  triggers: z.array(triggerSchema),
  onHarmful: z.enum(["pause", "rollback-wave", "rollback-deployment"]),
});

export const plannedEndpointSchema = z.strictObject({
  hostname: z.string(),
  timezone: z.string(),
  site: z.string(),
  redundancyGroup: z.string().optional(),
  criticality: z.number().int().min(1).max(5),
  window: windowSchema.optional(),
  blackouts: z.array(intervalSchema),
});

/**
 * The part of a plan that the engine drives and people sign (as `scheduleDigest`): who, in which order, when, under which
 * gates. What is done to each endpoint lies in its EndpointAction beside it. Integers and strings only, so that its
 * canonical JSON is one text everywhere; times are RFC 3339 in UTC, lengths are milliseconds, shares are per mille.
 */
export const rolloutPlanSchema = z.strictObject({
  planId: z.string(),
  revision: z.number().int().min(1),
  waves: z.array(plannedWaveSchema).min(1),
  endpoints: z.record(z.string(), plannedEndpointSchema),
  sites: z.record(z.string(), z.strictObject({ maxConcurrent: z.number().int().min(1) })),
  /** `members` are all endpoints of the group, also those that are not in the plan: they count as healthy or not too. */
  redundancyGroups: z.record(z.string(), z.strictObject({ minHealthy: z.number().int().min(0), members: z.array(z.string()) })),
  maxConcurrent: z.number().int().min(1),
  /** Number of failed executions at which nothing further may start. */
  errorBudget: z.number().int().min(1),
  /** An execution that has not ended after this is looked into: unreachable, and a person is told. */
  executionLimitMs: z.number().int().min(1),
});
export type Trigger = z.infer<typeof triggerSchema>;
export type PlannedWave = z.infer<typeof plannedWaveSchema>;
export type RolloutPlan = z.infer<typeof rolloutPlanSchema>;
