export { describeExposure, type InspectMachine } from "./exposure.ts";
export { inspectMachine } from "./inspect.ts";
export { packageOwners } from "./package-owners.ts";
export { viewProc } from "./proc-view.ts";
