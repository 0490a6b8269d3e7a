/** Decision tables of the Stakeholder-Specific Vulnerability Categorization, as CERT/CC publishes them. */
export type Exploitation = "none" | "poc" | "active";
type Automatable = "no" | "yes";

export const CISA_LEVELS = ["track", "track*", "attend", "act"] as const;
export type CisaLevel = (typeof CISA_LEVELS)[number];
export const MISSION_IMPACTS = ["low", "medium", "high"] as const;
export type MissionImpact = (typeof MISSION_IMPACTS)[number];

/** CISA's own tree (cisa_coordinator 2.0.3); three words a line, by impact on mission and well-being: low, medium, high. */
const CISA: Readonly<Record<Exploitation, Readonly<Record<Automatable, { readonly partial: string; readonly total: string }>>>> = {
  none: {
    no: { partial: "track track track", total: "track track track*" },
    yes: { partial: "track track attend", total: "track track attend" },
  },
  poc: {
    no: { partial: "track track track*", total: "track track* attend" },
    yes: { partial: "track track attend", total: "track track* attend" },
  },
  active: {
    no: { partial: "track track attend", total: "track attend act" },
    yes: { partial: "attend attend act", total: "attend act act" },
  },
};

export interface CisaQuestions {
  readonly exploitation: Exploitation;
  readonly automatable: boolean;
  readonly totalImpact: boolean;
  readonly mission: MissionImpact;
}
export const cisaLevel = ({ exploitation, automatable, totalImpact, mission }: CisaQuestions): CisaLevel =>
  pick(CISA[exploitation][automatable ? "yes" : "no"][totalImpact ? "total" : "partial"], MISSION_IMPACTS.indexOf(mission), CISA_LEVELS);

export const DEPLOYER_PRIORITIES = ["defer", "scheduled", "out-of-cycle", "immediate"] as const;
export type DeployerPriority = (typeof DEPLOYER_PRIORITIES)[number];
export const HUMAN_IMPACTS = ["low", "medium", "high", "very high"] as const;
export type HumanImpact = (typeof HUMAN_IMPACTS)[number];
export type SystemExposure = "small" | "controlled" | "open";

/** The deployer's tree (deployer_patch_application_priority 1.0.0); four words a line, by human impact: low, medium, high, very high. */
const DEPLOYER: Readonly<Record<Exploitation, Readonly<Record<SystemExposure, Readonly<Record<Automatable, string>>>>>> = {
  none: {
    small: { no: "defer defer scheduled scheduled", yes: "defer scheduled scheduled scheduled" },
    controlled: { no: "defer scheduled scheduled scheduled", yes: "scheduled scheduled scheduled scheduled" },
    open: { no: "defer scheduled scheduled scheduled", yes: "scheduled scheduled scheduled out-of-cycle" },
  },
  poc: {
    small: { no: "defer scheduled scheduled scheduled", yes: "scheduled scheduled scheduled scheduled" },
    controlled: { no: "defer scheduled scheduled scheduled", yes: "scheduled scheduled scheduled out-of-cycle" },
    open: { no: "scheduled scheduled scheduled out-of-cycle", yes: "scheduled scheduled out-of-cycle out-of-cycle" },
  },
  active: {
    small: { no: "scheduled scheduled out-of-cycle out-of-cycle", yes: "scheduled out-of-cycle out-of-cycle out-of-cycle" },
    controlled: { no: "scheduled scheduled out-of-cycle out-of-cycle", yes: "out-of-cycle out-of-cycle out-of-cycle out-of-cycle" },
    open: { no: "scheduled out-of-cycle out-of-cycle immediate", yes: "out-of-cycle out-of-cycle immediate immediate" },
  },
};

export interface DeployerQuestions {
  readonly exploitation: Exploitation;
  readonly exposure: SystemExposure;
  readonly automatable: boolean;
  readonly humanImpact: HumanImpact;
}
export const deployerPriority = ({ exploitation, exposure, automatable, humanImpact }: DeployerQuestions): DeployerPriority =>
  pick(DEPLOYER[exploitation][exposure][automatable ? "yes" : "no"], HUMAN_IMPACTS.indexOf(humanImpact), DEPLOYER_PRIORITIES);

function pick<T extends string>(line: string, column: number, words: readonly T[]): T {
  const word = words.find((w) => w === line.split(" ")[column]);
  if (word === undefined) throw new Error(`a line of a decision table lacks column ${column}`);
  return word;
}
