import type { AttackVector, CvssFacts } from "./cvss.ts";
import type { ReachEvidence, ReachKind } from "./reach.ts";

/** Everything that the risk of one finding depends on. Unknown is null, never a low number. */
export interface RiskInput {
  /** Probability of exploitation within 30 days, 0-1, as FIRST publishes it. */
  readonly epss: number | null;
  /** Known to be exploited. */
  readonly kev: { readonly since: string | null; readonly ransomware: boolean } | null;
  /** A public exploit is known. */
  readonly publicExploit: boolean;
  readonly cvss: CvssFacts | null;
  readonly reach: ReachEvidence;
  /** 1 (expendable) to 5 (the business stops). */
  readonly criticality: number;
  /** Endpoints that cannot do their work without this one. */
  readonly dependents: number;
}

/** One addend of the logarithm of the risk. */
export interface RiskFactor {
  readonly name: string;
  /** Natural logarithm; the effects of all factors add up to ln(risk). */
  readonly effect: number;
  readonly why: string;
  /** The class that the input fell into, where there are classes: "public", "private" ... for exposure. */
  readonly value?: string;
}

export interface Risk {
  /** 0-100: 100 x probability of exploitation x reach x impact. */
  readonly risk: number;
  readonly factors: readonly RiskFactor[];
}

/** What is not known to be exploited ranks below what is, however high it is predicted. */
const MOST_WITHOUT_KEV = 0.9;
const LEAST_WITH_KEV = 0.95;
/** Added to the logit of the probability. First values, by judgement; to be fitted on past snapshots. */
const PUBLIC_EXPLOIT = 1.2;
const RANSOMWARE = 1;
/** Below any published score (EPSS starts at 0.00001). */
const LEAST_PROBABILITY = 1e-6;
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
  const factors = [...exploitation(input), ...reach(input), ...impact(input)];
  return { risk: Math.min(100, Math.exp(sumOf(factors))), factors };
}

/** The logarithm of the risk that the factors add up to. */
export const sumOf = (factors: readonly RiskFactor[]) => factors.reduce((sum, f) => sum + f.effect, 0);

function exploitation({ epss, kev, publicExploit, cvss }: RiskInput): RiskFactor[] {
  const steps: { name: string; p: number; why: string }[] = [];
  const base = epss === null ? prior(cvss) : within(epss);
  steps.push(
    epss === null
      ? {
          name: "unknown, prior used",
          p: base,
          why: cvss
            ? `no EPSS score; vulnerabilities of CVSS ${cvss.baseScore} are seldom exploited: ${percent(base)}`
            : `neither EPSS nor CVSS is known: ${percent(base)} assumed`,
        }
      : { name: "EPSS", p: base, why: `EPSS gives ${percent(epss)} for exploitation within 30 days` },
  );
  let p = base;
  if (publicExploit) {
    p = within(sigmoid(logit(p) + PUBLIC_EXPLOIT));
    steps.push({ name: "public exploit", p, why: "an exploit is public" });
  }
  if (kev) {
    p = LEAST_WITH_KEV + (1 - LEAST_WITH_KEV) * (kev.ransomware ? sigmoid(logit(p) + RANSOMWARE) : p);
    const since = kev.since ? ` since ${kev.since.slice(0, 10)}` : "";
    steps.push({ name: "known exploited", p, why: `in CISA's catalogue${since}${kev.ransomware ? ", used by ransomware" : ""}` });
  }
  let before = 1 / 100;
  return steps.map((step) => {
    const effect = Math.log(step.p / before);
    before = step.p;
    return { name: step.name, effect, why: step.why };
  });
}

/** Without EPSS: about 0.2 % at CVSS 4, 0.9 % at 7, 4 % at 10. */
function prior(cvss: CvssFacts | null): number {
  return cvss ? sigmoid(-8.1 + 0.5 * cvss.baseScore) : 0.01;
}

function reach({ reach: { kind, why, declared }, cvss }: RiskInput): RiskFactor[] {
  const used = kind === "unknown" ? (declared ?? UNDECLARED) : kind;
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

function impact({ cvss, kev, criticality, dependents }: RiskInput): RiskFactor[] {
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
    factors.push({ name: "dependents", effect: Math.log(raised / weight), why: `${dependents} endpoints depend on it` });
  }
  return factors;
}

const within = (p: number) => Math.min(MOST_WITHOUT_KEV, Math.max(LEAST_PROBABILITY, p));
const logit = (p: number) => Math.log(p / (1 - p));
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const percent = (p: number) => `${(p * 100).toPrecision(2)} %`.replace(/\.0 /, " ");
