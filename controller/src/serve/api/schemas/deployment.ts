import { AGENT_EXECUTION_STATES } from "@breakwater/shared/command";
import { z } from "@hono/zod-openapi";
import { GROWTH_BOUNDS } from "../../../decide/growth/index.ts";
import { at, id, page, pageQuery, reason, verdictWord } from "./common.ts";

const deploymentState = z.enum(["scheduled", "running", "paused", "succeeded", "halted", "rolled-back", "cancelled", "expired"]);
const waveState = z.enum(["pending", "gated", "running", "baking", "passed", "failed", "skipped"]);
/** "waiting": its turn has not come, so there is no execution yet. */
export const cellState = z.enum(["waiting", "queued", "delivered", "unreachable", ...AGENT_EXECUTION_STATES]);

export const deploymentRowSchema = z
  .object({
    id: z.string(),
    planId: z.string(),
    planRevision: z.number().int(),
    title: z.string(),
    state: deploymentState,
    /** Why it stands where it stands, where the state alone does not say. */
    reason: z.string(),
    createdAt: at,
    finishedAt: at.nullable(),
    wave: z.object({ index: z.number().int(), name: z.string(), state: waveState }).nullable(),
    waves: z.number().int(),
    endpoints: z.number().int(),
    succeeded: z.number().int(),
    failed: z.number().int(),
    inFlight: z.number().int(),
    openDecisions: z.number().int(),
    simulated: z.boolean(),
  })
  .openapi("DeploymentRow");
export const deploymentQuery = pageQuery.extend({ state: deploymentState.optional(), active: z.enum(["true", "false"]).optional() });
export const deploymentPage = page(deploymentRowSchema).openapi("DeploymentPage");

export const cellSchema = z
  .object({
    endpointId: z.string(),
    hostname: z.string(),
    site: z.string(),
    timezone: z.string(),
    wave: z.number().int(),
    executionId: z.string().nullable(),
    state: cellState,
    failureClass: z.string(),
    message: z.string(),
    startedAt: at.nullable(),
    patchedAt: at.nullable(),
    finishedAt: at.nullable(),
    /** Cannot be reached now; waited for until then. */
    awaitedUntil: at.nullable(),
  })
  .openapi("Cell");

export const verdictSchema = z
  .object({
    wave: z.number().int(),
    at,
    verdict: verdictWord,
    /** One sentence, and the evidence per metric as the judge gave it. */
    summary: z.string(),
    metrics: z.array(
      z.object({ metric: z.string(), verdict: verdictWord, effect: z.number().nullable(), sentence: z.string(), evidence: z.unknown() }),
    ),
    /** What needed no statistics: a check that fails, a unit that is down, an endpoint that is gone. */
    hard: z.array(z.object({ rule: z.string(), endpointId: z.string(), subject: z.string(), at, sentence: z.string() })),
  })
  .openapi("Verdict");

export const waveSchema = z
  .object({
    index: z.number().int(),
    name: z.string(),
    state: waveState,
    since: at.nullable(),
    why: z.string(),
    notBefore: at,
    notAfter: at,
    maxConcurrent: z.number().int(),
    gate: z.object({
      bakeMinutes: z.number(),
      bakeLimitMinutes: z.number(),
      successPermille: z.number().int(),
      verdict: z.enum(["healthy", "not-harmful", "checks-alone"]),
      /** What the gate asks of the verdict, as a sentence, with the reason where it asks for less than health. */
      asks: z.string(),
      statement: z.string(),
      approval: z.boolean(),
      /** Who opens the next wave, by name; empty: anybody who may approve. */
      approvers: z.array(z.string()),
    }),
    /** Where the plan grows by belief: how the size of this wave was decided, with every number that led to it. */
    growth: z
      .object({
        sentence: z.string(),
        size: z.number().int(),
        foreseen: z.number().int(),
        before: z.number().int(),
        left: z.number().int(),
        happened: z.number().int(),
        of: z.number().int(),
        mean: z.number(),
        draw: z.number(),
        affordable: z.number().int(),
        bound: z.enum(GROWTH_BOUNDS),
      })
      .nullable(),
    /** Something without an end of its own holds all endpoints of the wave that have not had their turn. */
    held: z.object({ since: at, why: z.string() }).nullable(),
    /** The rollback tree in its order, with what has come true. */
    tree: z.array(
      z.object({
        when: z.string(),
        action: z.string(),
        ask: z.string(),
        /** Its trigger holds, and fires then if it still does. */
        holds: z.object({ since: at, firesAt: at, sentence: z.string() }).nullable(),
        taken: z.object({ at, why: z.string(), endpointIds: z.array(z.string()) }).nullable(),
      }),
    ),
    approvedBy: z.string().nullable(),
    bakeEndsAt: at.nullable(),
    bakeLimitAt: at.nullable(),
    verdict: verdictSchema.nullable(),
    overrides: z.array(z.object({ kind: z.string(), reason: z.string(), by: z.string(), at })),
    onHarmful: z.enum(["pause", "rollback-wave", "rollback-deployment"]),
    endpoints: z.number().int(),
    /** Number of endpoints in each state. */
    counts: z.record(z.string(), z.number().int()),
  })
  .openapi("Wave");

/** What an operator can do now, and what it will do to how many. */
export const consequenceSchema = z
  .object({
    action: z.enum(["pause", "resume", "halt", "cancel", "rollback", "approve-wave", "override"]),
    wave: z.number().int().nullable(),
    allowed: z.boolean(),
    role: z.enum(["operator", "approver"]),
    /** "Roll back 12 endpoints to openssl 3.0.17." */
    sentence: z.string(),
    endpoints: z.number().int(),
  })
  .openapi("Consequence");

export const deploymentSchema = deploymentRowSchema
  .extend({
    sequence: z.number().int(),
    planDigest: z.string(),
    expiresAt: at.nullable(),
    maxConcurrent: z.number().int(),
    budget: z.object({ threshold: z.number().int(), failed: z.number().int(), left: z.number().int() }),
    waveList: z.array(waveSchema),
    cells: z.array(cellSchema),
    /** What is waited for and until when, in the engine's words. */
    waits: z.array(z.object({ what: z.string(), until: at.nullable(), afterwards: z.string(), endpointIds: z.array(z.string()) })),
    decisions: z.array(
      z.object({ kind: z.string(), wave: z.number().int(), endpointId: z.string().nullable(), question: z.string(), since: at }),
    ),
    verdicts: z.array(verdictSchema),
    consequences: z.array(consequenceSchema),
    packages: z.array(z.object({ name: z.string(), from: z.string(), to: z.string(), endpoints: z.number().int() })),
    /** When it will be over if nothing goes wrong, or why that cannot be said. */
    forecast: z.object({ at: at.nullable(), earliest: at.nullable(), latest: at.nullable(), sentence: z.string() }),
    /** The rails within which waves grow, in words; empty: the waves stay as they were signed. */
    growth: z.string(),
    rollback: z.object({ scope: z.string(), waves: z.array(z.number().int()), reason: z.string(), by: z.string(), since: at }).nullable(),
  })
  .openapi("Deployment");

export const seriesQuery = z.object({
  wave: z.coerce.number().int().min(0),
  metric: z.string().max(100).openapi({ description: "A metric of the catalogue, or metric/subject" }),
  from: at.optional(),
  to: at.optional(),
});
const band = z.array(z.object({ at, median: z.number(), low: z.number(), high: z.number(), endpoints: z.number().int() }));
/** Patched endpoints of a wave against those not patched yet: medians with the 10th to 90th percentile. */
export const comparisonSchema = z
  .object({
    metric: z.string(),
    subject: z.string(),
    from: at,
    to: at,
    /** First and last patch moment among the treated. */
    patchedFrom: at.nullable(),
    patchedTo: at.nullable(),
    treatedEndpoints: z.number().int(),
    controlEndpoints: z.number().int(),
    treated: band,
    control: band,
    /** Metrics (with subjects) that have samples here, so that a page can offer them. */
    metrics: z.array(z.object({ metric: z.string(), subject: z.string(), judged: z.boolean() })),
  })
  .openapi("Comparison");

export const deploymentReason = z.strictObject({ reason });
export const waveReason = z.strictObject({ reason, wave: z.number().int().min(0) });
/** Without a wave: the whole deployment. */
export const leaveOutReason = z.strictObject({ reason, endpointIds: z.array(z.string().min(1)).min(1).max(10_000) });
export const rollbackReason = z.strictObject({ reason, wave: z.number().int().min(0).optional() });

export const executionParams = z.object({
  id: id.openapi({ param: { name: "id", in: "path" } }),
  eid: z
    .string()
    .min(1)
    .max(128)
    .openapi({ param: { name: "eid", in: "path" } }),
});
export const executionSchema = z
  .object({
    id: z.string(),
    deploymentId: z.string(),
    endpointId: z.string(),
    hostname: z.string(),
    wave: z.number().int(),
    state: cellState,
    failureClass: z.string(),
    message: z.string(),
    startedAt: at.nullable(),
    finishedAt: at.nullable(),
    reports: z.array(
      z.object({
        step: z.number().int(),
        /** Of the run itself, or of its rollback. */
        of: z.enum(["apply", "rollback"]),
        at,
        state: z.string(),
        failureClass: z.string(),
        message: z.string(),
        output: z.string(),
        packages: z.array(z.unknown()),
        checks: z.array(z.unknown()),
        packageManagerHealth: z.string(),
      }),
    ),
  })
  .openapi("Execution");

export const freezeBody = z.strictObject({ reason });
