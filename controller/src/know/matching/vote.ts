/**
 * open: affected, and a fixed version exists. no-fix: affected, none exists in this release. fixed: earlier versions were
 * affected, this one has the fix. not-affected: the advisory is about this package, not about this version. ignored: a rule
 * or a person decided that it does not count. unknown: an advisory names this package, and its version or the advisory's cannot
 * be read. Only open and no-fix are findings.
 */
export type MatchState = "open" | "no-fix" | "fixed" | "not-affected" | "ignored" | "unknown";

/** Why a verdict is what it is: the record, and the comparison that was made. */
export interface Proof {
  readonly kind: "advisory" | "changelog" | "statement" | "place" | "running";
  /** Id of the record or of the document, what the changelog is of, the path of what was found, or who runs it. */
  readonly record: string;
  readonly feed: string;
  /** When the record last changed. */
  readonly modified: string | null;
  readonly statement: string;
}

/** What one advisory says of one package. */
export interface Vote {
  readonly state: MatchState;
  readonly fixed: string | null;
  /** The package as the advisory names it. */
  readonly source: string;
  readonly proof: Proof;
  /** The proof alone in a list: most vulnerabilities have one advisory, and one advisory may have hundreds of them. */
  readonly alone: readonly Proof[];
}

export const vote = (state: MatchState, fixed: string | null, source: string, proof: Proof): Vote => ({
  ...{ state, fixed, source, proof },
  alone: [proof],
});

/** The same advisory's word, taken for another state for a reason that its proof tells as well. */
export const restated = ({ fixed, source, proof }: Vote, state: MatchState, why: string): Vote =>
  vote(state, fixed, source, { ...proof, statement: `${proof.statement}; ${why}` });
