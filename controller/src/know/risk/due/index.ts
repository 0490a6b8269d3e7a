import { addMs, days, type Instant } from "@breakwater/shared/core";
import type { SsvcFacts } from "../exploit/facts.ts";
import { bodTimeline } from "./bod-26-04.ts";
import { DEFAULT_PRIORITY_MATRIX, daysByMatrix, type PriorityMatrix, severityOf } from "./priority-matrix.ts";
import {
  cisaLevel,
  type DeployerPriority,
  deployerPriority,
  type Exploitation,
  type HumanImpact,
  type SystemExposure,
} from "./ssvc-tables.ts";

/**
 * What a due date depends on. No predicted score is among it: a new version of EPSS, or of our own model, moves no due date. Unknown is null.
 */
export interface DueFacts {
  readonly detectedAt: Instant;
  /** Listed by CISA as exploited: since when, where that is told. */
  readonly kev: { readonly since: Instant | null } | null;
  readonly publicExploit: boolean;
  /** The reach that the score used: "public", "private", "loopback" ... */
  readonly exposure: string;
  readonly ssvc: SsvcFacts | null;
  /** CVSS base score, 0-10. */
  readonly severity: number | null;
  readonly criticality: number;
}

export const POLICIES = ["cisa-bod-26-04", "ssvc-cisa", "ssvc-deployer", "priority-matrix"] as const;
export type DuePolicy = (typeof POLICIES)[number];

/** What one policy asks. */
export interface Demand {
  readonly policy: DuePolicy;
  /** null: no day is set, it may wait for the next upgrade. */
  readonly dueAt: Instant | null;
  readonly why: string;
  /** Whether the endpoint must be searched for traces of an intruder as well. */
  readonly forensic: boolean;
}

/** Which policies an organisation follows, and the days that the words of two of them mean to it, since their authors name none. */
export interface DueRules {
  readonly follow: readonly DuePolicy[];
  readonly matrix: PriorityMatrix;
  readonly daysOf: Readonly<Record<DeployerPriority | "track" | "track*" | "attend" | "act", number | null>>;
}
export const DEFAULT_DUE_RULES: DueRules = {
  follow: ["cisa-bod-26-04", "priority-matrix"],
  matrix: DEFAULT_PRIORITY_MATRIX,
  daysOf: { immediate: 3, "out-of-cycle": 14, scheduled: 60, defer: null, act: 3, attend: 14, "track*": 60, track: null },
};

/** The earliest day that a followed policy sets, with the policy that set it, and what each of them asks. */
export function dueOf(
  facts: DueFacts,
  rules: DueRules = DEFAULT_DUE_RULES,
): { readonly first: Demand | null; readonly demands: readonly Demand[] } {
  const demands = rules.follow.map((policy) => DEMANDS[policy](facts, rules));
  const dated = demands.filter((d) => d.dueAt !== null).sort((a, b) => Number(a.dueAt) - Number(b.dueAt));
  return { first: dated[0] ?? demands[0] ?? null, demands };
}

const DEMANDS: Readonly<Record<DuePolicy, (facts: DueFacts, rules: DueRules) => Demand>> = {
  "cisa-bod-26-04": byDirective,
  "ssvc-cisa": (facts, { daysOf }) => {
    const { automatable, totalImpact, unknown } = vulnrichment(facts);
    const mission = facts.criticality >= 4 ? "high" : facts.criticality >= 3 ? "medium" : "low";
    const level = cisaLevel({ exploitation: exploitationOf(facts), automatable, totalImpact, mission });
    return inDays("ssvc-cisa", facts.detectedAt, daysOf[level], `CISA's tree says ${level}${unknown}`);
  },
  "ssvc-deployer": (facts, { daysOf }) => {
    const { automatable, unknown } = vulnrichment(facts);
    const priority = deployerPriority({
      exploitation: exploitationOf(facts),
      exposure: EXPOSURES[facts.exposure] ?? "open",
      automatable,
      humanImpact: HUMAN_IMPACT[Math.min(5, Math.max(1, Math.round(facts.criticality))) - 1] ?? "very high",
    });
    return inDays("ssvc-deployer", facts.detectedAt, daysOf[priority], `the deployer's tree says ${priority}${unknown}`);
  },
  "priority-matrix": (facts, { matrix }) => {
    const severity = severityOf(facts.severity);
    const within = daysByMatrix(matrix, severity, facts.criticality);
    return inDays("priority-matrix", facts.detectedAt, within, `severity ${severity} on an endpoint of criticality ${facts.criticality}`);
  },
};

/**
 * Where a vulnerability is listed, its days count from the listing, as those of CISA's catalogue do; else from the day that it was found here.
 * An unknown reach counts as what was declared, which is already in `exposure`.
 */
function byDirective(facts: DueFacts): Demand {
  const { kev } = facts;
  const exposed = facts.exposure === "public";
  const { automatable, totalImpact, unknown } = vulnrichment(facts);
  const { days: within, forensic } = bodTimeline({ kev: kev !== null, exposed, automatable, totalImpact });
  const said = [
    kev ? "known to be exploited" : "not known to be exploited",
    exposed ? "publicly exposed" : "not publicly exposed",
    automatable ? "automatable" : "not automatable",
    totalImpact ? "total impact" : "partial impact",
  ];
  return { ...inDays("cisa-bod-26-04", kev?.since ?? facts.detectedAt, within, `${said.join(", ")}${unknown}`), forensic };
}

/**
 * CISA's statement on a vulnerability, or what stands in for it: of an unlisted one, not automatable and total impact, which the directive's
 * guidance says to take; of a listed one, the worst, since CISA states these and we merely have not read it.
 */
function vulnrichment({ ssvc, kev }: DueFacts): { automatable: boolean; totalImpact: boolean; unknown: string } {
  const missing = [...(ssvc?.automatable == null ? ["automatable"] : []), ...(ssvc?.totalImpact == null ? ["impact"] : [])];
  return {
    automatable: ssvc?.automatable ?? kev !== null,
    totalImpact: ssvc?.totalImpact ?? true,
    unknown: missing.length > 0 ? ` (${missing.join(" and ")} not stated by CISA: assumed)` : "",
  };
}

const exploitationOf = ({ kev, ssvc, publicExploit }: DueFacts): Exploitation =>
  kev || ssvc?.exploitation === "active" ? "active" : publicExploit || ssvc?.exploitation === "poc" ? "poc" : "none";

/** CERT/CC's exposure of a system; what it does not know it takes for open. */
const EXPOSURES: Readonly<Record<string, SystemExposure>> = {
  public: "open",
  private: "controlled",
  loopback: "small",
  loaded: "small",
  "not-loaded": "small",
  "not-running-kernel": "small",
};
const HUMAN_IMPACT: readonly HumanImpact[] = ["low", "low", "medium", "high", "very high"];

const inDays = (policy: DuePolicy, from: Instant, within: number | null, why: string): Demand => ({
  policy,
  dueAt: within === null ? null : addMs(from, days(within)),
  why: within === null ? `${why}: with the next upgrade` : `${why}: within ${within} days`,
  forensic: false,
});
