import { ProblemError, systemClock } from "@breakwater/shared/core";
import { Command } from "commander";
import { readIdentity } from "../session/index.ts";
import { addBrakesCommands } from "./brakes-commands.ts";
import { type ConfigurationFlags, readConfiguration } from "./configuration.ts";
import { diagnose } from "./doctor.ts";
import { type JoinFlags, join } from "./join.ts";
import { printDiagnosis, printStatus } from "./print.ts";
import { isIdle, selfTest } from "./self-test.ts";
import { addSnapshotsCommand } from "./snapshots-command.ts";
import { isAlive, readStatus } from "./status-file.ts";
import { AGENT_VERSION } from "./version.ts";

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** `breakwater-agent`. Answers go to stdout, the log to stderr; a problem ends with exit code 1. */
export function createProgram(): Command {
  const program = new Command("breakwater-agent").description("Breakwater's agent on this machine").version(AGENT_VERSION);
  const command = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .option("--state-dir <dir>", "where identity and caches lie (default /var/lib/breakwater-agent)")
      .option("--config-dir <dir>", "where policy.yaml and agent.yaml lie (default /etc/breakwater-agent)")
      .option("--executor-socket <path>", "socket of the root part");
  const withJoining = (c: Command) =>
    c
      .option("--server <host:port>", "the controller's enrolment listener")
      .option("--token <token>", "from `breakwater join-token create`; also read from BREAKWATER_JOIN_TOKEN")
      .option("--ca-fingerprint <sha256>", "of the controller's authority; without it, it is trusted on first use")
      .option("--operator-key <file...>", "pin these approval keys instead of those that the controller names")
      .option("--name <name>", "how the fleet calls this machine (default: its host name)");

  withJoining(command("enroll", "join a fleet")).action(async (flags: JoinFlags) => {
    await join(flags, await readConfiguration(flags));
  });

  withJoining(command("run", "connect and stay"))
    .option("--metrics-port <port>", "local Prometheus endpoint on 127.0.0.1; 0 for none")
    .option("--log-level <level>", "debug, info, warn, error or silent")
    .action(async (flags: JoinFlags) => {
      const configuration = await readConfiguration(flags);
      if (flags.server && !(await readIdentity(configuration.stateDir))) await join(flags, configuration);
      await (await import("./stay.ts")).stay(flags);
    });

  command("status", "what the running agent knows")
    .option("--json", "as one JSON value")
    .action(async (flags: ConfigurationFlags & { json?: boolean }) => {
      const { stateDir } = await readConfiguration(flags);
      const status = await readStatus(stateDir);
      if (!status)
        throw new ProblemError({
          code: "no-status",
          message: `No agent has run with ${stateDir}.`,
          next: "Start it: breakwater-agent run",
        });
      const running = status.connection.kind !== "stopped" && isAlive(status.pid);
      say(flags.json ? JSON.stringify({ ...status, running }) : printStatus(status, running));
    });

  command("doctor", "find out which hop is broken, and what to do")
    .option("--json", "as one JSON value")
    .action(async (flags: ConfigurationFlags & { json?: boolean }) => {
      const findings = await diagnose(await readConfiguration(flags), systemClock);
      say(flags.json ? JSON.stringify(findings) : printDiagnosis(findings));
      if (findings.some((f) => f.state === "broken")) process.exitCode = 1;
    });

  addBrakesCommands(command);
  addSnapshotsCommand(command);

  // Asked by the package's scripts, of the version that it speaks of.
  program.command("self-test", { hidden: true }).action(async () => say(await selfTest(await readConfiguration({}))));
  program.command("idle", { hidden: true }).action(async () => {
    if (!(await isIdle((await readConfiguration({})).executorSocket))) process.exitCode = 1;
  });
  program
    .command("version")
    .description("print the version")
    .action(() => say(AGENT_VERSION));
  return program;
}
