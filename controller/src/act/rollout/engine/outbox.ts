import { addMs, formatInstant, type Instant } from "@breakwater/shared/core";
import { and, eq, inArray, sql } from "drizzle-orm";
import { z } from "zod";
import { approvalOf } from "../../../decide/planning/index.ts";
import { type Db, rowsOf, schema } from "../../../store/index.ts";
import { type Effect, type RolloutState, rollbackExecutionId } from "../core/index.ts";
import { encodeOutboxCommand, type OutboxCommand, outboxApproval } from "../outbox-command.ts";
import { chunks } from "./rows.ts";

const { commandOutbox, planAction, planApproval } = schema;

/** A cancel or a rollback is true for as long as the endpoint may come back: it waits this long for it. */
const STANDING_COMMAND_MS = 90 * 86_400_000;

type Delivery = Extract<Effect, { kind: "send" | "withdraw" }>;

/** Makes the outbox what the state says it must be. Repeating it changes nothing. */
export async function settleOutbox(
  tx: Db,
  state: RolloutState,
  effects: readonly Effect[],
  notAfter: ReadonlyMap<string, Instant>,
  now: Instant,
): Promise<void> {
  const deliveries = effects.filter((e): e is Delivery => e.kind === "send" || e.kind === "withdraw");
  await withdraw(
    tx,
    deliveries.filter((e) => e.kind === "withdraw"),
    now,
  );
  const sends = deliveries.filter((e) => e.kind === "send" && !(e.command === "apply" && e.execution.state !== "queued"));
  if (sends.length === 0) return;
  const payload = await payloads(tx, state, sends, notAfter, now);
  const rows = sends.map((send) => {
    const { endpointId } = send.execution;
    const until = send.command === "apply" ? (notAfter.get(endpointId) ?? state.expiresAt) : addMs(now, STANDING_COMMAND_MS);
    return {
      executionId: rowId(send),
      endpointId,
      kind: send.command,
      payload: encodeOutboxCommand(payload(send)),
      createdAt: formatInstant(now),
      notAfter: formatInstant(until),
    };
  });
  for (const part of chunks(rows)) await tx.insert(commandOutbox).values(part).onConflictDoNothing();
}

const rowId = (e: Delivery): string => (e.command === "rollback" ? rollbackExecutionId(e.execution.id) : e.execution.id);

async function withdraw(tx: Db, effects: readonly Delivery[], now: Instant): Promise<void> {
  if (effects.length === 0) return;
  const ids = effects.map(rowId);
  const kinds = effects.map((e) => e.command);
  await tx.execute(sql`
    update command_outbox set done_at = ${formatInstant(now)}::timestamptz
    from (select unnest(${sql.param(ids)}::text[]) as execution_id, unnest(${sql.param(kinds)}::text[]) as kind) as gone
    where command_outbox.execution_id = gone.execution_id and command_outbox.kind = gone.kind and command_outbox.done_at is null`);
}

async function payloads(
  tx: Db,
  state: RolloutState,
  sends: readonly Delivery[],
  notAfter: ReadonlyMap<string, Instant>,
  now: Instant,
): Promise<(send: Delivery) => OutboxCommand> {
  const applied = sends.filter((s) => s.command === "apply").map((s) => s.execution.endpointId);
  const { planId, revision } = state.plan;
  const actions = new Map<string, { action: Uint8Array; proof: { sibling: string; siblingIsLeft: boolean }[] }>();
  for (const part of chunks(applied)) {
    const rows = await tx
      .select()
      .from(planAction)
      .where(and(eq(planAction.planId, planId), eq(planAction.revision, revision), inArray(planAction.endpointId, part)));
    for (const row of rows) actions.set(row.endpointId, row);
  }
  const signed = applied.length === 0 ? undefined : await signatures(tx, planId, revision);
  return (send) => {
    const { execution, command } = send;
    if (command === "cancel") return { kind: "cancel", reason: cut(execution.message || "The deployment was stopped.") };
    if (command === "rollback") return { kind: "rollback", ofExecutionId: execution.id, reason: cut(execution.rollback?.reason ?? "") };
    const action = actions.get(execution.endpointId);
    if (!action || !signed) throw new Error(`plan ${planId} has no action for ${execution.endpointId}`);
    return {
      kind: "apply",
      action: base64(action.action),
      planHeader: base64(signed.headerBytes),
      proof: action.proof.map((p) => ({ sibling: base64(siblingBytes(p.sibling)), siblingIsLeft: p.siblingIsLeft })),
      approvals: signed.approvals,
      notAfter: formatInstant(notAfter.get(execution.endpointId) ?? now),
    };
  };
}

async function signatures(tx: Db, planId: string, revision: number) {
  const [plan] = await tx
    .select({ headerBytes: schema.plan.headerBytes })
    .from(schema.plan)
    .where(and(eq(schema.plan.id, planId), eq(schema.plan.revision, revision)));
  if (!plan) throw new Error(`plan ${planId} revision ${revision} is gone`);
  const rows = await tx
    .select()
    .from(planApproval)
    .where(and(eq(planApproval.planId, planId), eq(planApproval.revision, revision)));
  return {
    headerBytes: plan.headerBytes,
    approvals: rows.map((a) => outboxApproval(approvalOf(a))),
  };
}

const returnedSchema = z.array(z.object({ endpoint_id: z.string() }));

/**
 * Takes out what has certainly not left yet: no replica has leased it, none has delivered it.
 * @returns the endpoints that will not hear of it
 */
export async function takeBackUnsent(tx: Db, deploymentId: string): Promise<string[]> {
  const rows = await tx.execute(sql`
    delete from command_outbox using execution
    where command_outbox.execution_id = execution.id and execution.deployment_id = ${deploymentId} and execution.state = 'queued'
      and command_outbox.kind = 'apply' and command_outbox.delivered_at is null and command_outbox.lease_until is null
      and command_outbox.done_at is null
    returning command_outbox.endpoint_id`);
  return returnedSchema.parse(rowsOf(rows)).map((r) => r.endpoint_id);
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
/** Proofs are stored as hex or base64 of 32 bytes; their lengths (64 and 44) tell which. */
export const siblingBytes = (text: string): Uint8Array => Buffer.from(text, text.length === 64 ? "hex" : "base64");
const cut = (text: string): string => text.slice(0, 2_000);
