/** What of an approval decides who can check it. */
export interface Countable {
  readonly keyId: string;
  readonly passkey: boolean;
  /** null: it counts for as long as the plan. */
  readonly expiresAt: string | null;
}
/** What an endpoint said of itself that decides which approvals it can count. */
export interface Verifier {
  readonly endpointId: string;
  readonly hostname: string;
  readonly capabilities: readonly string[];
  readonly pinnedKeyIds: readonly string[];
}

/**
 * Endpoints that would count none of a plan's approvals, each with the reason: their keys are not pinned there, or the agent
 * is of an elder generation that cannot check what was signed. How many its owner requires is known to the endpoint alone.
 */
export function uncounted(
  approvals: readonly Countable[],
  endpoints: readonly Verifier[],
): { endpointId: string; hostname: string; why: string }[] {
  if (approvals.length === 0) return [];
  return endpoints.flatMap(({ endpointId, hostname, ...can }) => {
    const reasons = approvals.map((a) => objection(a, can));
    return reasons.every((r) => r !== undefined) ? [{ endpointId, hostname, why: `${[...new Set(reasons)].join("; ")}.` }] : [];
  });
}

function objection(a: Countable, { capabilities, pinnedKeyIds }: Pick<Verifier, "capabilities" | "pinnedKeyIds">): string | undefined {
  if (a.passkey && !capabilities.includes("passkey")) return "its agent is too old to check a passkey";
  if (a.expiresAt && !capabilities.includes("approval-expiry")) return "its agent is too old to check an approval that expires";
  return pinnedKeyIds.includes(a.keyId) ? undefined : `the key ${a.keyId} is not pinned there`;
}
