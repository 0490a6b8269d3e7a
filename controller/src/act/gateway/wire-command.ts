import { unreachable } from "@breakwater/shared/core";
import type { Command } from "@breakwater/shared/wire";
import { decodeOutboxCommand, type OutboxCommand } from "../rollout/index.ts";

const fromBase64 = (text: string): Buffer => Buffer.from(text, "base64");

/** A row of the outbox as the message that the agent gets. The signed bytes pass through as they were stored. */
export function wireCommand(executionId: string, payload: Uint8Array): Command {
  const command = decodeOutboxCommand(payload);
  switch (command.kind) {
    case "apply":
      return { executionId, apply: signedAction(command) };
    case "rehearse":
      return { executionId, rehearse: signedAction(command) };
    case "rollback":
      return { executionId, rollback: { ofExecutionId: command.ofExecutionId, reason: command.reason } };
    case "cancel":
      return { executionId, cancel: { reason: command.reason } };
    default:
      return unreachable(command);
  }
}

const signedAction = (command: Extract<OutboxCommand, { kind: "apply" | "rehearse" }>) => ({
  action: fromBase64(command.action),
  planHeader: fromBase64(command.planHeader),
  proof: command.proof.map((p) => ({ sibling: fromBase64(p.sibling), siblingIsLeft: p.siblingIsLeft })),
  approvals: command.approvals.map(({ assertion, signature, expiresAt, ...a }) => ({
    ...a,
    signature: fromBase64(signature),
    ...(expiresAt ? { expiresAt } : {}),
    ...(assertion
      ? { authenticatorData: fromBase64(assertion.authenticatorData), clientDataJson: fromBase64(assertion.clientDataJson) }
      : {}),
  })),
  notAfter: command.notAfter,
});
