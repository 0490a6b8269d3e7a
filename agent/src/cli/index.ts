export { createProgram } from "./program.ts";
export { type RunningAgent, type RunOptions, runAgent } from "./run-agent.ts";
