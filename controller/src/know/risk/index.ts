export { type CvssFacts, readCvss } from "./cvss.ts";
export { type ExploitFacts, explainExploitation, probabilityOfExploitation, readExploitFacts } from "./exploit/index.ts";
export { type ReachEvidence, type ReachKind, reachOf } from "./reach.ts";
export { type RiskFactor, type RiskInput, scoreFinding, sumOf } from "./score.ts";
