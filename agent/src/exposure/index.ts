export { describeExposure, type Exposure, type InspectMachine } from "./exposure.ts";
export { inspectMachine } from "./inspect.ts";
export { type PackageOwners, packageOwners } from "./package-owners.ts";
export { viewProc } from "./proc-view.ts";
