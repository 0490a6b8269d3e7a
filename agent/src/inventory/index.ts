export { loadBase, saveBase } from "./base-store.ts";
export { collectInventory } from "./collect.ts";
export { resultWrittenAt, type ScanSettings, scanSettingsSchema } from "./components/index.ts";
export { readContainerRuntimes } from "./containers/index.ts";
export { packagesChangedAt } from "./databases/index.ts";
export { clearCache, describeUpdates } from "./describe-updates.ts";
export { type RefreshOutcome, repositories } from "./repositories.ts";
export { RPM_PLACES, rpmRepositories } from "./rpm-repositories.ts";
export { runText } from "./run-tool.ts";

export { createInventorySync } from "./sync.ts";
