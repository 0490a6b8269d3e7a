export { loadResult, resultWrittenAt } from "./result.ts";
export { type ScanSettings, scanSettingsSchema } from "./settings.ts";
export { describeComponents } from "./uses.ts";
