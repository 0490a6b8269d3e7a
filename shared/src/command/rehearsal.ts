import * as z from "zod";

export const REHEARSAL_VERDICTS = ["passed", "failed", "not-rehearsable"] as const;
export type RehearsalVerdict = (typeof REHEARSAL_VERDICTS)[number];
export const REHEARSAL_STEPS = ["precheck", "bytes", "boot", "baseline", "apply", "watch", "rollback", "verify-rollback"] as const;
export type RehearsalStepName = (typeof REHEARSAL_STEPS)[number];
export const STEP_OUTCOMES = ["ok", "failed", "hung", "skipped", "unfinished"] as const;
export type StepOutcome = (typeof STEP_OUTCOMES)[number];

const text = (max: number) => z.string().max(max);
const count = z.number().int().min(0);

/** The wire's RehearsalReport, every field present. Its comments say what each one means. */
export const rehearsalReportSchema = z.object({
  verdict: z.enum(REHEARSAL_VERDICTS),
  level: z.enum(["booted", "chroot", ""]),
  failureClass: text(64),
  reason: text(4_000),
  blindTo: z.array(text(500)).max(20),
  warnings: z.array(text(1_000)).max(50),
  steps: z
    .array(
      z.object({
        name: z.enum(REHEARSAL_STEPS),
        outcome: z.enum(STEP_OUTCOMES),
        seconds: z.number().min(0),
        detail: text(4_000),
        output: text(8_192),
      }),
    )
    .max(20),
  packages: z
    .array(
      z.object({
        name: text(300),
        architecture: text(64),
        before: text(300),
        wanted: text(300),
        after: text(300),
        afterRollback: text(300),
      }),
    )
    .max(2_000),
  checks: z
    .array(
      z.object({
        name: text(200),
        samplesBefore: count,
        failuresBefore: count,
        medianMsBefore: z.number(),
        samplesAfter: count,
        failuresAfter: count,
        medianMsAfter: z.number(),
        detail: text(1_000),
      }),
    )
    .max(128),
  configurationReviews: z.array(text(1_000)).max(200),
  filesOutside: z.array(text(1_000)).max(50),
  filesOutsideCount: count,
  restartedUnits: z.array(text(300)).max(500),
  cost: z.object({ seconds: z.number().min(0), cpuSeconds: z.number().min(0), diskBytes: count, memoryPeakBytes: count }),
  host: z.object({ untouched: z.boolean(), digestBefore: text(64), digestAfter: text(64), differences: z.array(text(500)).max(50) }),
});
/** What a patch did to a throw-away copy of an endpoint, and what that says of the endpoint. */
export type RehearsalReport = z.infer<typeof rehearsalReportSchema>;
