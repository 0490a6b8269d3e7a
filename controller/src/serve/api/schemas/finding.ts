import { z } from "@hono/zod-openapi";
import { NO_FIX_REASONS } from "../../../know/matching/index.ts";
import { assessmentSchema } from "./assessment.ts";
import { at, exposureLevel, factorSchema, flag, page, pageQuery, reason } from "./common.ts";

/** "suppressed", "not-affected" and a "fixed" with an assessment are what a decision made of it; it is never dropped from the list.
 * "restart-needed": the fixed version is installed, and the old code still runs, or nobody could look whether it does. */
const findingState = z.enum(["open", "no-fix", "restart-needed", "suppressed", "not-affected", "fixed", "gone", "ignored"]);

/** "esm-only": fixed for those who have Ubuntu Pro. "fixed-elsewhere": fixed in a stream that this endpoint does not get. "none-yet": nobody says why. */
const noFixReason = z.enum(NO_FIX_REASONS);

const dueSchema = z
  .object({
    at: at.nullable(),
    policy: z.enum(["cisa-bod-26-04", "ssvc-cisa", "ssvc-deployer", "priority-matrix"]),
    why: z.string(),
    /** The endpoint must be searched for traces of an intruder as well. */
    forensic: z.boolean(),
  })
  .openapi("Due");

const within = z.number().int().min(1).max(3_650);
const byCriticality = z.tuple([within, within, within, within, within]);
const orNone = within.nullable();
/** How due dates are set: the policies that are followed, and the days that an organisation's own words mean. */
export const dueRulesSchema = z
  .object({
    follow: z.array(dueSchema.shape.policy).min(1),
    /** Days by severity, for endpoints of criticality 1 to 5. */
    matrix: z.object({ critical: byCriticality, high: byCriticality, unknown: byCriticality, medium: byCriticality, low: byCriticality }),
    /** Days that SSVC's words mean; null: with the next upgrade. */
    daysOf: z.object({
      ...{ immediate: orNone, "out-of-cycle": orNone, scheduled: orNone, defer: orNone },
      ...{ act: orNone, attend: orNone, "track*": orNone, track: orNone },
    }),
  })
  .openapi("DueRules");
export const dueRulesPut = z.strictObject({ rules: dueRulesSchema, reason });
export const duePreviewBody = z.strictObject({ rules: dueRulesSchema });
export const duePreviewSchema = z
  .object({
    lookedAt: z.number().int(),
    /** false: there were more open findings than are looked at in one answer. */
    all: z.boolean(),
    earlier: z.number().int(),
    later: z.number().int(),
    same: z.number().int(),
    overdueNow: z.number().int(),
    overdueThen: z.number().int(),
    examples: z.array(
      z.object({
        findingId: z.number().int(),
        vulnerabilityId: z.string(),
        packageName: z.string(),
        hostname: z.string(),
        before: dueSchema.nullable(),
        after: dueSchema.nullable(),
      }),
    ),
  })
  .openapi("DuePreview");

export const findingRowSchema = z
  .object({
    id: z.number().int(),
    endpointId: z.string(),
    hostname: z.string(),
    vulnerabilityId: z.string(),
    summary: z.string(),
    /** "deb", "npm", ...: what kind of package it is in. */
    ecosystem: z.string(),
    packageName: z.string(),
    sourceName: z.string(),
    installedVersion: z.string(),
    /** null: no fixed version is known. */
    fixedVersion: z.string().nullable(),
    state: findingState,
    /** Why there is no fix; null where there is one, or where it was not judged since this is told. */
    noFixBecause: noFixReason.nullable(),
    assessment: assessmentSchema.nullable(),
    risk: z.number(),
    factors: z.array(factorSchema),
    cvssScore: z.number().nullable(),
    epss: z.number().nullable(),
    kev: z.boolean(),
    /** true: Breakwater tells of packages of this kind and does not patch them. */
    inventoryOnly: z.boolean(),
    /** Of one that waits for a restart: what still runs, or why nobody knows. */
    stillRuns: z.string().nullable(),
    /** Why it is one: what advisories say, and, of what was found in files, where it lies and who uses it. */
    proofs: z.array(z.object({ kind: z.string(), record: z.string(), statement: z.string() })),
    /** Whether a pending update closes it. */
    updateAvailable: z.boolean(),
    openedAt: at,
    /** The earliest that a followed policy asks; null when it is closed. `at` is null where it may wait for the next upgrade. */
    due: dueSchema.nullable(),
    closedAt: at.nullable(),
    closedBy: z.string().nullable(),
    simulated: z.boolean(),
  })
  .openapi("Finding");

export const findingQuery = pageQuery.extend({
  state: z
    .enum([...findingState.options, "unresolved", "any"])
    .default("unresolved")
    .openapi({
      description: "unresolved = open, no-fix and restart-needed",
    }),
  noFixBecause: noFixReason.optional().openapi({ description: "Only those without a fix for this reason." }),
  vulnerability: z.string().max(64).optional(),
  package: z.string().max(200).optional(),
  endpoint: z.string().max(64).optional(),
  kev: flag.optional(),
  minRisk: z.coerce.number().min(0).max(100).optional(),
  q: z.string().trim().max(100).optional(),
  sort: z.enum(["-risk", "risk", "-opened", "opened", "vulnerability", "package"]).default("-risk"),
});
export const findingPage = page(findingRowSchema).openapi("FindingPage");

/** One finding with all that it stands on. */
export const findingSchema = findingRowSchema
  .extend({
    cvssVector: z.string(),
    distribution: z.string(),
    architecture: z.string(),
    /** The record, the rule and the versions that were compared, the feed and the record's date. */
    proofs: z.array(
      z.object({
        kind: z.enum(["advisory", "changelog", "statement", "place", "running"]),
        record: z.string(),
        feed: z.string(),
        modified: z.string().nullable(),
        statement: z.string(),
        /** When the feed was last known to be current; null where it is none of ours, or never was. */
        feedReadAt: at.nullable(),
      }),
    ),
    evidence: z.object({
      exposure: z.string(),
      why: z.string(),
      /** null: no inventory was taken. */
      inventoryAt: at.nullable(),
      criticality: z.number().int(),
      processes: z.array(
        z.object({
          name: z.string(),
          pids: z.array(z.number().int()),
          units: z.array(z.string()),
          restartNeeded: z.boolean(),
          /** Of these, the processes that run the old file; empty where the agent does not tell them apart. */
          stale: z.array(z.object({ pid: z.number().int(), name: z.string(), unit: z.string() })),
          reach: z.string(),
          /** Some of its files that processes have mapped, with some of these; none where the agent does not tell. */
          files: z.array(
            z.object({
              path: z.string(),
              /** What is mapped was replaced or removed since. */
              replaced: z.boolean(),
              by: z.array(z.object({ pid: z.number().int(), name: z.string(), unit: z.string() })),
            }),
          ),
        }),
      ),
      listeners: z.array(
        z.object({
          protocol: z.string(),
          address: z.string(),
          port: z.number().int(),
          scope: z.string(),
          process: z.string(),
          unit: z.string(),
          /** The file of the package that this process has mapped; null where it is not told. */
          file: z.string().nullable(),
        }),
      ),
    }),
    /** What each policy that is followed asks. */
    demands: z.array(dueSchema),
    update: z.object({ to: z.string(), origin: z.string(), suite: z.string(), security: z.boolean() }).nullable(),
    /** What happened to it, the newest first. An event names at most 100 vulnerabilities of an endpoint. */
    history: z.array(
      z.object({ position: z.number().int(), at, type: z.string(), actor: z.string(), data: z.record(z.string(), z.unknown()) }),
    ),
    tags: z.array(z.string()),
    redundancyGroup: z.string().nullable(),
  })
  .openapi("FindingDetail");
export const findingParams = z.object({
  id: z.coerce
    .number()
    .int()
    .min(1)
    .max(Number.MAX_SAFE_INTEGER)
    .openapi({ param: { name: "id", in: "path" } }),
});

export const vulnerabilitySchema = z
  .object({
    id: z.string(),
    summary: z.string(),
    published: at.nullable(),
    cvssVector: z.string(),
    cvssScore: z.number().nullable(),
    cwe: z.array(z.string()),
    withdrawn: z.boolean(),
    /** Nothing but a name is known: no feed had a record. */
    known: z.boolean(),
    signals: z.array(
      z.object({ kind: z.string(), source: z.string(), at: at.nullable(), value: z.number().nullable(), data: z.unknown() }),
    ),
    advisories: z.array(
      z.object({ id: z.string(), feedId: z.string(), summary: z.string(), published: at.nullable(), modified: at.nullable() }),
    ),
    findings: z.object({
      open: z.number().int(),
      withoutFix: z.number().int(),
      restartNeeded: z.number().int(),
      suppressed: z.number().int(),
      notAffected: z.number().int(),
      fixed: z.number().int(),
      endpoints: z.number().int(),
    }),
    packages: z.array(
      z.object({ name: z.string(), installedVersion: z.string(), fixedVersion: z.string().nullable(), endpoints: z.number().int() }),
    ),
  })
  .openapi("Vulnerability");

/** One patch of the queue: a source package's step to a version, on every endpoint that has it pending. */
export const queueRowSchema = z
  .object({
    /** Stable while the same step is pending. To plan it: `select.patches: [{sourceName, toVersion}]` of POST /plans. */
    key: z.string(),
    distribution: z.string(),
    sourceName: z.string(),
    toVersion: z.string(),
    /** `from` is empty where the package is new: it is not there yet and comes along. */
    packages: z.array(z.object({ name: z.string(), from: z.string(), to: z.string(), architecture: z.string() })),
    updateIds: z.array(z.number().int()),
    endpoints: z.number().int(),
    exposedEndpoints: z.number().int(),
    heldEndpoints: z.number().int(),
    /** Where it also installs packages that are not there yet. */
    bringingEndpoints: z.number().int(),
    /** Where plans leave it out for that: what it brings is not known there, or the endpoint installs nothing new. */
    unbroughtEndpoints: z.number().int(),
    findings: z.number().int(),
    /** Sum of the risk of the findings it closes. */
    riskRemoved: z.number(),
    riskHighest: z.number(),
    kev: z.boolean(),
    epssHighest: z.number().nullable(),
    cvssHighest: z.number().nullable(),
    vulnerabilities: z.array(
      z.object({
        id: z.string(),
        summary: z.string(),
        kev: z.boolean(),
        epss: z.number().nullable(),
        cvssScore: z.number().nullable(),
        risk: z.number(),
      }),
    ),
    security: z.boolean(),
    origin: z.string(),
    suite: z.string(),
    phasedPercent: z.number().int(),
    downloadSizeBytes: z.number(),
    /** false: nobody has read its changelog yet, so what it fixes is unknown. */
    described: z.boolean(),
    /** The worst finding's factors: why it stands where it stands. */
    factors: z.array(factorSchema),
    why: z.array(z.string()),
    /** In a plan or deployment that is not over. */
    planned: z.array(z.object({ planId: z.string(), state: z.string() })),
    maintainerScripts: z.array(z.string()),
    simulated: z.boolean(),
  })
  .openapi("QueueRow");
export const queueQuery = pageQuery.extend({
  q: z.string().trim().max(100).optional(),
  security: flag.optional(),
  kev: flag.optional(),
  simulated: flag.optional(),
  exposure: exposureLevel.optional().openapi({ description: "Closes at least one open finding that is reached so far." }),
  sort: z.enum(["-riskRemoved", "-riskHighest", "-endpoints", "-findings", "package"]).default("-riskRemoved"),
});
export const queuePage = page(queueRowSchema)
  .extend({
    /** Findings that no patch of the queue closes any more: patched, and waiting for a restart. */
    restartNeeded: z.number().int(),
    /** Of the patches on all pages: the most that one removes, and the sum. */
    riskMost: z.number(),
    riskTotal: z.number(),
  })
  .openapi("QueuePage");
