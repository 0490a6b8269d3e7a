/**
 * open: affected, and a fixed version exists. no-fix: affected, none exists in this release. fixed: earlier versions were
 * affected, this one has the fix. not-affected: the advisory is about this package, not about this version. ignored: a rule
 * or a person decided that it does not count. unknown: an advisory names this package, and its version or the advisory's cannot
 * be read. Only open and no-fix are findings.
 */
export type MatchState = "open" | "no-fix" | "fixed" | "not-affected" | "ignored" | "unknown";

/**
 * Why there is no fix of what is affected. esm-only: one is out, for those who have Ubuntu Pro. fixed-elsewhere: in a stream that this endpoint does not
 * get. end-of-life: support of the package or of the release is over. will-not-fix: the vendor decided against one. postponed: the vendor
 * puts it off, or leaves it to a point release. none-yet: nobody says why.
 */
export const NO_FIX_REASONS = ["esm-only", "fixed-elsewhere", "end-of-life", "will-not-fix", "postponed", "none-yet"] as const;
export type NoFixReason = (typeof NO_FIX_REASONS)[number];

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
  /** null of every state but no-fix. */
  readonly noFixBecause: NoFixReason | null;
  /** The package as the advisory names it. */
  readonly source: string;
  readonly proof: Proof;
  /** The proof alone in a list: most vulnerabilities have one advisory, and one advisory may have hundreds of them. */
  readonly alone: readonly Proof[];
}

export const vote = (
  state: MatchState,
  fixed: string | null,
  source: string,
  proof: Proof,
  noFixBecause: NoFixReason | null = state === "no-fix" ? "none-yet" : null,
): Vote => ({
  ...{ state, fixed, noFixBecause, source, proof },
  alone: [proof],
});

/** The same advisory's word, taken for another state for a reason that its proof tells as well. */
export const restated = ({ fixed, source, proof }: Vote, state: MatchState, why: string, noFixBecause?: NoFixReason): Vote =>
  vote(state, fixed, source, { ...proof, statement: `${proof.statement}; ${why}` }, noFixBecause);

/** What of several is told: a fix that is out somewhere first, then what a vendor said, then that nobody says anything. */
export const strongestReason = (votes: readonly Vote[]): NoFixReason =>
  NO_FIX_REASONS.find((reason) => votes.some((v) => v.noFixBecause === reason)) ?? "none-yet";

/**
 * Reads a vendor's own word on a range without a fix: Debian's tracker ("end-of-life", "ignored", "postponed", "no-dsa"), Ubuntu's ("ignored: ...",
 * "deferred", "needed"), Red Hat's ("will-not-fix", "out-of-support-scope", "fix-deferred", "affected") and SUSE's.
 */
export function readNoFixReason(word: string): NoFixReason {
  const said = word.toLowerCase().replace(/[\s_-]+/g, " ");
  if (/\bend of (life|support|standard support|maintenance)\b|\bout of support\b|\bend of service\b|\bunsupported\b/.test(said))
    return "end-of-life";
  if (/\bdeferred\b|\bpostponed\b|^no dsa$/.test(said)) return "postponed";
  return /^ignored\b|\bwill not fix\b|\bwontfix\b|^no fix planned$|\bnot planned\b/.test(said) ? "will-not-fix" : "none-yet";
}
