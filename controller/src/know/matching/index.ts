export { indexAdvisories } from "./advisory-index.ts";
export { readInventoryFile } from "./inventory-file/index.ts";
export { matchInventory } from "./match-inventory.ts";
export { createMatching, type Matching, type Scope } from "./refresh.ts";
export type { MatchPackage } from "./source.ts";
export { judgePackage } from "./verdict.ts";
