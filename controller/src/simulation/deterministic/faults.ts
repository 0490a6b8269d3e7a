import { fail, ok, type Result } from "@breakwater/shared/core";
import { z } from "zod";

const probability = z.number().min(0, "must be a probability from 0 to 1").max(1, "must be a probability from 0 to 1").default(0);
const amount = z.number().min(0, "must not be negative").default(0);

/** Beyond these a run would be nothing but faults. */
const MOST_PER_HOUR = 3_600;
const MOST_MS = 86_400_000;

const perHour = amount.refine((n) => n <= MOST_PER_HOUR, `must be at most ${MOST_PER_HOUR}`);
const lengthMs = amount.refine((n) => n <= MOST_MS, `must be at most ${MOST_MS}`);

const faultsSchema = z.strictObject({
  controllerCrashPerHour: perHour,
  /** Expected crashes of the agent within one execution. */
  agentCrashPerExecution: amount.refine((n) => n <= 100, "must be at most 100"),
  database: z.strictObject({ failPerStatement: probability }).prefault({}),
  network: z.strictObject({ drop: probability, duplicate: probability, delayMs: lengthMs, partitionPerHour: perHour }).prefault({}),
  /** How far an endpoint's clock may be from the truth, either way. */
  clockSkewMs: lengthMs,
});

/** What goes wrong in a run, and how often. */
export type Faults = z.output<typeof faultsSchema>;

export const NO_FAULTS: Faults = faultsSchema.parse({});

export function readFaults(text: string): Result<Faults> {
  const problem = (message: string) => fail({ code: "bad-faults", message, next: "Correct the faults file." });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    return problem(`The faults are no JSON: ${cause instanceof Error ? cause.message : String(cause)}.`);
  }
  const read = faultsSchema.safeParse(json);
  if (read.success) return ok(read.data);
  const issue = read.error.issues[0];
  return problem(`The faults cannot be read: ${issue?.path.map(String).join(".") || "the file"} ${issue?.message}.`);
}
