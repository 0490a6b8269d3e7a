import { fail, formatInstant, type Instant, ok, parseInstant, type Result } from "../core/index.ts";
import { type EndpointAction, endpointActionSchema, type PlanHeader, planHeaderSchema } from "./action.ts";
import { countApprovals } from "./approvers.ts";
import { canonicalJson, sha256Hex } from "./canonical.ts";
import { type MerkleStep, merkleProofs, merkleRoot, rootFromProof } from "./merkle.ts";
import type { Approval, TrustPolicy } from "./signing.ts";

/** A plan reduced to what has to be signed and sent. `proofs[i]` belongs to `leaves[i]` belongs to the i-th endpoint id in order. */
export interface SealedPlan {
  readonly header: PlanHeader;
  readonly headerBytes: Buffer;
  readonly digest: string;
  readonly actions: ReadonlyMap<string, { readonly bytes: Buffer; readonly proof: readonly MerkleStep[] }>;
}

/** Seals a plan: orders its actions, builds the tree, and fixes the digest that approvals sign. */
export function sealPlan(
  actions: readonly EndpointAction[],
  schedule: unknown,
  header: Pick<PlanHeader, "planId" | "revision" | "notBefore" | "expiresAt">,
): SealedPlan {
  const ordered = [...actions].sort((a, b) => (a.endpointId < b.endpointId ? -1 : a.endpointId > b.endpointId ? 1 : 0));
  const leaves = ordered.map((action) => Buffer.from(canonicalJson(endpointActionSchema.parse(action)), "utf8"));
  const full: PlanHeader = planHeaderSchema.parse({
    version: 1,
    ...header,
    actionsRoot: merkleRoot(leaves).toString("hex"),
    scheduleDigest: sha256Hex(canonicalJson(schedule)),
  });
  const headerBytes = Buffer.from(canonicalJson(full), "utf8");
  const proofs = merkleProofs(leaves);
  return {
    header: full,
    headerBytes,
    digest: sha256Hex(headerBytes),
    actions: new Map(ordered.map((a, i) => [a.endpointId, { bytes: leaves[i] as Buffer, proof: proofs[i] ?? [] }])),
  };
}

/**
 * Decides on the endpoint whether a command is what people approved: the action lies in the plan, the plan is in force,
 * and enough different trusted keys have signed its digest. Pure; the caller has already compared the policy mode.
 * @param purpose A rehearsal may begin before the plan does, since it changes nothing.
 */
export function verifyCommand(
  command: {
    actionBytes: Uint8Array;
    headerBytes: Uint8Array;
    proof: readonly MerkleStep[];
    approvals: readonly Approval[];
    notAfter: string;
  },
  endpointId: string,
  trust: TrustPolicy,
  now: Instant,
  purpose: "apply" | "rehearse" = "apply",
): Result<{ action: EndpointAction; header: PlanHeader; digest: string }> {
  const action = endpointActionSchema.safeParse(parseJson(command.actionBytes));
  if (!action.success) return fail({ code: "malformed-action", message: `The action cannot be read: ${action.error.issues[0]?.message}.` });
  const header = planHeaderSchema.safeParse(parseJson(command.headerBytes));
  if (!header.success)
    return fail({ code: "malformed-plan", message: `The plan header cannot be read: ${header.error.issues[0]?.message}.` });
  if (action.data.endpointId !== endpointId)
    return fail({ code: "misaddressed", message: `The command is for ${action.data.endpointId}, this endpoint is ${endpointId}.` });
  if (action.data.planId !== header.data.planId) return fail({ code: "misaddressed", message: "The action belongs to another plan." });
  if (rootFromProof(command.actionBytes, command.proof).toString("hex") !== header.data.actionsRoot)
    return fail({ code: "not-in-plan", message: "The action is not part of the plan that was approved." });
  // A name that stands there twice, or a number that has two spellings, could read as one thing to people and as another here.
  if (!isCanonical(command.actionBytes))
    return fail({ code: "malformed-action", message: "The action is not in the one spelling that plans are written in." });
  if (!isCanonical(command.headerBytes))
    return fail({ code: "malformed-plan", message: "The plan header is not in the one spelling that plans are written in." });
  const notAfter = parseInstant(command.notAfter);
  // A clock that is off looks like a command that came too late or too early: only the two times side by side tell.
  const here = `By this endpoint's clock it is ${formatInstant(now)}; if that is wrong, set it right.`;
  if (notAfter === undefined || now > notAfter)
    return fail({ code: "expired", message: `The command expired at ${command.notAfter}. ${here}` });
  if (now > (parseInstant(header.data.expiresAt) ?? 0))
    return fail({ code: "expired", message: `The plan expired at ${header.data.expiresAt}. ${here}` });
  if (purpose === "apply" && now < (parseInstant(header.data.notBefore) ?? Number.POSITIVE_INFINITY))
    return fail({ code: "too-early", message: `The plan begins at ${header.data.notBefore}. ${here}` });
  const digest = sha256Hex(command.headerBytes);
  const purposes = purpose === "apply" ? (["approval"] as const) : (["rehearsal", "approval"] as const);
  const { persons, reasons } = countApprovals(command.approvals, digest, purposes, trust, now);
  if (trust.required < 1 || persons.size < trust.required) {
    const what = purpose === "apply" ? "approvals are" : "permissions to rehearse are";
    const why = reasons.length === 0 ? "" : ` Not counted: ${reasons.slice(0, 5).join("; ")}.`;
    return fail({
      code: "signature-missing",
      message: `${persons.size} of the ${Math.max(1, trust.required)} required ${what} signed by keys this endpoint trusts.${why}`,
      next: "Have the plan signed with a key whose public half is pinned on this endpoint.",
    });
  }
  return ok({ action: action.data, header: header.data, digest });
}

/** Whether bytes are what {@link canonicalJson} makes of what they say. */
function isCanonical(bytes: Uint8Array): boolean {
  try {
    return Buffer.from(canonicalJson(parseJson(bytes)), "utf8").equals(bytes);
  } catch {
    return false;
  }
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
}
