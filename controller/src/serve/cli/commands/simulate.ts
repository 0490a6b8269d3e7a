import { closeSync, openSync, writeSync } from "node:fs";
import { expectOk } from "@breakwater/shared/core";
import type { Command } from "commander";
import { NO_FAULTS, POLICIES, type PolicyName, readFaults, readFleet, simulate } from "../../../simulation/deterministic/index.ts";
import { readText } from "../files.ts";
import type { Io } from "../io.ts";
import { printJson, printTable, round, state, when } from "../output.ts";
import { UsageError, unwritableFile } from "../problems.ts";

/** Seeds of one call: more would not fit into one answer. */
const MOST_SEEDS = 100_000;

export function addSimulateCommand(program: Command, io: Io): void {
  program
    .command("simulate")
    .description("Try to break the rollout in virtual time on a simulated fleet; needs no server")
    .requiredOption("--fleet <file>", "the fleet, its limits and the truth about the patch, as JSON; - for standard input")
    .requiredOption("--seeds <a..b>", "run these seeds, both ends included; the same seed always gives the same run")
    .option("--faults <file>", "how often controllers, agents, database and network fail, as JSON")
    .option("--trace <file>", "write every event of every seed as a JSON line")
    .option("--policy <name>", `how waves are cut: ${named().join(", ")}`, "adaptive")
    .option("--json", "print one JSON value")
    .action((options: { fleet: string; seeds: string; faults?: string; trace?: string; policy: string; json?: boolean }) => {
      const { from, to } = seedsOf(options.seeds);
      const policy = policyOf(options.policy);
      const fleet = expectOk(readFleet(readText(io, options.fleet)));
      const faults = options.faults === undefined ? NO_FAULTS : expectOk(readFaults(readText(io, options.faults)));
      const trace = options.trace === undefined ? undefined : openTrace(options.trace);
      try {
        const done = expectOk(simulate({ fleet, faults, policy, from, to, ...(trace ? { trace: trace.write } : {}) }));
        if (options.json) return printJson(io, done);
        for (const { what, why } of done.excluded) io.out(`left out: ${what}: ${why}\n`);
        printTable(
          io,
          ["seed", "state", "finished", "harmed", "failed", "patched", "exposed days", "asked", "violations"],
          done.seeds.map((s) => [
            s.seed,
            state(s.state),
            when(s.finishedAt),
            s.harmed,
            s.failed,
            s.patched,
            round(s.exposedEndpointDays),
            s.decisionsAsked,
            s.violations.join("; "),
          ]),
          "No seed was run.",
        );
      } finally {
        trace?.close();
      }
    });
}

const named = (): PolicyName[] => POLICIES.filter((p) => p === "adaptive" || p === "rings" || p === "equal");

function policyOf(name: string): PolicyName {
  const policy = named().find((p) => p === name);
  if (!policy) throw new UsageError(`There is no policy "${name}". Choose ${named().join(", ")}.`);
  return policy;
}

function seedsOf(text: string): { from: number; to: number } {
  const match = /^(\d{1,9})(?:\.\.(\d{1,9}))?$/.exec(text);
  if (!match) throw new UsageError(`"${text}" names no seeds. Write them as 1..100.`);
  const from = Number(match[1]);
  const to = Number(match[2] ?? match[1]);
  if (to < from) throw new UsageError(`The seeds ${text} end before they begin.`);
  if (to - from >= MOST_SEEDS) throw new UsageError(`At most ${MOST_SEEDS} seeds are run by one call.`);
  return { from, to };
}

function openTrace(path: string): { write: (text: string) => void; close: () => void } {
  try {
    const file = openSync(path, "w");
    return { write: (text) => void writeSync(file, text), close: () => closeSync(file) };
  } catch (cause) {
    throw unwritableFile(path, cause);
  }
}
