export { createManager, decideRpmTool, drivenManager, managerChoice } from "./choose.ts";
export { listsFetchedAt } from "./lists-age.ts";
export * from "./package-manager.ts";
export { type Run, runTool } from "./run.ts";
