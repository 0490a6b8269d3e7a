export { indexAdvisories } from "./advisory-index.ts";
export { readInventoryFile } from "./inventory-file/index.ts";
export { type Match, type MatchIntel, matchInventory } from "./match-inventory.ts";
export { createMatching, type Matching, type RefreshResult, type Scope } from "./refresh.ts";
export { advisedName, type MatchPackage } from "./source.ts";
export { judgePackage, type MatchState, type Proof, type Verdict } from "./verdict.ts";
