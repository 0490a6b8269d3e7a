import { ProblemError } from "@breakwater/shared/core";
import { Command, CommanderError } from "commander";
import { VERSION } from "../../version.ts";
import { addAccountCommands } from "./commands/account.ts";
import { addBulletinCommands } from "./commands/bulletin.ts";
import { addCmdbCommands } from "./commands/cmdb.ts";
import { addDeploymentCommands } from "./commands/deployment.ts";
import { addDueRulesCommands } from "./commands/due-rules.ts";
import { addEndpointCommands } from "./commands/endpoint.ts";
import { addExchangeCommands } from "./commands/exchange.ts";
import { addExploitCommands } from "./commands/exploit.ts";
import { addFindingCommands } from "./commands/finding.ts";
import { addFleetCommands } from "./commands/fleet.ts";
import { addFleetRulesCommands } from "./commands/fleet-rules.ts";
import { addHaltCommands } from "./commands/halt.ts";
import { addIntelCommands } from "./commands/intel.ts";
import { addJoinTokenCommands } from "./commands/join-token.ts";
import { addKeyCommands } from "./commands/key.ts";
import { addLoginCommands } from "./commands/login.ts";
import { addMatchCommand } from "./commands/match.ts";
import { addOfflineCommands } from "./commands/offline.ts";
import { addPlanCommands } from "./commands/plan.ts";
import { addQueueCommands } from "./commands/queue.ts";
import { addRehearseCommand } from "./commands/rehearse.ts";
import { addSimulateCommand } from "./commands/simulate.ts";
import { addUserCommands } from "./commands/user.ts";
import { addVersionCommands } from "./commands/versions.ts";
import { type Io, systemIo } from "./io.ts";
import { EXIT, tellProblem, UsageError } from "./problems.ts";

function createProgram(io: Io): Command {
  const program = new Command("breakwater")
    .description("Automated patch management: waves, honest statistics, real rollback")
    .version(VERSION, "-V, --version", "print the version of this command")
    .configureOutput({ writeOut: (text) => io.out(text), writeErr: (text) => io.err(text) })
    .addHelpText(
      "after",
      "\nExit codes: 0 done, 1 a problem (told on standard error), 2 the command was written wrongly, 141 whoever read the output stopped.\nWith --json standard output holds exactly one JSON value.",
    )
    // What stands after a subcommand is the subcommand's: `plan` and `plan show` both take --json.
    .enablePositionalOptions()
    .exitOverride();
  addLoginCommands(program, io);
  addFleetCommands(program, io);
  addEndpointCommands(program, io);
  addJoinTokenCommands(program, io);
  addQueueCommands(program, io);
  addFindingCommands(program, io);
  addFleetRulesCommands(program, io);
  addCmdbCommands(program, io);
  addPlanCommands(program, io);
  addKeyCommands(program, io);
  addRehearseCommand(program, io);
  addHaltCommands(program, io);
  addDeploymentCommands(program, io);
  addAccountCommands(program, io);
  addUserCommands(program, io);
  addVersionCommands(program, io);
  addIntelCommands(program, io);
  addMatchCommand(program, io);
  addExchangeCommands(program, io);
  addDueRulesCommands(program, io);
  addOfflineCommands(program, io);
  addBulletinCommands(program, io);
  addExploitCommands(program, io);
  addSimulateCommand(program, io);
  for (const command of everyCommand(program))
    command.exitOverride().configureOutput({ writeOut: (text) => io.out(text), writeErr: (text) => io.err(text) });
  return program;
}

const everyCommand = (command: Command): Command[] => command.commands.flatMap((c) => [c, ...everyCommand(c)]);

/** Runs one command. @returns the exit code */
export async function main(argv: readonly string[], io: Io = systemIo()): Promise<number> {
  try {
    await createProgram(io).parseAsync([...argv], { from: "user" });
    return EXIT.ok;
  } catch (cause) {
    if (cause instanceof CommanderError) return cause.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (cause instanceof UsageError) {
      io.err(`breakwater: ${cause.message}\n`);
      return EXIT.usage;
    }
    if (cause instanceof ProblemError) {
      io.err(tellProblem(cause.problem));
      return EXIT.problem;
    }
    io.err(
      tellProblem({
        code: "internal",
        message: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause),
        next: "This is a fault of breakwater itself; please report it.",
      }),
    );
    return EXIT.problem;
  }
}
