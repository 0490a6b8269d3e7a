import { ProblemError } from "@breakwater/shared/core";
import { execa, type Options } from "execa";

/**
 * Starts a hidden command of this very program, with the same runtime and its limits, in a process of its own: what it
 * leaves behind in memory goes with it, and what kills it does not kill the agent.
 * @param through a program with its arguments that starts it, as in ["nice", "-n", "19"]
 */
export function startApart<O extends Options>(
  command: "collect" | "describe" | "scan-components",
  options: O,
  through: readonly string[] = [],
) {
  const script = process.argv[1];
  if (script === undefined) throw new ProblemError({ code: "unknown-program", message: "The agent does not know how it was started." });
  const [file = "", ...args] = [...through, process.execPath, ...process.execArgv, script, command];
  return execa(file, args, options);
}
