export { indexAdvisories } from "./advisory-index.ts";
export { loadExploitation } from "./catalogue-verdicts.ts";
export { type Decidable, type Decision, type Decisions, NO_DECISIONS } from "./decision.ts";
export { type InventoryReading, MAX_INVENTORY_BYTES, readInventoryFile } from "./inventory-file/index.ts";
export { readPurl, writePurl } from "./inventory-file/purl.ts";
export { type Match, matchInventory } from "./match-inventory.ts";
export { createMatching, type Matching, type ReadDecisions, type Scope } from "./refresh.ts";
export type { MatchPackage } from "./source.ts";
export { judgePackage, type Proof } from "./verdict.ts";
