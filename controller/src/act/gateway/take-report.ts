import { AGENT_EXECUTION_STATES, REHEARSAL_STATES, rehearsalReportSchema } from "@breakwater/shared/command";
import { type Clock, fail, formatInstant, ok, type Problem, parseInstant, type Result } from "@breakwater/shared/core";
import type { ExecutionReport__Output } from "@breakwater/shared/wire";
import { and, eq, inArray, isNull, type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, recordEvents, schema } from "../../store/index.ts";
import { settleRehearsal } from "../rehearsal/index.ts";

const { commandOutbox, execution, executionReport } = schema;
const line = z.string().max(1_000);

/** Agents keep output to 16 KiB and their own lists to the limits of a command; twice that is generous, more is not theirs. */
const reportSchema = z.object({
  executionId: z.string().min(1).max(64),
  step: z.number().int().min(1).max(100_000),
  state: z.enum([...AGENT_EXECUTION_STATES, ...REHEARSAL_STATES]),
  at: z.string().refine((text) => parseInstant(text) !== undefined, "not RFC 3339"),
  failureClass: z.string().max(64),
  message: z.string().max(8_000),
  output: z.string().max(32_768),
  packages: z.array(z.object({ name: line, architecture: line, before: line, wanted: line, after: line, status: line })).max(4_000),
  checks: z.array(z.object({ name: line, passed: z.boolean(), detail: z.string().max(8_000), latencyMs: z.number() })).max(128),
  packageManagerHealth: line,
  terminal: z.boolean(),
  journalDigest: line,
  /** In the last report of a rehearsal. */
  rehearsal: rehearsalReportSchema.nullish(),
});
/** One step of an execution as it is stored in `execution_report.data`. */
export type StoredReport = z.infer<typeof reportSchema>;

export interface TakenReport {
  /** "duplicate": the step was here already; the first telling stands. */
  readonly stored: "new" | "duplicate";
  readonly terminal: boolean;
}

/**
 * Takes in one report of an endpoint, once however often it comes, and ends the delivery of the command that it answers,
 * in one transaction. Acknowledge only after this has returned. Needs no gRPC: simulated endpoints report through it too.
 *
 * Problems: `malformed`, `foreign-execution` (it runs on another endpoint), `execution-unknown` (nobody here knows it;
 * told as `execution.orphaned`, so that it can be acknowledged and forgotten without being lost).
 */
export async function takeExecutionReport(
  db: Db,
  clock: Clock,
  endpointId: string,
  report: ExecutionReport__Output,
): Promise<Result<TakenReport>> {
  const parsed = reportSchema.safeParse(report);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return fail({ code: "malformed", message: `The report cannot be used: ${issue?.path.join(".")}: ${issue?.message}.` });
  }
  const data = parsed.data;
  return db.transaction(async (tx): Promise<Result<TakenReport>> => {
    const owned = await ownership(tx as Db, clock, endpointId, data);
    if (!owned.ok) return owned;
    const inserted = await insertReport(tx as Db, clock, endpointId, data);
    await endDelivery(tx as Db, clock, endpointId, data.executionId, data.terminal ? undefined : ["apply", "rollback", "rehearse"]);
    return ok({ stored: inserted ? "new" : "duplicate", terminal: data.terminal });
  });
}

/**
 * Takes in that an agent would not begin. For a command that has no report yet this is the execution's end, as step 1 in
 * state `refused`. An agent that refuses a repetition ("replayed") or a cancel only ends the delivery: the execution's own
 * reports say what became of it, and their steps are the agent's to count.
 */
export async function takeRefusal(
  db: Db,
  clock: Clock,
  endpointId: string,
  refused: { readonly executionId: string; readonly code: string; readonly message: string },
): Promise<Result<TakenReport>> {
  return db.transaction(async (tx): Promise<Result<TakenReport>> => {
    const at = clock.now();
    const report: StoredReport = {
      executionId: refused.executionId.slice(0, 64),
      step: 1,
      state: "refused",
      at: formatInstant(at),
      failureClass: refused.code.slice(0, 64),
      message: refused.message.slice(0, 8_000),
      output: "",
      packages: [],
      checks: [],
      packageManagerHealth: "",
      terminal: true,
      journalDigest: "",
    };
    const owned = await ownership(tx as Db, clock, endpointId, report);
    if (!owned.ok) return owned;
    const [earlier] = await tx
      .select({ step: executionReport.step })
      .from(executionReport)
      .where(eq(executionReport.executionId, report.executionId))
      .limit(1);
    const ends = earlier === undefined && refused.code !== "replayed";
    if (ends) await insertReport(tx as Db, clock, endpointId, report);
    else
      await recordEvents(tx as Db, [
        {
          at,
          type: "command.refused",
          actor: `endpoint:${endpointId}`,
          subject: `execution:${report.executionId}`,
          data: { code: report.failureClass, message: report.message },
        },
      ]);
    await endDelivery(tx as Db, clock, endpointId, report.executionId);
    return ok({ stored: ends ? "new" : "duplicate", terminal: ends });
  });
}

/** Which of these executions have a terminal report here: their endpoints may forget them. */
export async function endedExecutions(db: Db, executionIds: readonly string[]): Promise<string[]> {
  if (executionIds.length === 0) return [];
  const rows = await db
    .selectDistinct({ id: executionReport.executionId })
    .from(executionReport)
    .where(and(inArray(executionReport.executionId, [...executionIds]), sql`${executionReport.data}->>'terminal' = 'true'`));
  return rows.map((r) => r.id);
}

async function ownership(tx: Db, clock: Clock, endpointId: string, report: StoredReport): Promise<Result<null>> {
  const { executionId } = report;
  const [row] = await tx.select({ owner: execution.endpointId }).from(execution).where(eq(execution.id, executionId));
  const [sent] = row
    ? [row]
    : await tx.select({ owner: commandOutbox.endpointId }).from(commandOutbox).where(eq(commandOutbox.executionId, executionId)).limit(1);
  if (sent?.owner === endpointId) return ok(null);
  if (sent) return fail(foreign(executionId));
  await recordEvents(tx, [
    {
      at: clock.now(),
      type: "execution.orphaned",
      actor: `endpoint:${endpointId}`,
      subject: `execution:${executionId}`,
      data: { ...report, output: report.output.slice(0, 2_000), packages: report.packages.slice(0, 100) },
    },
  ]);
  return fail({ code: "execution-unknown", message: `Nobody here knows execution ${executionId}.` });
}

const foreign = (executionId: string): Problem => ({
  code: "foreign-execution",
  message: `Execution ${executionId} runs on another endpoint.`,
  next: "Revoke this endpoint's certificate if its agent was not meant to say so.",
});

async function insertReport(tx: Db, clock: Clock, endpointId: string, report: StoredReport): Promise<boolean> {
  const { executionId, step, state } = report;
  const inserted = await tx
    .insert(executionReport)
    .values({ executionId, step, state, at: report.at, data: report })
    .onConflictDoNothing()
    .returning({ step: executionReport.step });
  if (inserted.length === 0) return false;
  await settleRehearsal(tx, clock.now(), endpointId, report);
  await recordEvents(tx, [
    {
      at: clock.now(),
      type: "execution.reported",
      actor: `endpoint:${endpointId}`,
      subject: `execution:${executionId}`,
      data: { executionId, endpointId, step, state, failureClass: report.failureClass, terminal: report.terminal },
    },
  ]);
  return true;
}

/** A command has arrived once its execution speaks; a cancel, once its execution has ended. */
async function endDelivery(tx: Db, clock: Clock, endpointId: string, executionId: string, kinds?: string[]): Promise<void> {
  const conditions: SQL[] = [eq(commandOutbox.executionId, executionId), eq(commandOutbox.endpointId, endpointId)];
  if (kinds) conditions.push(inArray(commandOutbox.kind, kinds));
  await tx
    .update(commandOutbox)
    .set({ doneAt: formatInstant(clock.now()), leaseUntil: null })
    .where(and(...conditions, isNull(commandOutbox.doneAt)));
}
