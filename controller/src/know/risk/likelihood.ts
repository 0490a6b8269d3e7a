import { formatInstant } from "@breakwater/shared/core";
import {
  asCalled,
  attackedProbability,
  type ExploitFacts,
  explainExploitation,
  FACT_GROUPS,
  type FactGroup,
  unlistedProbability,
} from "./exploit/index.ts";
import type { RiskFactor } from "./factor.ts";

/** What is known about whether a vulnerability is exploited. */
export interface ExploitationEvidence {
  readonly facts: ExploitFacts;
  /** Known to be used by ransomware; counts only for what is known to be exploited. */
  readonly ransomware: boolean;
  /** What threat feeds say of it; shown, and not weighed. */
  readonly reports?: readonly ThreatReports[];
}

/** Reports of one threat feed that name a vulnerability. */
export interface ThreatReports {
  readonly feed: string;
  readonly count: number;
  /** What a few of them are called. */
  readonly names: readonly string[];
  /** YYYY-MM-DD; null where none is dated. */
  readonly since: string | null;
  readonly last: string | null;
}

/** How likely a vulnerability is exploited, and by which facts. */
export interface Likelihood {
  /** That attackers use it, whether or not anybody lists it; above 0, below 1. */
  readonly probability: number;
  /** Their effects add up to ln(100 x probability). */
  readonly factors: readonly RiskFactor[];
}

/** Use by ransomware halves what is left of the doubt. */
const RANSOMWARE = 0.5;

/** Findings of one CVE share its evidence, and there are many of them. */
const remembered = new WeakMap<ExploitationEvidence, Likelihood>();

/** The shipped model's probability of a listing, carried over to that of attacks. Facts are taken in a fixed order: each has the share that it changes what the ones before it came to. */
export function likelihoodOf(evidence: ExploitationEvidence): Likelihood {
  const known = remembered.get(evidence);
  if (known) return known;
  const likelihood = calculate(evidence);
  remembered.set(evidence, likelihood);
  return likelihood;
}

function calculate(evidence: ExploitationEvidence): Likelihood {
  const { probability, factors } = weighed(evidence);
  return { probability, factors: [...factors, ...(evidence.reports ?? []).map(unweighed)] };
}

/**
 * Anybody may write a report, and how often what they name came to be exploited has not been measured, so it cannot move the score: who reads the
 * explanation can.
 */
const unweighed = ({ feed, count, names, since, last }: ThreatReports): RiskFactor => ({
  name: "threat reports",
  effect: 0,
  why:
    `named in ${count} report${count === 1 ? "" : "s"} of ${feed}${since ? (since === last ? ` on ${since}` : ` from ${since} to ${last}`) : ""}` +
    `${names.length > 0 ? ` (${names.join("; ")})` : ""}; told, not weighed`,
});

function weighed({ facts, ransomware }: ExploitationEvidence): Likelihood {
  const { contributions } = explainExploitation(facts);
  const factors: RiskFactor[] = [];
  let before = 1 / 100;
  const step = (name: string, p: number, why: string) => {
    factors.push({ name, effect: Math.log(p / before), why });
    before = p;
  };
  let logOdds = 0;
  for (const group of FACT_GROUPS) {
    const parts = contributions.filter((c) => c.group === group);
    if (parts.length === 0) continue;
    logOdds += parts.reduce((sum, c) => sum + c.logOdds, 0);
    step(NAMES[group], attackedProbability(unlistedProbability(logOdds)), WHY[group](facts));
  }
  const probability = asCalled(attackedProbability(unlistedProbability(logOdds)), facts);
  if (facts.kev !== null) step("known exploited", probability, `in CISA's catalogue since ${formatInstant(facts.kev).slice(0, 10)}`);
  else if (facts.ssvc?.exploitation === "active")
    step("called exploited", probability, "CISA calls it actively exploited and does not list it yet");
  if (facts.kev === null || !ransomware) return { probability, factors };
  const raised = 1 - (1 - probability) * RANSOMWARE;
  step("ransomware", raised, "known to be used by ransomware");
  return { probability: raised, factors };
}

const NAMES: Readonly<Record<FactGroup, string>> = {
  average: "average vulnerability",
  EPSS: "EPSS",
  "public exploit": "public exploit",
  age: "age",
  CVSS: "ease and loss",
  weakness: "kind of weakness",
  SSVC: "CISA's categorisation",
};

const WHY: Readonly<Record<FactGroup, (facts: ExploitFacts) => string>> = {
  average: ({ epss }) =>
    epss
      ? "how often attackers use one, over all vulnerabilities: some 185 for each that CISA lists"
      : "no EPSS score: weighed by the other facts, with less certainty",
  EPSS: ({ epss }) => `EPSS gives ${percent(epss?.score ?? 0)} for exploitation within 30 days, read as its rank among all scores`,
  "public exploit": ({ exploits }) => {
    const kinds = Object.keys(exploits);
    return kinds.length > 0 ? `an exploit is public (${kinds.join(", ")})` : "no public exploit is known";
  },
  age: ({ published }) => `published ${formatInstant(published).slice(0, 10)}; interest falls with age`,
  CVSS: () => "how easily it is reached and what it costs (CVSS)",
  weakness: ({ cwe }) => (cwe.length > 0 ? cwe.map((id) => `CWE-${id}`).join(", ") : "no weakness is named"),
  SSVC: () => "proof of concept, automatable, total impact (CISA)",
};

const percent = (p: number) => `${(p * 100).toPrecision(2)} %`.replace(/\.0 /, " ");
