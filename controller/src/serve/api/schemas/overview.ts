import { z } from "@hono/zod-openapi";
import { at, verdictWord } from "./common.ts";

export const freezeSchema = z.object({ since: at, by: z.string(), reason: z.string() }).openapi("Freeze");

/** Something that waits for a person, with all that is needed to answer it. */
export const decisionSchema = z
  .object({
    kind: z.enum([
      "plan-approval",
      "plan-deploy",
      "wave-approval",
      "verdict-undecided",
      "verdict-harmful",
      "deployment-paused",
      "rollback-failed",
    ]),
    /** One sentence: what is asked. */
    title: z.string(),
    detail: z.string(),
    since: at,
    /** Where the evidence is: a plan or a deployment, and the wave. */
    planId: z.string().nullable(),
    deploymentId: z.string().nullable(),
    wave: z.number().int().nullable(),
    endpoints: z.number().int(),
    /** Lowest role that may answer. */
    role: z.enum(["operator", "approver"]),
    /** Answers that the API takes now, by the last part of their path under the deployment or plan. */
    answers: z.array(z.string()),
    simulated: z.boolean(),
  })
  .openapi("Decision");

export const nextEventSchema = z
  .object({
    at,
    kind: z.enum(["wave-opens", "wave-expires", "bake-ends", "calendar"]),
    title: z.string(),
    deploymentId: z.string().nullable(),
    wave: z.number().int().nullable(),
    sites: z.array(z.string()),
    endpoints: z.number().int(),
    simulated: z.boolean(),
  })
  .openapi("NextEvent");

export const riskPointSchema = z.object({
  at,
  openFindings: z.number().int(),
  risk: z.number(),
  opened: z.number().int(),
  closed: z.number().int(),
});

export const overviewSchema = z
  .object({
    at,
    /** The state of the fleet in one sentence. */
    sentence: z.string(),
    tone: z.enum(["empty", "calm", "busy", "attention", "harm"]),
    freeze: freezeSchema.nullable(),
    counts: z.object({
      endpoints: z.number().int(),
      simulatedEndpoints: z.number().int(),
      connected: z.number().int(),
      /** Not connected, and not seen for five minutes. */
      silent: z.number().int(),
      /** No inventory was ever taken: what they hold is unknown, not safe. */
      withoutInventory: z.number().int(),
      /** Endpoints whose release gets no security updates any more, that get them from nowhere, of which nobody could tell, and whose release is one that nothing is known of: what is missing there is unknown. */
      endOfLife: z.number().int(),
      withoutSecuritySource: z.number().int(),
      securitySourceUnknown: z.number().int(),
      releaseUnknown: z.number().int(),
      withOpenFindings: z.number().int(),
      openFindings: z.number().int(),
      withoutFix: z.number().int(),
      /** Of the open ones: patched, and the old code still runs, or nobody could look whether it does. */
      restartNeeded: z.number().int(),
      /** Kept out of what is open by a person's decision for a while, or by a believed statement. They are not fixed. */
      suppressed: z.number().int(),
      notAffected: z.number().int(),
      knownExploited: z.number().int(),
      /** A catalogue of known exploitation was read; until then `knownExploited` is unknown, not zero. */
      exploitationRead: z.boolean(),
      pendingUpdates: z.number().int(),
      /** Pending updates whose changelogs were not read yet: what they fix is unknown, not nothing. */
      unreadUpdates: z.number().int(),
      rebootRequired: z.number().int(),
      /** Endpoints that never said whether they want a reboot. */
      rebootUnknown: z.number().int(),
      runningDeployments: z.number().int(),
      bakingWaves: z.number().int(),
      harmfulWaves: z.number().int(),
    }),
    decisions: z.array(decisionSchema),
    next: z.array(nextEventSchema),
    /** Sum of the risk (0-100 each) of open findings; `history` has one point a day, oldest first. */
    risk: z.object({ now: z.number(), history: z.array(riskPointSchema) }),
    /** Only those that are not well. */
    feedsNotWell: z.array(z.object({ id: z.string(), lastSuccessAt: at.nullable(), problem: z.string() })),
    agentsNotWell: z.array(z.object({ endpointId: z.string(), hostname: z.string(), lastSeenAt: at.nullable(), simulated: z.boolean() })),
    lastVerdicts: z.array(
      z.object({ deploymentId: z.string(), title: z.string(), wave: z.number().int(), at, verdict: verdictWord, simulated: z.boolean() }),
    ),
  })
  .openapi("Overview");

export const searchQuery = z.object({ q: z.string().trim().min(2).max(100) });
export const searchSchema = z
  .object({
    hits: z.array(
      z.object({
        kind: z.enum(["endpoint", "vulnerability", "package", "plan", "deployment"]),
        id: z.string(),
        title: z.string(),
        detail: z.string(),
      }),
    ),
  })
  .openapi("SearchHits");
