export * from "./account.ts";
export * from "./assessment.ts";
export * from "./cmdb.ts";
export * from "./fleet.ts";
export * from "./intel.ts";
export * from "./rollout.ts";
