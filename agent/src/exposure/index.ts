export { describeExposure, type InspectMachine, machineAddresses, processReach } from "./exposure.ts";
export { inspectMachine } from "./inspect.ts";
export { dpkgFiles, rpmFiles } from "./owner-sources.ts";
export { type PackageOwners, packageOwners } from "./package-owners.ts";
export { viewProc } from "./proc-view.ts";
export { type Reach, widest } from "./reach.ts";
