import type { Approval } from "@breakwater/shared/command";
import { z } from "zod";

const reason = z.string().max(2_000);

const signedAction = z.strictObject({
  kind: z.literal("apply"),
  /** Base64 of the canonical JSON of the EndpointAction: exactly the bytes that lie in the plan's tree. */
  action: z.base64(),
  /** Base64 of the canonical JSON of the PlanHeader, whose digest the approvals sign. */
  planHeader: z.base64(),
  /** Siblings from the leaf upwards, base64 of 32 bytes each. */
  proof: z.array(z.strictObject({ sibling: z.base64(), siblingIsLeft: z.boolean() })).max(64),
  /** Signatures are base64 of 64 bytes, passkeys' of up to 72. */
  approvals: z
    .array(
      z.strictObject({
        keyId: z.string(),
        signature: z.base64(),
        approver: z.string(),
        at: z.string(),
        expiresAt: z.string().optional(),
        assertion: z.strictObject({ authenticatorData: z.base64(), clientDataJson: z.base64() }).optional(),
      }),
    )
    .max(64),
  /** RFC 3339. After it the agent refuses to begin. */
  notAfter: z.iso.datetime(),
});

export const outboxCommandSchema = z.discriminatedUnion("kind", [
  signedAction,
  /** The same action, on a copy of the endpoint; the signatures may be ones that allow no more than that. */
  signedAction.extend({ kind: z.literal("rehearse") }),
  z.strictObject({ kind: z.literal("rollback"), ofExecutionId: z.string(), reason }),
  z.strictObject({ kind: z.literal("cancel"), reason }),
]);
/**
 * What a row of `command_outbox` asks of an endpoint; its execution id stands in the row. A rollback runs under an
 * execution id of its own (`rollbackExecutionId`), so that its steps count from 1 and no journal mistakes it for a
 * repetition of the apply that it takes back.
 */
export type OutboxCommand = z.infer<typeof outboxCommandSchema>;

/** The bytes of `command_outbox.payload`. */
export const encodeOutboxCommand = (command: OutboxCommand): Uint8Array => Buffer.from(JSON.stringify(command), "utf8");

/** Reads `command_outbox.payload`. Throws on anything that this module did not write. */
export const decodeOutboxCommand = (payload: Uint8Array): OutboxCommand =>
  outboxCommandSchema.parse(JSON.parse(Buffer.from(payload).toString("utf8")));

/** A stored or given approval as an outbox command holds it. */
export const outboxApproval = (a: Approval) => ({
  keyId: a.keyId,
  signature: base64(a.signature),
  approver: a.approver,
  at: a.at,
  ...(a.expiresAt ? { expiresAt: a.expiresAt } : {}),
  ...(a.assertion
    ? { assertion: { authenticatorData: base64(a.assertion.authenticatorData), clientDataJson: base64(a.assertion.clientDataJson) } }
    : {}),
});

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
