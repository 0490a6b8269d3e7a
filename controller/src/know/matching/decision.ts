import { type Evidence, exploitationWords } from "./evidence.ts";
import type { MatchPackage } from "./source.ts";
import type { KeptFinding } from "./still-running.ts";
import type { Proof } from "./verdict.ts";
import { type EndpointView, type ScoreMemo, type WantedFinding, wantedFindings } from "./wanted-findings.ts";

/**
 * "open" and "no-fix" are what the versions say, "restart-needed" what still runs after they were replaced. "suppressed": a person decided that it need not be acted on, for a while.
 * "not-affected" and "fixed": a believed author states so of the very version that is installed.
 */
export type DecidedState = "open" | "no-fix" | "restart-needed" | "suppressed" | "not-affected" | "fixed";

/** What a decision is about: one finding as the versions say it is. */
export interface Decidable {
  readonly endpointId: string;
  readonly ecosystem: string;
  readonly packageName: string;
  readonly sourceName: string;
  readonly vulnerabilityId: string;
  readonly installedVersion: string;
  readonly pkg: MatchPackage;
  /** What is known of exploitation, see `exploitationWords`. */
  readonly exploitation: () => readonly string[];
}

/** What people or vendors decided about a finding, over what the versions say. */
export interface Decision {
  /** The state that it puts the finding in; null where it only says something of it. */
  readonly state: "suppressed" | "not-affected" | "fixed" | null;
  /** Of the decision itself: another key is another decision. */
  readonly key: string;
  /** As stored beside the finding, for people. */
  readonly detail: unknown;
  readonly proofs: readonly Proof[];
}

export interface Decisions {
  /** `lapsed` says why a decision that was made about it no longer holds. */
  of(finding: Decidable): { readonly decision: Decision | null; readonly lapsed: string | null };
  /** Ends decisions that what was asked showed to be overtaken, in the transaction that they were read in. */
  settle(): Promise<void>;
}
export const NO_DECISIONS: Decisions = { of: () => ({ decision: null, lapsed: null }), settle: async () => {} };

/** A finding as it should stand now, decisions included. */
export interface DecidedFinding extends Omit<WantedFinding, "state" | "decision" | "lapsed"> {
  readonly state: DecidedState;
  readonly decision: Decision | null;
  readonly lapsed: string | null;
}

/** The findings of one endpoint as they should stand, see `wantedFindings`, with what was decided about each.
 * @param alive the stored ones that are not closed: of these it is looked at whether the old code still runs */
export function decidedFindings(
  view: EndpointView,
  evidence: Evidence,
  scores: ScoreMemo,
  decisions: Decisions,
  alive: readonly KeptFinding[] = [],
): Map<string, DecidedFinding> {
  const wanted = wantedFindings(view, evidence, scores, alive);
  // Nearly always: a copy of each finding would cost more than finding it.
  if (decisions === NO_DECISIONS) return wanted;
  const packages = new Map(view.installed.map(({ packageId, judged }) => [packageId, judged.pkg]));
  const all = new Map<string, DecidedFinding>();
  for (const [key, finding] of wanted) {
    const pkg = finding.pkg ?? packages.get(finding.packageId);
    if (!pkg) throw new Error(`a finding of package ${finding.packageId}, which is not installed`);
    const { packageName, sourceName, vulnerabilityId, installedVersion } = finding;
    const { decision, lapsed } = decisions.of({
      ...{ endpointId: view.endpointId, ecosystem: pkg.ecosystem, packageName, sourceName, vulnerabilityId, installedVersion, pkg },
      exploitation: () => exploitationWords(evidence.get(vulnerabilityId)),
    });
    if (decision === null && lapsed === null) {
      all.set(key, finding);
      continue;
    }
    const proofs = decision === null || decision.proofs.length === 0 ? finding.proofs : [...decision.proofs, ...finding.proofs];
    all.set(key, { ...finding, state: decision?.state ?? finding.state, proofs, decision, lapsed });
  }
  return all;
}

/** Whether a decision keeps it out of what is open. */
export const isSetAside = (finding: DecidedFinding): boolean => finding.decision !== null && finding.decision.state !== null;
