import type { ExploitationEvidence } from "./likelihood.ts";
import { type Risk, type RiskInput, scoreFinding, usedReach } from "./score.ts";

/** What attackers would find one step further away. What does not run has nothing to be taken away. */
const STEP_BACK = {
  public: { kind: "private", if: "reachable from its own network only" },
  private: { kind: "loopback", if: "listening on loopback only" },
  loopback: { kind: "not-loaded", if: "not running" },
  loaded: { kind: "not-loaded", if: "not running" },
} as const;
const MIDDLING = 3;

/** Variants of one CVE's evidence, made once, so that their likelihood is calculated once. */
const unlisted = variant(({ facts }) => ({ facts: { ...facts, kev: null }, ransomware: false }));
const withoutExploit = variant(({ facts, ransomware }) => ({ facts: { ...facts, exploits: {} }, ransomware }));

/** The risk of a finding, with what it would be if one fact were otherwise, on the factor that the fact stands behind. */
export function scoreWithAlternatives(input: RiskInput): Risk {
  const { risk, factors } = scoreFinding(input);
  const alternatives = new Map<string, { readonly if: string; readonly risk: number }>();
  const what = (factor: string, condition: string, changed: Partial<RiskInput>) =>
    alternatives.set(factor, { if: condition, risk: scoreFinding({ ...input, ...changed }).risk });
  const { exploitation, reach, criticality, dependents } = input;
  if (exploitation.facts.kev !== null) what("known exploited", "not known to be exploited", { exploitation: unlisted(exploitation) });
  if (Object.keys(exploitation.facts.exploits).length > 0)
    what("public exploit", "without a public exploit", { exploitation: withoutExploit(exploitation) });
  const used = usedReach(reach);
  if (used in STEP_BACK) {
    const back = STEP_BACK[used as keyof typeof STEP_BACK];
    const name = reach.kind === "unknown" ? "exposure (declared)" : "exposure";
    what(name, (used === "public" && reach.without) || back.if, { reach: { ...reach, kind: back.kind } });
  }
  if (criticality > MIDDLING) what("criticality", `on an endpoint of criticality ${MIDDLING}`, { criticality: MIDDLING });
  if (dependents > 0) what("dependents", "without dependents", { dependents: 0 });
  return {
    risk,
    factors: factors.map((factor) => {
      const otherwise = alternatives.get(factor.name);
      return otherwise ? { ...factor, otherwise } : factor;
    }),
  };
}

function variant(change: (evidence: ExploitationEvidence) => ExploitationEvidence) {
  const made = new WeakMap<ExploitationEvidence, ExploitationEvidence>();
  return (evidence: ExploitationEvidence): ExploitationEvidence => {
    const known = made.get(evidence) ?? change(evidence);
    made.set(evidence, known);
    return known;
  };
}
