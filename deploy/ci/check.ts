// Runs every static check, all of them even when one fails, and says at the end which did. One command each, so that a
// person can run the one that failed by itself.
import { execaSync } from "execa";

const checks: Record<string, [string, string[]]> = {
  types: ["tsc", ["--noEmit"]],
  "console types": ["svelte-check", ["--workspace", "controller/src/serve/console", "--output", "human", "--fail-on-warnings"]],
  "lint and format": ["biome", ["ci", "."]],
  "floors and doors": ["depcruise", ["shared", "agent", "controller", "proto", "deploy", "--config", ".dependency-cruiser.cjs"]],
  "unused code and dependencies": ["knip", []],
  "wire is well-formed": ["buf", ["lint", "proto"]],
  "generated wire types are current": ["tsx", ["proto/generate.ts", "--check"]],
  "the table of faults is current": ["tsx", ["deploy/docs/faults.ts", "--check"]],
  "migrations are current": ["tsx", ["deploy/ci/migrations-current.ts"]],
};

const failed: string[] = [];
for (const [name, [command, args]] of Object.entries(checks)) {
  const started = Date.now();
  const { exitCode, all } = execaSync(command, args, { preferLocal: true, reject: false, all: true, stdin: "ignore" });
  console.log(`${exitCode === 0 ? "ok  " : "FAIL"} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  if (exitCode !== 0) {
    failed.push(name);
    console.log(all);
  }
}
if (failed.length > 0) {
  console.log(`\nFailed: ${failed.join(", ")}.`);
  process.exitCode = 1;
}
