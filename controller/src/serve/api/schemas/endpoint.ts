import { checkSchema } from "@breakwater/shared/command";
import { windowSchema } from "@breakwater/shared/window";
import { z } from "@hono/zod-openapi";
import { UNCOVERED } from "../../../know/fleet/index.ts";
import { at, exposureLevel, flag, page, pageQuery } from "./common.ts";

const tag = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,62}$/);

export const endpointRowSchema = z
  .object({
    id: z.string(),
    hostname: z.string(),
    os: z.string(),
    osId: z.string(),
    osVersion: z.string(),
    architecture: z.string(),
    kernelRelease: z.string(),
    agentVersion: z.string(),
    site: z.string(),
    timezone: z.string(),
    tags: z.array(z.string()),
    criticality: z.number().int().min(1).max(5),
    redundancyGroup: z.string().nullable(),
    policyMode: z.string(),
    connected: z.boolean(),
    lastSeenAt: at.nullable(),
    /** null: no inventory was ever taken, so the figures below say nothing. */
    inventoryAt: at.nullable(),
    packages: z.number().int(),
    pendingUpdates: z.number().int(),
    /** Pending updates whose changelogs were not read yet: what they fix is unknown, so the findings below may be too few. */
    unreadUpdates: z.number().int(),
    /** Why fixes may be missing that nothing here speaks of; null: its release is supported and it gets security updates, or no inventory was taken. */
    uncovered: z.enum(UNCOVERED).nullable(),
    openFindings: z.number().int(),
    /** Highest and sum of the risk of open findings, 0-100 each. */
    riskHighest: z.number(),
    riskSum: z.number(),
    knownExploited: z.number().int(),
    exposure: exposureLevel,
    rebootRequired: z.boolean().nullable(),
    /** A signed halt stands there; null: its agent has never said. */
    halted: z.boolean().nullable(),
    simulated: z.boolean(),
    revokedAt: at.nullable(),
  })
  .openapi("EndpointRow");

/** What holds an endpoint's executor back, whatever was approved. */
export const endpointBrakesSchema = z
  .object({
    saidAt: at,
    halts: z.array(
      z.object({
        digest: z.string(),
        scope: z.string(),
        reason: z.string(),
        issuedAt: at,
        expiresAt: at.nullable(),
        keyId: z.string(),
        /** How it came there: controller, hand, file. */
        via: z.string(),
        receivedAt: z.string(),
      }),
    ),
    refused: z.array(z.object({ at: z.string(), code: z.string(), message: z.string(), via: z.string() })),
    problem: z.string(),
    fuse: z
      .object({
        perHour: z.number().int(),
        perDay: z.number().int(),
        appliesHour: z.number().int(),
        appliesDay: z.number().int(),
        rollbacksHour: z.number().int(),
        rollbacksDay: z.number().int(),
        /** Running time until a change may begin, as of `saidAt`. */
        opensInSeconds: z.number().int(),
      })
      .nullable(),
  })
  .openapi("EndpointBrakes");

export const endpointQuery = pageQuery.extend({
  q: z.string().trim().max(100).optional().openapi({ description: "Part of the host name or the id." }),
  tag: tag.optional(),
  site: z.string().max(100).optional(),
  os: z.string().max(100).optional().openapi({ description: "os id, or id:version as in debian:12" }),
  connected: flag.optional(),
  simulated: flag.optional(),
  revoked: flag.default(false),
  withFindings: flag.optional(),
  uncovered: z.enum(UNCOVERED).optional().openapi({ description: "Only those that get no security updates, or of which nobody knows." }),
  restartNeeded: flag
    .optional()
    .openapi({ description: "A process runs a file that an update has replaced since. Unknown matches neither." }),
  rebootRequired: flag.optional().openapi({ description: "Unknown matches neither." }),
  kernelNotRunning: flag
    .optional()
    .openapi({ description: "A newer kernel is installed than the one that runs. Unknown matches neither." }),
  sort: z
    .enum([
      "hostname",
      "-hostname",
      "risk",
      "-risk",
      "findings",
      "-findings",
      "lastSeen",
      "-lastSeen",
      "updates",
      "-updates",
      "criticality",
      "-criticality",
    ])
    .default("-risk"),
});
export const endpointPage = page(endpointRowSchema).openapi("EndpointPage");

export const endpointSchema = endpointRowSchema
  .extend({
    machineId: z.string(),
    codename: z.string(),
    virtualization: z.string(),
    bootId: z.string(),
    capabilities: z.array(z.string()),
    pinnedKeyIds: z.array(z.string()),
    declaredExposure: z.enum(["loopback", "private", "public"]).nullable(),
    /** The part of the network that operators say it stands in. */
    zone: z.string().nullable(),
    window: windowSchema.nullable(),
    checks: z.array(checkSchema),
    enrolledAt: at,
    clockOffsetMs: z.number(),
    certificateExpiresAt: at.nullable(),
    inventoryDigest: z.string(),
    /** What the last inventory said of the machine, as the agent told it. null: never told. */
    facts: z.unknown(),
    /** null: its agent has never said, and may know of no halts. */
    brakes: endpointBrakesSchema.nullable(),
  })
  .openapi("Endpoint");

export const endpointUpdate = z.strictObject({
  site: z.string().min(1).max(100).optional(),
  tags: z.array(tag).max(50).optional(),
  criticality: z.number().int().min(1).max(5).optional(),
  declaredExposure: z.enum(["loopback", "private", "public"]).nullable().optional(),
  redundancyGroup: z.string().min(1).max(100).nullable().optional(),
  zone: z.string().min(1).max(63).nullable().optional(),
  window: windowSchema.nullable().optional(),
  checks: z.array(checkSchema).max(64).optional(),
});

export const packageQuery = pageQuery.extend({
  q: z.string().trim().max(100).optional(),
  updatesOnly: flag.default(false),
});
export const packageRowSchema = z
  .object({
    name: z.string(),
    version: z.string(),
    architecture: z.string(),
    ecosystem: z.string(),
    sourceName: z.string(),
    sourceVersion: z.string(),
    status: z.string(),
    held: z.boolean(),
    update: z
      .object({
        to: z.string(),
        security: z.boolean(),
        origin: z.string(),
        suite: z.string(),
        held: z.boolean(),
        phasedPercent: z.number().int(),
        /** "name version" of what it also installs, which is not there yet. */
        brings: z.array(z.string()),
        /** Why plans leave it out for what it would install besides; null when that is no reason to. */
        notPlanned: z.string().nullable(),
        /** null until the changelog was read. */
        cves: z.array(z.string()).nullable(),
      })
      .nullable(),
    openFindings: z.number().int(),
  })
  .openapi("PackageRow");
export const packagePage = page(packageRowSchema).openapi("PackagePage");

/** address -> process -> package -> findings, as last reported. */
export const exposureSchema = z
  .object({
    inventoryAt: at.nullable(),
    declaredExposure: z.string().nullable(),
    listeners: z.array(
      z.object({
        protocol: z.string(),
        address: z.string(),
        port: z.number().int(),
        scope: exposureLevel,
        process: z.string(),
        unit: z.string(),
        /** Of the network that it is in; "": the machine's own. */
        namespace: z.string(),
        packages: z.array(z.object({ name: z.string(), openFindings: z.number().int(), riskHighest: z.number() })),
      }),
    ),
    /** Loaded by a process that listens nowhere. */
    loaded: z.array(z.object({ name: z.string(), openFindings: z.number().int(), riskHighest: z.number() })),
  })
  .openapi("EndpointExposure");

export const healthQuery = z.object({
  metrics: z.string().max(500).optional().openapi({ description: "Comma-separated metric names; all without it." }),
  from: at.optional(),
  to: at.optional(),
});
export const seriesSchema = z
  .object({
    metric: z.string(),
    subject: z.string(),
    points: z.array(z.object({ at, mean: z.number(), min: z.number(), max: z.number() })),
  })
  .openapi("HealthSeries");
export const healthSchema = z
  .object({
    from: at,
    to: at,
    /** Newest sample by metric and subject, with its age in the open. */
    latest: z.array(z.object({ metric: z.string(), subject: z.string(), at, value: z.number() })),
    series: z.array(seriesSchema),
    /** Executions that ended here in this stretch: the patch moments to draw. */
    patches: z.array(z.object({ executionId: z.string(), deploymentId: z.string(), at, state: z.string() })),
  })
  .openapi("EndpointHealth");

export const eventSchema = z
  .object({
    position: z.number().int(),
    at,
    type: z.string(),
    actor: z.string(),
    subject: z.string(),
    data: z.record(z.string(), z.unknown()),
  })
  .openapi("DomainEvent");
export const historyPage = z
  .object({
    rows: z.array(eventSchema),
    next: z.string().nullable(),
    executions: z.array(
      z.object({
        id: z.string(),
        deploymentId: z.string(),
        title: z.string(),
        wave: z.number().int(),
        state: z.string(),
        failureClass: z.string(),
        message: z.string(),
        startedAt: at.nullable(),
        finishedAt: at.nullable(),
      }),
    ),
  })
  .openapi("EndpointHistory");
