import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ProblemError } from "@breakwater/shared/core";
import { createProgram } from "./cli/index.ts";

export { type RunningAgent, type RunOptions, runAgent } from "./cli/index.ts";

async function main(): Promise<void> {
  try {
    await createProgram().parseAsync();
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const { code, message, next } = error.problem;
    process.stderr.write(`${code}: ${message}\n${next ? `${next}\n` : ""}`);
    process.exitCode = 1;
  }
}

const started = process.argv[1];
if (started !== undefined && realpathSync(started) === fileURLToPath(import.meta.url)) await main();
