import { checkSchema, REBOOT_MODES } from "@breakwater/shared/command";
import { z } from "zod";
import { growthWishSchema, rulesFileSchema, waveApprovalSchema } from "./wish.ts";

/** One patch of the queue: a source package with all its binaries, or a single binary package. */
const patchSchema = z
  .strictObject({
    sourceName: z.string().min(1).optional(),
    packageName: z.string().min(1).optional(),
    toVersion: z.string().min(1).optional(),
  })
  .refine((p) => p.sourceName ?? p.packageName, "a patch names its source package or its package");

/** What an operator wants. Everything is optional: an empty intent asks for all pending security updates everywhere. */
export const planIntentSchema = z.strictObject({
  title: z.string().trim().min(1).max(200).optional(),
  select: z
    .strictObject({
      patches: z.array(patchSchema).max(500).optional(),
      /** Default: true when neither patches, CVEs nor a risk are chosen. */
      securityOnly: z.boolean().optional(),
      /** Endpoints that carry all of these tags. */
      tags: z.array(z.string()).max(50).optional(),
      sites: z.array(z.string()).max(50).optional(),
      endpointIds: z.array(z.string()).max(20_000).optional(),
      /** Updates that close a finding of at least this risk. */
      minRisk: z.number().min(0).max(100).optional(),
      cves: z.array(z.string()).max(500).optional(),
      /** Simulated endpoints are planned only by themselves, when asked for. */
      simulated: z.boolean().optional(),
    })
    .default({}),
  bakeMinutes: z.number().min(0).max(43_200).optional(),
  /** As bakeMinutes, for laboratories and tests; wins over it. */
  bakeMs: z.number().int().min(0).optional(),
  /** Longest watch while the verdict is undecided; three times the bake when absent. */
  bakeLimitMs: z.number().int().min(0).optional(),
  canary: z.number().int().min(0).max(1_000).optional(),
  maxConcurrent: z.number().int().min(1).max(10_000).optional(),
  errorBudget: z
    .number()
    .int()
    .min(1, "an error budget of 0 would let nothing start: it is the number of failures that ends the deployment, so 1 stops at the first")
    .max(10_000)
    .optional(),
  notBefore: z.iso.datetime({ offset: true }).optional(),
  expiresInHours: z.number().min(1).max(2_160).optional(),
  /** Probed on each endpoint besides its own checks. */
  checks: z.array(checkSchema).max(16).optional(),
  restartServices: z.boolean().optional(),
  /** Whether machines may be rebooted when the change calls for it. Each owner's own policy must allow it as well. Default: never. */
  reboot: z.enum(REBOOT_MODES).optional(),
  rollback: z.boolean().optional(),
  /** Without a rollback: how many endpoints that have no way back may be in danger at once. Default: one. */
  unrestorableAtOnce: z.number().int().min(1).max(10_000).optional(),
  onHarmful: z.enum(["pause", "rollback-wave", "rollback-deployment"]).optional(),
  /** How much rehearsals weigh; "only": the plan cannot be deployed, and endpoints that allow no more than rehearsing may be in it. */
  rehearsal: z.enum(["required", "heeded", "ignored", "only"]).optional(),
  /** Persons who have to sign: from two on, the one who proposes it is not counted. */
  approvals: z.number().int().min(1).max(9).optional(),
  /** A person opens each wave after the first. */
  approveEachWave: z.boolean().optional(),
  /** Persons, by name where it matters who, open these waves. */
  waveApprovals: z.array(waveApprovalSchema).max(50).optional(),
  /** What undoes a wave or stops it, instead of the planner's own triggers. */
  triggers: rulesFileSchema.shape.triggers,
  /** What is done when something goes wrong, instead of the planner's own tree. */
  tree: rulesFileSchema.shape.tree,
  /** Absent: fixed. */
  growth: growthWishSchema.optional(),
  /** Nobody judges the waves: each passes when its executions' own checks do. The reason is part of what is signed. */
  passOnChecks: z.strictObject({ reason: z.string().trim().min(10).max(500) }).optional(),
  /** Windows, blackouts and business events are not kept. The reason is part of what is signed. */
  ignoreWindows: z.strictObject({ reason: z.string().trim().min(10).max(500) }).optional(),
});
export type PlanIntent = z.input<typeof planIntentSchema>;
export type ReadIntent = z.output<typeof planIntentSchema>;
