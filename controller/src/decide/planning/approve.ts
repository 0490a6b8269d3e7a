import {
  type Approval,
  approvedText,
  keyIdOf,
  type OperatorKey,
  type PasskeyBinding,
  planHeaderSchema,
  sha256Hex,
  signatureProblem,
} from "@breakwater/shared/command";
import { fail, formatInstant, type Instant, ok, parseInstant, type Result } from "@breakwater/shared/core";

/** What an approval is judged by. */
export interface ApprovalCase {
  readonly plan: {
    readonly id: string;
    readonly revision: number;
    readonly state: string;
    readonly headerBytes: Uint8Array;
    readonly digest: string;
  };
  readonly latestRevision: number;
  readonly key:
    | { readonly publicKey: Uint8Array; readonly passkey: PasskeyBinding | null; readonly owner: string; readonly revokedAt: string | null }
    | undefined;
  readonly approval: Approval;
  readonly now: Instant;
}

/**
 * Whether enough persons have signed. One person's two keys are one person; where more than one has to sign, the one who
 * proposed the plan is none of them (four eyes).
 * @returns undefined when there are enough, else how many are still missing
 */
export function missingApprovals(required: number, proposedBy: string, owners: readonly string[]): number | undefined {
  const counted = new Set(owners.filter((owner) => required < 2 || `user:${owner}` !== proposedBy));
  return counted.size >= required ? undefined : required - counted.size;
}

/** Whether a signature approves this revision of the plan, as it is stored now. Pure. */
export function judgeApproval({ plan, latestRevision, key, approval, now }: ApprovalCase): Result<void> {
  const name = `${plan.id} revision ${plan.revision}`;
  if (plan.revision !== latestRevision || plan.state === "superseded")
    return fail({
      code: "plan-superseded",
      message: `Plan ${name} was replaced by revision ${latestRevision}.`,
      next: "Read and approve the newest revision.",
    });
  if (plan.state !== "draft" && plan.state !== "approved")
    return fail({ code: "plan-not-open", message: `Plan ${name} is ${plan.state}; it takes no approval.`, next: "Propose a new plan." });
  const header = planHeaderSchema.safeParse(JSON.parse(Buffer.from(plan.headerBytes).toString("utf8")));
  if (!header.success || sha256Hex(plan.headerBytes) !== plan.digest)
    return fail({
      code: "plan-damaged",
      message: `What is stored of plan ${name} does not match its digest.`,
      next: "Propose the plan again, and find out who changed the store.",
    });
  const expiresAt = parseInstant(header.data.expiresAt);
  if (expiresAt === undefined || now > expiresAt)
    return fail({
      code: "plan-expired",
      message: `Plan ${name} expired at ${header.data.expiresAt}.`,
      next: "Propose it again: the fleet has moved on.",
    });
  if (!key)
    return fail({
      code: "unknown-approval-key",
      message: `The key ${approval.keyId} is not registered.`,
      next: "Register its public half first.",
    });
  if (key.revokedAt !== null)
    return fail({
      code: "approval-key-revoked",
      message: `The key ${approval.keyId} was revoked at ${formatInstant(Date.parse(key.revokedAt) as Instant)}.`,
      next: "Sign with another key.",
    });
  const problem =
    keyIdOf(key.publicKey) === approval.keyId
      ? approvalProblem(keyOf(approval.keyId, key), approval, plan.digest, now)
      : "it is another key's";
  if (problem !== undefined)
    return fail({
      code: "bad-signature",
      message: `This does not approve plan ${name} (${plan.digest.slice(0, 12)}...) by the key ${approval.keyId}: ${problem}.`,
      next: "Sign the digest that is shown for exactly this revision.",
    });
  return ok(undefined);
}

/** A stored row as the key that endpoints pin. */
export const keyOf = (
  keyId: string,
  { publicKey, passkey, owner }: { publicKey: Uint8Array; passkey: PasskeyBinding | null; owner: string },
): OperatorKey => ({ keyId, publicKey, owner, ...(passkey ? { passkey: { rpId: passkey.rpId, origin: passkey.origin } } : {}) });

/** Why an approval does not count now; undefined when it does. */
export function approvalProblem(key: OperatorKey, approval: Approval, planDigest: string, now: Instant): string | undefined {
  if (approval.expiresAt !== undefined) {
    const [at, expiresAt] = [parseInstant(approval.at), parseInstant(approval.expiresAt)];
    // What is stored is a moment and no text, so the text that was signed must be the one spelling of it.
    if (at === undefined || formatInstant(at) !== approval.at || expiresAt === undefined || formatInstant(expiresAt) !== approval.expiresAt)
      return "its times are not written as in 2026-03-01T09:00:00.000Z";
    if (now > expiresAt) return `it expired at ${approval.expiresAt}`;
  }
  return signatureProblem(key, approvedText("approval", planDigest, approval), approval);
}
