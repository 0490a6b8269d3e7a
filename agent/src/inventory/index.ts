export { loadBase, saveBase } from "./base-store.ts";
export { collectInventory, dpkgChangedAt } from "./collect.ts";

export { clearCache, describeUpdates } from "./describe-updates.ts";
export { type RefreshOutcome, repositories } from "./repositories.ts";
export { runText } from "./run-tool.ts";

export { createInventorySync } from "./sync.ts";
