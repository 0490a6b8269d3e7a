import { AGENT_EXECUTION_STATES } from "@breakwater/shared/command";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, rowsOf } from "../../../store/index.ts";
import type { RolloutCommand } from "../core/index.ts";

/** Reports taken in by one decision, so that its transaction stays short. */
const REPORTS_PER_DECISION = 2_000;

const reportRows = z.array(
  z.object({
    execution_id: z.string(),
    endpoint_id: z.string(),
    step: z.coerce.number().int(),
    state: z.enum(AGENT_EXECUTION_STATES),
    failure_class: z.string().nullable(),
    message: z.string().nullable(),
  }),
);

/** Steps that endpoints reported and the core has not seen, each execution's in order. */
export async function newReports(db: Db, deploymentId: string): Promise<RolloutCommand[]> {
  const rows = await db.execute(sql`
    select r.execution_id, e.endpoint_id, r.step, r.state, r.data->>'failureClass' as failure_class, r.data->>'message' as message
    from execution e join execution_report r on r.execution_id = e.id and r.step > e.last_step
    where e.deployment_id = ${deploymentId} order by r.execution_id, r.step limit ${REPORTS_PER_DECISION}`);
  return reportRows.parse(rowsOf(rows)).map((row) => ({
    type: "report",
    endpointId: row.endpoint_id,
    of: row.execution_id.endsWith("_rb") ? "rollback" : "apply",
    step: row.step,
    state: row.state,
    failureClass: row.failure_class ?? "",
    message: row.message ?? "",
  }));
}

const deliveredRows = z.array(z.object({ endpoint_id: z.string() }));

/** Executions whose command has reached its endpoint's stream since the core last heard. */
export async function deliveredOf(db: Db, deploymentId: string): Promise<RolloutCommand[]> {
  const rows = await db.execute(sql`
    select e.endpoint_id from execution e join command_outbox o on o.execution_id = e.id and o.kind = 'apply'
    where e.deployment_id = ${deploymentId} and e.state = 'queued' and o.delivered_at is not null`);
  return deliveredRows.parse(rowsOf(rows)).map((row) => ({ type: "delivered", endpointId: row.endpoint_id }));
}
