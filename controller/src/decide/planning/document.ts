import { REBOOT_MODES } from "@breakwater/shared/command";
import { z } from "zod";

const offsetMoment = z.iso.datetime({ offset: true });
const textual = z.string().min(1);

// biome-ignore lint/suspicious/noThenProperty: the plan's contract names the field; its value is a string and is never called.
const branchSchema = z.object({ if: textual, then: textual, else: textual });

export const waveDocumentSchema = z.object({
  name: textual,
  endpoints: z.number().int().min(1),
  members: z.array(z.object({ group: textual, count: z.number().int().min(1) })).min(1),
  why: textual,
  /** Planned first start and last end of the wave's executions, with the offset of `timezone`. The bake follows. */
  start: offsetMoment,
  end: offsetMoment,
  timezone: textual,
  windowReason: textual,
  avoids: z.array(textual),
  prechecks: z.array(textual),
  dependencyChecks: z.array(textual),
  tests: z.array(z.object({ name: textual, kind: z.enum(["synthetic", "regression", "health"]), passWhen: textual })),
  bakeMinutes: z.number().min(0),
  bakeReason: textual,
  maxConcurrent: z.number().int().min(1),
  expected: z.object({
    durationMinutes: z.number().min(0),
    downtimeMinutes: z.number().min(0),
    failures: z.number().min(0),
    bandwidthBytes: z.number().int().min(0),
  }),
  businessImpact: z.object({ level: z.enum(["none", "low", "medium", "high"]), why: textual }),
  rollback: z.object({
    triggers: z.array(z.object({ metric: textual, threshold: z.number(), unit: textual, forMinutes: z.number().min(0), action: textual })),
    tree: z.array(branchSchema),
    reversible: z.boolean(),
  }),
  approvals: z.array(z.object({ role: textual, why: textual })),
  notices: z.array(z.object({ audience: textual, at: offsetMoment, channel: textual, text: textual })),
});
export type WaveDocument = z.infer<typeof waveDocumentSchema>;

/** A plan as people read it, and as `breakwater plan --json` prints it: a contract, fields are added and never renamed. */
export const planDocumentSchema = z.object({
  title: textual,
  summary: textual,
  vulnerabilities: z.array(
    z.object({
      id: textual,
      cvss: z.number().min(0).max(10).nullable(),
      product: textual,
      affected: textual,
      /** null where nobody has said which version fixes it. */
      fixedVersion: z.string().nullable(),
    }),
  ),
  risk: z.object({
    now: z.number().min(0).max(100),
    afterEachWave: z.array(z.number().min(0).max(100)),
    residual: z.number().min(0).max(100),
    /** Natural-log addends: their sum is ln(now / 100). */
    factors: z.array(z.object({ name: textual, effect: z.number(), why: textual })),
  }),
  waves: z.array(waveDocumentSchema),
  excluded: z.array(z.object({ what: textual, why: textual })),
  assumptions: z.array(textual),
  contradictions: z.array(z.object({ statement: textual, values: z.array(z.union([z.string(), z.number()])), assumed: textual })),
  alternatives: z.array(
    z.object({
      name: textual,
      finishes: offsetMoment,
      /** Endpoint-days until patched, weighted by risk / 100. */
      riskDays: z.number().min(0),
      /** Endpoints expected to be harmed: failures that need hands, and a bad version before it is noticed. */
      expectedHarm: z.number().min(0),
      tradeoff: textual,
    }),
  ),
  /** Endpoints that would be rebooted, may be, or need it and will not be. Absent in plans of before. */
  reboots: z
    .array(
      z.object({
        endpoint: textual,
        mode: z.enum(REBOOT_MODES),
        expected: z.enum(["yes", "if-asked"]),
        why: textual,
        wayBack: textual,
      }),
    )
    .default([]),
  /** What can be done before the first wave, and what a reader should know besides. */
  notes: z.array(textual),
  /** The same three figures for this plan, so that the alternatives can be compared with it. */
  cost: z.object({ finishes: offsetMoment, riskDays: z.number().min(0), expectedHarm: z.number().min(0) }),
});
export type PlanDocument = z.infer<typeof planDocumentSchema>;
