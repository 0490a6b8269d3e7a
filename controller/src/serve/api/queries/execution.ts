import { sql } from "drizzle-orm";
import { z } from "zod";
import { rollbackExecutionId } from "../../../act/rollout/index.ts";
import type { Db } from "../../../store/index.ts";
import { notFound } from "../problems.ts";
import { cellState, type executionSchema } from "../schemas/index.ts";
import { int, json, moment, momentOrNull, select } from "./select.ts";

const row = z.object({
  id: z.string(),
  deploymentId: z.string(),
  endpointId: z.string(),
  hostname: z.string(),
  wave: int,
  state: cellState,
  failureClass: z.string(),
  message: z.string(),
  startedAt: momentOrNull,
  finishedAt: momentOrNull,
});
const text = z.string().catch("");
const reportData = z
  .object({
    failureClass: text,
    message: text,
    output: text,
    packages: z.array(z.unknown()).catch([]),
    checks: z.array(z.unknown()).catch([]),
    packageManagerHealth: text,
  })
  .catch({ failureClass: "", message: "", output: "", packages: [], checks: [], packageManagerHealth: "" });
const reportRow = z.object({ executionId: z.string(), step: int, at: moment, state: z.string(), data: json(reportData) });
/** An execution has a dozen steps; an agent that sends thousands is not shown in full. */
const MAX_REPORTS = 500;

/** One endpoint's run with what it reported, step by step, and the steps of its rollback after them. @throws not-found */
export async function readExecution(db: Db, deploymentId: string, executionId: string): Promise<z.infer<typeof executionSchema>> {
  const [found] = await select(
    db,
    row,
    sql`select x.id, x.deployment_id as "deploymentId", x.endpoint_id as "endpointId", coalesce(e.hostname, x.endpoint_id) as hostname, x.wave, x.state,
      x.failure_class as "failureClass", x.message, x.started_at as "startedAt", x.finished_at as "finishedAt"
      from execution x left join endpoint e on e.id = x.endpoint_id where x.id = ${executionId} and x.deployment_id = ${deploymentId}`,
  );
  if (!found) throw notFound("execution", executionId);
  const rollbackId = rollbackExecutionId(executionId);
  const reports = await select(
    db,
    reportRow,
    sql`select execution_id as "executionId", step, at, state, data from execution_report
      where execution_id in (${executionId}, ${rollbackId}) order by execution_id = ${rollbackId}, step limit ${MAX_REPORTS}`,
  );
  return {
    ...found,
    reports: reports.map(({ executionId: of, data, ...report }) => ({ ...report, ...data, of: of === rollbackId ? "rollback" : "apply" })),
  };
}
