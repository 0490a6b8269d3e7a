import { endpointActionSchema, FAILURE_CLASSES } from "@breakwater/shared/command";
import * as z from "zod";
import { applyRequestSchema, executionIdSchema, executionReportSchema } from "../executor/protocol.ts";

const at = z.string();
const failureClass = z.enum(FAILURE_CLASSES);
const file = z.object({ name: z.string(), architecture: z.string(), version: z.string(), file: z.string(), sha256: z.string() });
const packageBefore = z.object({ name: z.string(), architecture: z.string(), version: z.string(), status: z.string() });
const named = z.object({ name: z.string(), architecture: z.string() });
const direction = z.enum(["apply", "restore"]);
const hook = z.object({ name: z.string(), exit: z.string(), seconds: z.number(), output: z.string() });
const unitBefore = z.object({ unit: z.string(), restarts: z.number() });

/** What a transaction unit is for. "repair" mends dpkg, whoever broke it. */
export const PURPOSES = ["apply", "restore", "repair"] as const;
export type Purpose = (typeof PURPOSES)[number];

/** Each is written and synced before the step that it announces, or right after the fact that it holds. */
export const recordSchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("apply-received"),
    at,
    executionId: executionIdSchema,
    request: applyRequestSchema.omit({ id: true, op: true, executionId: true }),
    action: endpointActionSchema,
    /** Hex digest of the plan that was approved, and when it stops being in force. */
    planDigest: z.string(),
    planExpiresAt: z.string(),
  }),
  z.object({
    kind: z.literal("rollback-received"),
    at,
    executionId: executionIdSchema,
    ofExecutionId: executionIdSchema,
    reason: z.string(),
    /** The action whose change is undone, and the bytes it kept. */
    action: endpointActionSchema,
    kept: z.array(file),
    before: z.array(packageBefore),
    /** Packages that the change brought and that were not there before it. A journal of before knows none. */
    brought: z.array(named).default([]),
    /** The change rebooted the machine, so going back may have to. */
    rebooted: z.boolean().default(false),
    /** The owner's drain hooks are to run before it. */
    drain: z.boolean().optional(),
  }),
  z.object({
    kind: z.literal("prechecked"),
    at,
    before: z.array(packageBefore),
    /** Packages that still have to change; those that are there already are left out. */
    changes: z.array(
      z.object({ manager: z.enum(["apt", "dnf", "zypper"]), name: z.string(), architecture: z.string(), from: z.string(), to: z.string() }),
    ),
    unitsBefore: z.array(unitBefore),
    /** All packages of the machine as "name:architecture=version", so that a change nobody approved is seen. */
    machineBefore: z.array(z.string()),
    reviewsBefore: z.array(z.string()),
    /** Where the plan may reboot: why a bad kernel could not be fallen back from; empty when it could, or it may not. */
    kernelNote: z.string().default(""),
    /** Network interfaces that were up. A journal of before says none. */
    linksBefore: z.array(z.string()).default([]),
    /** The owner's drain hooks are to run before the change. */
    drain: z.boolean().optional(),
  }),
  /** On disk before scripts are kept from starting services: whoever reads it knows what to start, and what to take away. */
  z.object({
    kind: z.literal("starts-deferred"),
    at,
    /** The owner's patterns, in his order. */
    services: z.array(z.string()),
    /** Units that were up: those he named, and the rest. */
    up: z.array(z.string()),
    others: z.array(z.string()),
    logOffset: z.number().int(),
  }),
  z.object({ kind: z.literal("deferred-started"), at, units: z.array(z.string()), notes: z.array(z.string()) }),
  z.object({ kind: z.literal("prefetched"), at, files: z.array(file) }),
  z.object({
    kind: z.literal("kept"),
    at,
    files: z.array(file.extend({ source: z.string() })),
    reversible: z.boolean(),
    why: z.string(),
    /** Of the root file system: where it is, or why there is none; both empty where nobody would expect one. */
    snapshot: z.object({ path: z.string(), why: z.string() }).optional(),
  }),
  /** Kept bytes are not what was kept, and the same cannot be had again; or going back would do more than go back, by its class. */
  z.object({ kind: z.literal("kept-damaged"), at, problem: z.string(), failureClass: failureClass.optional() }),
  /** Packages that the change brought and that stay when it goes back. */
  z.object({ kind: z.literal("brought-stays"), at, packages: z.array(named), why: z.string() }),
  z.object({
    kind: z.literal("transaction-began"),
    at,
    purpose: z.enum(PURPOSES),
    number: z.number().int(),
    unit: z.string(),
    /** Rung of the ladder when it is a repair. */
    rung: z.number().int(),
    argv: z.array(z.string()),
    logOffset: z.number().int(),
  }),
  /** `exit` is null when nobody saw it end: a power cut, or the unit was lost. */
  z.object({
    kind: z.literal("transaction-ended"),
    at,
    number: z.number().int(),
    exit: z.string().nullable(),
    /** Scripts that failed of versions that came all the same. Not told by journals of before. */
    failedScripts: z.array(z.string()).optional(),
  }),
  /** A rung of the repair ladder that does not apply now. */
  z.object({ kind: z.literal("repair-skipped"), at, rung: z.number().int() }),
  z.object({
    kind: z.literal("observed"),
    at,
    healthy: z.boolean(),
    problems: z.array(z.string()),
    /** Packages of the action now. */
    packages: z.array(packageBefore),
  }),
  z.object({ kind: z.literal("failing"), at, failureClass, message: z.string(), output: z.string() }),
  z.object({ kind: z.literal("cancel-asked"), at, reason: z.string() }),
  z.object({
    kind: z.literal("restarted"),
    at,
    after: direction,
    units: z.array(z.string()),
    notes: z.array(z.string()),
  }),
  /** What was found once the change stood: whether the machine has to be rebooted for it, and whether it may. */
  z.object({
    kind: z.literal("reboot-weighed"),
    at,
    after: direction,
    reasons: z.array(z.string()),
    decision: z.enum(["reboot", "not-needed", "not-allowed"]),
    why: z.string(),
    /** Boot in which it was weighed: in another one it is weighed anew. */
    bootId: z.string(),
  }),
  /** Hooks of the machine's owner ended. "drain" before a reboot or a change, "undrain" when the machine may serve again. */
  z.object({
    kind: z.literal("hooks-ran"),
    at,
    phase: z.enum(["drain", "undrain"]),
    passed: z.boolean(),
    hooks: z.array(hook),
    problem: z.string(),
  }),
  /** On disk before systemd is asked: whoever reads it in another boot knows that the machine went down for this. */
  z.object({
    kind: z.literal("reboot-began"),
    at,
    after: direction,
    bootId: z.string(),
    limitMs: z.number().int(),
    kernel: z.object({
      running: z.string(),
      next: z.string(),
      /** The old kernel's entry that is the default meanwhile, the new one's that is booted once, and the default of before; all empty without a fallback. */
      keep: z.string(),
      once: z.string(),
      before: z.string(),
      why: z.string(),
    }),
  }),
  z.object({
    kind: z.literal("reboot-ended"),
    at,
    after: direction,
    booted: z.boolean(),
    bootId: z.string(),
    kernel: z.string(),
    why: z.string(),
  }),
  /** On disk before each time that systemd is asked: a machine which cannot tell its boots apart is not taken down for ever. */
  z.object({ kind: z.literal("reboot-asked"), at, after: direction }),
  /** The new kernel was made the default, now that the machine is well with it. */
  z.object({ kind: z.literal("kernel-kept"), at, entry: z.string(), problem: z.string() }),
  z.object({
    kind: z.literal("verified"),
    at,
    of: direction,
    passed: z.boolean(),
    notes: z.array(z.string()),
    checks: executionReportSchema.shape.checks,
  }),
  z.object({ kind: z.literal("contact-awaited"), at, limitMs: z.number() }),
  z.object({ kind: z.literal("contact-seen"), at }),
  /** The network as it was meant to be before, after going back because nobody could be reached. */
  z.object({ kind: z.literal("reconnected"), at, notes: z.array(z.string()) }),
  z.object({ kind: z.literal("avoided"), at, file: z.string(), expires: z.string() }),
  z.object({ kind: z.literal("report"), at, report: executionReportSchema }),
]);
export type JournalRecord = z.infer<typeof recordSchema>;
export type RecordOf<K extends JournalRecord["kind"]> = Extract<JournalRecord, { kind: K }>;
