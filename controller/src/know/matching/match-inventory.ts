import { type Instant, instant } from "@breakwater/shared/core";
import type { AdvisoryRecord, SignalRecord, VulnerabilityRecord } from "../intel/index.ts";
import { type RiskFactor, scoreFinding } from "../risk/index.ts";
import { indexAdvisories } from "./advisory-index.ts";
import { gatherEvidence } from "./evidence.ts";
import type { MatchPackage } from "./source.ts";
import { judgePackage, type MatchState, type NoFixReason } from "./verdict.ts";

/** What `breakwater match --json` prints of one vulnerability in one installed package. */
export interface Match {
  readonly package: string;
  readonly version: string;
  readonly architecture: string;
  /** The package as advisories name it. */
  readonly source: string;
  readonly vulnerability: string;
  readonly fixedVersion: string | null;
  readonly state: MatchState;
  /** Why there is no fix; null of every state but no-fix. */
  readonly noFixBecause: NoFixReason | null;
  /** 0-100; 0 where the state is no finding. Without an endpoint's evidence the exposure is taken to be private. */
  readonly risk: number;
  readonly factors: readonly RiskFactor[];
  readonly advisories: readonly string[];
  /** What each advisory says, in their order: versions compared, and why it counts or not. */
  readonly reasons: readonly string[];
}

/** The intelligence that a match uses; signals and vulnerabilities may be left out. */
export interface MatchIntel {
  readonly advisories: readonly AdvisoryRecord[];
  readonly vulnerabilities?: readonly VulnerabilityRecord[];
  readonly signals?: readonly SignalRecord[];
  /** Of the model that gave the EPSS scores; "" where it is not told. */
  readonly modelVersion?: string;
}

/** The intelligence's own moment, the latest that it names: the same files give the same scores on any day. */
function momentOf({ advisories, vulnerabilities = [], signals = [] }: MatchIntel): Instant {
  let latest = 0;
  const see = (moment: string | null) => {
    const ms = moment ? Date.parse(moment) : Number.NaN;
    if (ms > latest) latest = ms;
  };
  for (const { at } of signals) see(at);
  for (const { published } of vulnerabilities) see(published);
  for (const { published, modified } of advisories) see(modified ?? published);
  return instant(latest);
}

const UNSEEN = { kind: "unknown", why: "an inventory file tells nothing of exposure", declared: null } as const;
const MIDDLING_CRITICALITY = 3;

/** A document may list one package in many places. */
const distinct = (packages: readonly MatchPackage[]) => [
  ...new Map(packages.map((p) => [[p.ecosystem, p.distribution, p.name, p.version, p.architecture].join("\n"), p])).values(),
];

/** Matches an inventory with intelligence, in order of package, then vulnerability. One entry a (package, vulnerability). */
export function matchInventory(packages: readonly MatchPackage[], intel: MatchIntel): Match[] {
  const vulnerabilities = intel.vulnerabilities ?? [];
  const index = indexAdvisories(intel.advisories, new Set(vulnerabilities.filter((v) => v.withdrawn).map((v) => v.id)));
  const model = intel.modelVersion ?? "";
  const signals = (intel.signals ?? []).map((signal) => ({ ...signal, model }));
  const evidence = gatherEvidence(vulnerabilities, signals, momentOf(intel));
  const matches = distinct(packages).flatMap((pkg) =>
    judgePackage(pkg, index).map((verdict): Match => {
      const isFinding = verdict.state === "open" || verdict.state === "no-fix";
      const score = isFinding
        ? scoreFinding({ ...evidence.get(verdict.vulnerability), reach: UNSEEN, criticality: MIDDLING_CRITICALITY, dependents: 0 })
        : { risk: 0, factors: [] };
      return {
        package: pkg.name,
        version: pkg.version,
        architecture: pkg.architecture,
        source: verdict.source,
        vulnerability: verdict.vulnerability,
        fixedVersion: verdict.state === "no-fix" ? null : verdict.fixedVersion,
        state: verdict.state,
        noFixBecause: verdict.noFixBecause,
        risk: score.risk,
        factors: score.factors,
        advisories: verdict.proofs.map((p) => p.record),
        reasons: verdict.proofs.map((p) => p.statement),
      };
    }),
  );
  const key = (m: Match) => `${m.package}\n${m.architecture}\n${m.version}\n${m.vulnerability}`;
  return matches.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}
