import { ProblemError } from "@breakwater/shared/core";
import { type ProgramOptions, type RunningProgram, startProgram } from "../programs/index.ts";

/**
 * Starts a hidden command of this very program, with the same runtime and its limits, in a process of its own: what it
 * leaves behind in memory goes with it, and what kills it does not kill the agent.
 * @param through a program with its arguments that starts it, as in ["nice", "-n", "19"]
 */
export function startApart(
  command: "collect" | "describe" | "scan-components",
  options: ProgramOptions,
  through: readonly string[] = [],
): RunningProgram {
  const script = process.argv[1];
  if (script === undefined) throw new ProblemError({ code: "unknown-program", message: "The agent does not know how it was started." });
  const [file = "", ...args] = [...through, process.execPath, ...process.execArgv, script, command];
  return startProgram(file, args, options);
}

/** What became of it, for people, with the end of what it said. */
export const tellApart = (command: string, { failure, stderr }: { failure: string | undefined; stderr: Buffer }): string =>
  `${command} ${failure ?? "ended"}: ${stderr.toString("utf8").trim().slice(-500)}`.replace(/: $/, "");
