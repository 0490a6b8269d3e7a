import { endpointActionSchema, REHEARSAL_STEPS, rehearsalReportSchema, STEP_OUTCOMES } from "@breakwater/shared/command";
import * as z from "zod";

const packageFile = z.object({ name: z.string(), architecture: z.string(), version: z.string(), file: z.string(), sha256: z.string() });

/** What the driver in the clone is asked to do. Paths are the machine's own, which the clone has too. */
export const orderSchema = z.object({
  level: z.enum(["booted", "chroot"]),
  action: endpointActionSchema,
  /** Packages that still have to change. */
  changes: endpointActionSchema.shape.packages,
  newFiles: z.array(packageFile),
  /** Empty when there is no way back. */
  oldFiles: z.array(packageFile),
  archives: z.string(),
  /** How long services that the change touched are watched. */
  watchMs: z.number().int().min(0),
});
export type Order = z.infer<typeof orderSchema>;

const named = z.object({ name: z.string(), architecture: z.string(), version: z.string(), status: z.string() });

/** What the driver found, rewritten after each step: whoever ends the clone, the last one stands. */
export const findingsSchema = z.object({
  steps: z.array(
    z.object({
      name: z.enum(REHEARSAL_STEPS),
      outcome: z.enum(STEP_OUTCOMES),
      seconds: z.number(),
      detail: z.string(),
      output: z.string(),
    }),
  ),
  /** Problems that make the rehearsal a failed one, the first one first. */
  problems: z.array(z.object({ failureClass: z.string(), message: z.string() })),
  warnings: z.array(z.string()),
  packagesAfter: z.array(named),
  packagesAfterRollback: z.array(named),
  checks: rehearsalReportSchema.shape.checks,
  configurationReviews: z.array(z.string()),
  filesOutside: z.array(z.string()),
  filesOutsideCount: z.number().int(),
  restartedUnits: z.array(z.string()),
  cpuSeconds: z.number(),
  diskBytes: z.number().int(),
  memoryPeakBytes: z.number().int(),
  done: z.boolean(),
});
export type Findings = z.infer<typeof findingsSchema>;

export const noFindings = (): Findings => ({
  steps: [],
  problems: [],
  warnings: [],
  packagesAfter: [],
  packagesAfterRollback: [],
  checks: [],
  configurationReviews: [],
  filesOutside: [],
  filesOutsideCount: 0,
  restartedUnits: [],
  cpuSeconds: 0,
  diskBytes: 0,
  memoryPeakBytes: 0,
  done: false,
});
