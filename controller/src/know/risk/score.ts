import { counted } from "@breakwater/shared/core";
import type { AttackVector, CvssFacts } from "./cvss.ts";
import { type RiskFactor, sumOf } from "./factor.ts";
import { type ExploitationEvidence, likelihoodOf } from "./likelihood.ts";
import type { ReachEvidence, ReachKind } from "./reach.ts";

/** Everything that the risk of one finding depends on. Unknown is null, never a low number. */
export interface RiskInput {
  readonly exploitation: ExploitationEvidence;
  readonly cvss: CvssFacts | null;
  readonly reach: ReachEvidence;
  /** 1 (expendable) to 5 (the business stops). */
  readonly criticality: number;
  /** Endpoints that cannot do their work without this one. */
  readonly dependents: number;
}

export interface Risk {
  /** 0-100: 100 x probability that attackers use it x reach x impact. */
  readonly risk: number;
  readonly factors: readonly RiskFactor[];
}

const LEAST_IMPACT = 0.05;

/** Share of attackers that get to the package. First values, by judgement; only their order is claimed. */
const REACH: Readonly<Record<Exclude<ReachKind, "unknown">, number>> = {
  public: 1,
  private: 0.4,
  loopback: 0.1,
  loaded: 0.08,
  "not-loaded": 0.005,
  "not-running-kernel": 0.002,
};
/** Where nobody declared anything either: a server is taken to be reachable from its own network. */
const UNDECLARED = "private";
const VECTOR: Readonly<Record<AttackVector, number>> = { network: 1, unknown: 1, adjacent: 0.5, local: 0.25, physical: 0.02 };
const CRITICALITY = [0.2, 0.4, 0.6, 0.8, 1] as const;

/** The risk of one finding, with its explanation. Pure: the same input has the same score on any machine. */
export function scoreFinding(input: RiskInput): Risk {
  const factors = [...likelihoodOf(input.exploitation).factors, ...reach(input), ...impact(input)];
  return { risk: Math.min(100, Math.exp(sumOf(factors))), factors };
}

/** The reach that counts: what was seen, or else what was declared, or else what is assumed. */
export const usedReach = ({ kind, declared }: ReachEvidence): Exclude<ReachKind, "unknown"> =>
  kind === "unknown" ? (declared ?? UNDECLARED) : kind;

function reach({ reach: evidence, cvss }: RiskInput): RiskFactor[] {
  const { kind, why, declared } = evidence;
  const used = usedReach(evidence);
  const reason =
    kind !== "unknown"
      ? why
      : declared
        ? `${why}; declared exposure is ${declared}`
        : `${why}, nor a declared exposure: taken to be ${UNDECLARED}`;
  const factors: RiskFactor[] = [
    { name: kind === "unknown" ? "exposure (declared)" : "exposure", effect: Math.log(REACH[used]), why: reason, value: used },
  ];
  const vector = cvss?.attackVector ?? "unknown";
  if (VECTOR[vector] !== 1) factors.push({ name: "attack vector", effect: Math.log(VECTOR[vector]), why: `needs ${vector} access (CVSS)` });
  return factors;
}

function impact({ cvss, exploitation, criticality, dependents }: RiskInput): RiskFactor[] {
  const kev = exploitation.facts.kev !== null;
  // That attackers use it says more about what it is worth than a vector does.
  const loss = kev ? 1 : Math.max(LEAST_IMPACT, cvss ? cvss.impact : 0.6);
  const why = kev
    ? "attackers use it, whatever the vector says"
    : cvss
      ? `CVSS ${cvss.baseScore}: ${percent(loss)} of the worst loss`
      : "no CVSS vector is known: a middling loss assumed";
  const level = Math.min(5, Math.max(1, Math.round(criticality)));
  const weight = CRITICALITY[level - 1] ?? 1;
  const factors: RiskFactor[] = [
    { name: "impact", effect: Math.log(loss), why },
    { name: "criticality", effect: Math.log(weight), why: `criticality ${level} of 5` },
  ];
  if (dependents > 0) {
    const raised = weight + (1 - weight) * 0.5 * (1 - Math.exp(-dependents / 10));
    factors.push({
      name: "dependents",
      effect: Math.log(raised / weight),
      why: `${counted(dependents, "endpoint depends", "endpoints depend")} on it`,
    });
  }
  return factors;
}

const percent = (p: number) => `${(p * 100).toPrecision(2)} %`.replace(/\.0 /, " ");
