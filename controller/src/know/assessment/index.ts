import { formatInstant } from "@breakwater/shared/core";
import { type Decidable, type Decision, type Decisions, NO_DECISIONS, type Proof, type ReadDecisions } from "../matching/index.ts";
import { endSuppressions, readSuppressions, type Suppression } from "../suppression/index.ts";
import { type BelievedStatement, chooseStatement, isProduct, readBelieved } from "../vex/index.ts";
import type { Assessment, ToldStatement } from "./assessment.ts";

/**
 * What is decided of findings: a believed author's statement of not_affected or fixed first, since it is about the product itself;
 * else a suppression of ours; else what a believed statement says without changing the state (affected, under investigation).
 */
export const readAssessments: ReadDecisions = async (tx, about): Promise<Decisions> => {
  const suppressions = await readSuppressions(tx, about);
  const believed = await readBelieved(tx, about.vulnerabilityIds);
  if (suppressions.size === 0 && believed.size === 0) return NO_DECISIONS;
  return {
    of(finding) {
      const statements = (believed.get(finding.vulnerabilityId) ?? []).filter(
        (s) => (s.endpointId === null || s.endpointId === finding.endpointId) && isProduct(s.product, finding.pkg),
      );
      const { chosen, overruled } = chooseStatement(statements);
      const covered = suppressions.of(finding);
      return { decision: decide(finding, chosen, overruled, covered.suppression), lapsed: covered.lapsed };
    },
    settle: () => endSuppressions(tx, suppressions.overtaken, about.now),
  };
};

const STATE = { not_affected: "not-affected", fixed: "fixed", affected: null, under_investigation: null } as const;

function decide(
  finding: Decidable,
  chosen: BelievedStatement | null,
  overruled: readonly BelievedStatement[],
  suppression: Suppression | null,
): Decision | null {
  if (!chosen && !suppression) return null;
  const byStatement = chosen ? STATE[chosen.status] : null;
  const detail: Assessment = {
    statement: chosen && told(chosen),
    overruled: overruled.map(told),
    suppression: suppression && {
      ...{ id: suppression.id, justification: suppression.justification, reason: suppression.reason, by: suppression.createdBy },
      ...{ since: formatInstant(suppression.createdAt), until: formatInstant(suppression.expiresAt), scope: suppression.scope },
    },
  };
  return {
    state: byStatement ?? (suppression ? "suppressed" : null),
    key: [
      chosen ? `vex:${chosen.id}` : "",
      suppression?.id ?? "",
      overruled.length > 0 ? `over:${overruled.map((s) => s.id).join(",")}` : "",
    ].join("|"),
    detail,
    proofs: chosen ? [proofOf(finding, chosen)] : [],
  };
}

const told = (s: BelievedStatement): ToldStatement => ({
  ...{ status: s.status, justification: s.justification, note: s.note.slice(0, 1_000), author: s.author, rank: s.rank },
  ...{
    timestamp: formatInstant(s.timestamp),
    purl: s.purl,
    documentId: s.document.id,
    document: s.document.name,
    format: s.document.format,
  },
});

const WORDS = {
  not_affected: "is not affected by",
  fixed: "has the fix of",
  affected: "is affected by",
  under_investigation: "is being investigated for",
} as const;

function proofOf(finding: Decidable, s: BelievedStatement): Proof {
  const why = s.justification ? ` (${s.justification})` : "";
  return {
    kind: "statement",
    record: s.document.name,
    feed: s.author,
    modified: formatInstant(s.timestamp),
    statement: `${s.author} states that ${finding.packageName} ${finding.installedVersion} ${WORDS[s.status]} ${finding.vulnerabilityId}${why}, of ${s.purl}`,
  };
}
