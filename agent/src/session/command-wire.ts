import type { Command__Output } from "@breakwater/shared/wire";
import type { ApplyRequest } from "../executor/protocol.ts";

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

/** The executor's words for the wire's Apply and Rehearse. Bytes stay as they were signed. */
export function applyRequest(
  executionId: string,
  apply: NonNullable<Command__Output["apply"] | Command__Output["rehearse"]>,
): Omit<ApplyRequest, "id" | "op"> {
  return {
    executionId,
    action: base64(apply.action),
    planHeader: base64(apply.planHeader),
    proof: apply.proof.map(({ sibling, siblingIsLeft }) => ({ sibling: base64(sibling), siblingIsLeft })),
    approvals: apply.approvals.map(({ keyId, signature, approver, at }) => ({ keyId, signature: base64(signature), approver, at })),
    notAfter: apply.notAfter,
  };
}
