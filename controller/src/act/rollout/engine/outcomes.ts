import { type EndpointAction, endpointActionSchema } from "@breakwater/shared/command";
import { formatInstant, type Instant } from "@breakwater/shared/core";
import { and, eq, inArray, sql } from "drizzle-orm";
import { type Db, schema } from "../../../store/index.ts";
import { type Execution, isInFlight, type RolloutState } from "../core/index.ts";
import { chunks } from "./rows.ts";

const { outcome, planAction } = schema;

/** Writes what executions that ended have taught; one that is taken back later is written again. */
export async function writeOutcomes(tx: Db, state: RolloutState, touched: readonly Execution[], now: Instant): Promise<void> {
  const ended = touched.filter((e) => e.startedAt !== undefined && !isInFlight(e.state) && e.state !== "cancelled");
  if (ended.length === 0) return;
  const packages = await packagesOf(
    tx,
    state,
    ended.map((e) => e.endpointId),
  );
  const rows = ended.map((e) => ({
    executionId: e.id,
    endpointId: e.endpointId,
    deploymentId: state.deploymentId,
    at: formatInstant(now),
    result: e.state,
    failureClass: e.failureClass,
    durationMs: (e.finishedAt ?? now) - (e.startedAt ?? now),
    rolledBack: e.state === "rolled-back",
    packages: packages.get(e.endpointId) ?? [],
  }));
  for (const part of chunks(rows))
    await tx
      .insert(outcome)
      .values(part)
      .onConflictDoUpdate({
        target: outcome.executionId,
        set: {
          at: sql`excluded.at`,
          result: sql`excluded.result`,
          failureClass: sql`excluded.failure_class`,
          rolledBack: sql`excluded.rolled_back`,
          // How long the patch took is known from its first end; being taken back later does not lengthen it.
          durationMs: sql`case when outcome.result = 'unreachable' then excluded.duration_ms else outcome.duration_ms end`,
        },
      });
}

async function packagesOf(tx: Db, state: RolloutState, endpointIds: readonly string[]): Promise<Map<string, EndpointAction["packages"]>> {
  const found = new Map<string, EndpointAction["packages"]>();
  for (const part of chunks(endpointIds)) {
    const rows = await tx
      .select({ endpointId: planAction.endpointId, action: planAction.action })
      .from(planAction)
      .where(
        and(eq(planAction.planId, state.plan.planId), eq(planAction.revision, state.plan.revision), inArray(planAction.endpointId, part)),
      );
    for (const row of rows) found.set(row.endpointId, readAction(row.action).packages);
  }
  return found;
}

export const readAction = (bytes: Uint8Array): EndpointAction =>
  endpointActionSchema.parse(JSON.parse(Buffer.from(bytes).toString("utf8")));
