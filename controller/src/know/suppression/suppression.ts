import type { Instant } from "@breakwater/shared/core";
import { z } from "zod";
import type { Decidable } from "../matching/index.ts";

/**
 * Why a finding need not be acted on: the status justifications of VEX, or that a person accepts the risk, which claims nothing of
 * the product. @see https://www.cisa.gov/sites/default/files/publications/VEX_Status_Justification_Jun22.pdf
 */
export const JUSTIFICATIONS = [
  "component_not_present",
  "vulnerable_code_not_present",
  "vulnerable_code_not_in_execute_path",
  "vulnerable_code_cannot_be_controlled_by_adversary",
  "inline_mitigations_already_exist",
] as const;
export const SUPPRESSION_JUSTIFICATIONS = [...JUSTIFICATIONS, "risk_accepted"] as const;
export type SuppressionJustification = (typeof SUPPRESSION_JUSTIFICATIONS)[number];

/** A suppression holds a year at most: what was judged longer ago is judged again. */
export const MAX_SUPPRESSION_DAYS = 366;

export const targetSchema = z.strictObject({
  ecosystem: z.string().min(1).max(20),
  kind: z.enum(["package", "source"]),
  name: z.string().min(1).max(200),
});
export const scopeSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("endpoint"), id: z.string().min(1).max(64) }),
  z.strictObject({ kind: z.literal("tag"), id: z.string().min(1).max(64) }),
  z.strictObject({ kind: z.literal("group"), id: z.string().min(1).max(64) }),
  z.strictObject({ kind: z.literal("fleet") }),
]);
/** A package as it is installed, or every package of a source, of one ecosystem: names of others mean other packages. */
export type SuppressionTarget = z.infer<typeof targetSchema>;
/** Where it holds: one endpoint, endpoints with a tag, a redundancy group, or the whole fleet. */
export type SuppressionScope = z.infer<typeof scopeSchema>;

/** A decision that one vulnerability in one package need not be acted on, somewhere and until some day. */
export interface Suppression {
  readonly id: string;
  readonly vulnerabilityId: string;
  readonly target: SuppressionTarget;
  readonly scope: SuppressionScope;
  readonly justification: SuppressionJustification;
  readonly reason: string;
  readonly createdAt: Instant;
  readonly createdBy: string;
  readonly expiresAt: Instant;
  /** Installed versions that were looked at when it was decided; no other is covered. */
  readonly versions: readonly string[];
  /** What was known of exploitation then, see `exploitationWords`; anything new ends it. */
  readonly exploitation: readonly string[];
  readonly ended: { readonly at: Instant; readonly by: string; readonly because: string } | null;
}

/** What a suppression's scope is compared with. */
export interface Placement {
  readonly tags: readonly string[];
  readonly group: string | null;
}

/** Whether it is about this package on this endpoint, whatever became of the evidence. */
export function concerns(
  s: Pick<Suppression, "vulnerabilityId" | "target" | "scope">,
  finding: Omit<Decidable, "pkg" | "exploitation" | "installedVersion">,
  placement: Placement,
): boolean {
  if (s.vulnerabilityId !== finding.vulnerabilityId) return false;
  if (s.target.ecosystem !== finding.ecosystem) return false;
  if (s.target.name !== (s.target.kind === "source" ? finding.sourceName : finding.packageName)) return false;
  switch (s.scope.kind) {
    case "endpoint":
      return s.scope.id === finding.endpointId;
    case "tag":
      return placement.tags.includes(s.scope.id);
    case "group":
      return s.scope.id === placement.group;
    case "fleet":
      return true;
  }
}

/**
 * Why it no longer covers a finding that it is about; null while it does. What is newly known of exploitation ends it everywhere;
 * another version only takes it away from where that version is.
 */
export function lapse(
  s: Suppression,
  finding: Pick<Decidable, "installedVersion" | "exploitation">,
  now: Instant,
): { readonly because: string; readonly everywhere: boolean } | null {
  if (s.ended) return { because: s.ended.because, everywhere: true };
  if (s.expiresAt <= now) return { because: "it expired", everywhere: true };
  const news = finding.exploitation().filter((word) => !s.exploitation.includes(word));
  if (news.length > 0)
    return { because: `${s.vulnerabilityId} ${news.map(tellExploitation).join(", ")} since it was decided`, everywhere: true };
  if (!s.versions.includes(finding.installedVersion))
    return {
      because: `${finding.installedVersion} is installed now, which nobody looked at when it was decided`,
      everywhere: s.scope.kind === "endpoint",
    };
  return null;
}

function tellExploitation(word: string): string {
  if (word === "kev") return "was listed as exploited (KEV)";
  if (word === "ransomware") return "was seen in ransomware campaigns";
  if (word === "ssvc:active") return "is actively exploited by CISA's statement";
  return `got a public exploit (${word.replace(/^exploit:/, "")})`;
}
