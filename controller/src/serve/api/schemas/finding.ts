import { z } from "@hono/zod-openapi";
import { at, exposureLevel, factorSchema, flag, page, pageQuery } from "./common.ts";

export const findingRowSchema = z
  .object({
    id: z.number().int(),
    endpointId: z.string(),
    hostname: z.string(),
    vulnerabilityId: z.string(),
    summary: z.string(),
    packageName: z.string(),
    sourceName: z.string(),
    installedVersion: z.string(),
    /** null: no fixed version is known. */
    fixedVersion: z.string().nullable(),
    state: z.enum(["open", "no-fix", "fixed", "gone", "ignored"]),
    risk: z.number(),
    factors: z.array(factorSchema),
    cvssScore: z.number().nullable(),
    epss: z.number().nullable(),
    kev: z.boolean(),
    /** Whether a pending update closes it. */
    updateAvailable: z.boolean(),
    openedAt: at,
    closedAt: at.nullable(),
    closedBy: z.string().nullable(),
    simulated: z.boolean(),
  })
  .openapi("Finding");

export const findingQuery = pageQuery.extend({
  state: z.enum(["open", "no-fix", "fixed", "gone", "ignored", "unresolved", "any"]).default("unresolved").openapi({
    description: "unresolved = open and no-fix",
  }),
  vulnerability: z.string().max(64).optional(),
  package: z.string().max(200).optional(),
  endpoint: z.string().max(64).optional(),
  kev: flag.optional(),
  minRisk: z.coerce.number().min(0).max(100).optional(),
  q: z.string().trim().max(100).optional(),
  sort: z.enum(["-risk", "risk", "-opened", "opened", "vulnerability", "package"]).default("-risk"),
});
export const findingPage = page(findingRowSchema).openapi("FindingPage");

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
    findings: z.object({ open: z.number().int(), withoutFix: z.number().int(), fixed: z.number().int(), endpoints: z.number().int() }),
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
    packages: z.array(z.object({ name: z.string(), from: z.string(), to: z.string(), architecture: z.string() })),
    updateIds: z.array(z.number().int()),
    endpoints: z.number().int(),
    exposedEndpoints: z.number().int(),
    heldEndpoints: z.number().int(),
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
export const queuePage = page(queueRowSchema).openapi("QueuePage");
