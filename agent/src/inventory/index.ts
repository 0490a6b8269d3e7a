export { loadBase, saveBase } from "./base-store.ts";
export { type CollectOptions, collectInventory, dpkgChangedAt } from "./collect.ts";
export type { KnownInventory } from "./delta.ts";
export { clearCache, describeUpdates } from "./describe-updates.ts";
export { type RefreshOutcome, repositories } from "./repositories.ts";
export { runText } from "./run-tool.ts";
export { readServices, type UnitState } from "./services.ts";
export { createInventorySync, type InventorySync } from "./sync.ts";
