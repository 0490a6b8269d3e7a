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
    approvals: apply.approvals.map(approvalRequest),
    notAfter: apply.notAfter,
  };
}

const approvalRequest = (a: NonNullable<Command__Output["apply"]>["approvals"][number]) => ({
  keyId: a.keyId,
  signature: base64(a.signature),
  approver: a.approver,
  at: a.at,
  ...(a.expiresAt === "" ? {} : { expiresAt: a.expiresAt }),
  ...(a.authenticatorData.length === 0 && a.clientDataJson.length === 0
    ? {}
    : { assertion: { authenticatorData: base64(a.authenticatorData), clientDataJson: base64(a.clientDataJson) } }),
});
