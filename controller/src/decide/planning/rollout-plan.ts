import { intervalSchema, windowSchema } from "@breakwater/shared/window";
import { z } from "zod";

/** What a verdict, a trigger or a count can lead to. */
export const REACTIONS = ["pause", "rollback-wave", "rollback-deployment", "halt"] as const;

export const triggerSchema = z.strictObject({
  metric: z.string(),
  /** What is compared: a relative change in per mille against control, or an absolute count. */
  kind: z.enum(["change-permille", "count"]),
  threshold: z.number().int(),
  forMs: z.number().int().min(0),
  action: z.enum(REACTIONS),
});

/**
 * One branch of a wave's rollback tree: when it is taken, what is done, which endpoints first, and who is asked. Branches are
 * read from the top; of those that come true at one moment the first is taken, each at most once.
 */
export const branchSchema = z.strictObject({
  when: z.discriminatedUnion("kind", [
    /** This trigger of the wave (counted from 0) has held for its time. */
    z.strictObject({ kind: z.literal("trigger"), trigger: z.number().int().min(0) }),
    /** The judge has proven harm, whatever its size. */
    z.strictObject({ kind: z.literal("harmful") }),
    /** The watch is over and nobody can say whether the wave is well. */
    z.strictObject({ kind: z.literal("undecided") }),
    z.strictObject({ kind: z.literal("too-few-succeeded") }),
    z.strictObject({ kind: z.literal("budget-used-up") }),
    /** An endpoint could not be restored, or only in part. */
    z.strictObject({ kind: z.literal("not-restored") }),
  ]),
  action: z.enum(REACTIONS),
  /** Whom a rollback serves first: those on which the harm was seen, or those that were patched last. */
  order: z.enum(["harmed-first", "newest-first"]),
  ask: z.enum(["operator", "approver", "on-call"]),
});

/**
 * Waves grow by belief: at each gate the size of the next wave is drawn from what is believed of the patch by then, within
 * these rails. What a person signs is the rails, the order of the endpoints, and the seed of the draws.
 */
export const growthSchema = z.strictObject({
  /** No wave is smaller, as far as so many are left and the upper rails allow it. */
  smallest: z.number().int().min(1),
  /** No wave is more than this many times the one before it. */
  largestFactor: z.number().int().min(2).max(10),
  /** No wave is larger. */
  ceiling: z.number().int().min(1),
  seed: z.string().min(1).max(100),
  /** What is believed of the share of endpoints that fail or are harmed before any was patched, as counts of what was seen. */
  prior: z.strictObject({ happened: z.number().int().min(1), not: z.number().int().min(1) }),
  /** What one failed or harmed endpoint costs, in days that an endpoint waits for the patch. */
  harmCostDays: z.number().int().min(1),
  /** What one wave more lets the others wait. */
  waitMinutes: z.number().int().min(1),
  /** A person opens each wave, those too that only growth makes. */
  approveEach: z.boolean(),
});

export const plannedWaveSchema = z.strictObject({
  name: z.string(),
  /** Neighbouring waves of one stretch share their endpoints where the plan grows by belief: how many come next is decided at the gate. */
  stretch: z.string().optional(),
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
    /**
     * "healthy": the judge must have said so. "not-harmful": it has watched the patched endpoints through the bake and suspects
     * nothing. "checks-alone": nobody judges; what did not fail its own checks passes.
     */
    verdict: z.enum(["healthy", "not-harmful", "checks-alone"]),
    /** Why less than "healthy" is enough. Part of what people sign. */
    statement: z.string().optional(),
    /** A person must open the next wave. */
    approval: z.boolean(),
    /** One of these persons must, by the names they sign in with. Absent: anybody who may approve. */
    approvers: z.array(z.string().min(1)).min(1).max(20).optional(),
  }),
  triggers: z.array(triggerSchema),
  /** What is done when something goes wrong. Absent in plans from before there were trees: then it follows from triggers and `onHarmful`. */
  tree: z.array(branchSchema).optional(),
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
  /** A machine that went down for its reboot and is not back after this is lost: unreachable, and a person is told. Absent: 15 minutes. */
  rebootLimitMs: z.number().int().min(60_000).optional(),
  /** Endpoints whose action forbids a rollback and that may be in danger at once. Absent: one. */
  unrestorableAtOnce: z.number().int().min(1).optional(),
  /**
   * How much rehearsals weigh: one that passed is required, a failed one holds the deployment (also when nothing is said),
   * they are ignored, or the plan exists only to be rehearsed.
   */
  rehearsal: z.enum(["required", "heeded", "ignored", "only"]).optional(),
  /** Persons who have to sign before it may be deployed; from two on, the one who proposed it is not counted. Absent: one. */
  approvals: z.number().int().min(1).optional(),
  /** Absent: the waves stay as they are signed. */
  growth: growthSchema.optional(),
});
export type Growth = z.infer<typeof growthSchema>;
export type Branch = z.infer<typeof branchSchema>;
export type Reaction = Branch["action"];
export type Trigger = z.infer<typeof triggerSchema>;
export type PlannedWave = z.infer<typeof plannedWaveSchema>;
export type RolloutPlan = z.infer<typeof rolloutPlanSchema>;
