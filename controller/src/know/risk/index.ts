export { type CvssFacts, readCvss } from "./cvss.ts";
export { DEFAULT_DUE_RULES, type Demand, type DueRules, dueOf, POLICIES } from "./due/index.ts";
export {
  EXPLOIT_KINDS,
  type ExploitFacts,
  epssMove,
  explainExploitation,
  probabilityOfExploitation,
  readCvssMetrics,
  readExploitFacts,
  readSsvc,
  type SsvcFacts,
} from "./exploit/index.ts";
export { type RiskFactor, sumOf } from "./factor.ts";
export type { ExploitationEvidence, ThreatReports } from "./likelihood.ts";
export { scoreWithAlternatives } from "./otherwise.ts";
export { type ComponentUse, componentReach, type ReachEvidence, type ReachKind, reachOf } from "./reach.ts";
export { type Risk, type RiskInput, scoreFinding } from "./score.ts";
