export { chosenManager, createManager, managerChoice } from "./choose.ts";
export * from "./package-manager.ts";
export { type Run, runTool } from "./run.ts";
