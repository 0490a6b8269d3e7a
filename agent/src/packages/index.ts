export { createApt } from "./apt/index.ts";
export * from "./package-manager.ts";
export { type Run, runTool } from "./run.ts";
