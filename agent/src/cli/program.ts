import { readFile, rm } from "node:fs/promises";
import { text } from "node:stream/consumers";
import type { OperatorKey } from "@breakwater/shared/command";
import { ProblemError, systemClock, systemRandom } from "@breakwater/shared/core";
import { createLogger } from "@breakwater/shared/log";
import { Command } from "commander";
import { ENDPOINT_PIN, EXECUTOR_STATE_DIR } from "../executor/protocol.ts";
import { parseOperatorKey } from "../policy/index.ts";
import { enrol, machineIdentity, readIdentity } from "../session/index.ts";
import { addBrakesCommands } from "./brakes-commands.ts";
import { collectHere } from "./collect-apart.ts";
import { type Configuration, type ConfigurationFlags, readConfiguration } from "./configuration.ts";
import { describeHere } from "./describe-apart.ts";
import { diagnose } from "./doctor.ts";
import { printDiagnosis, printStatus } from "./print.ts";
import { runAgent } from "./run-agent.ts";
import { scanHere } from "./scan-apart.ts";
import { isIdle, selfTest } from "./self-test.ts";
import { addSnapshotsCommand } from "./snapshots-command.ts";
import { isAlive, readStatus } from "./status-file.ts";
import { AGENT_VERSION } from "./version.ts";

interface EnrolFlags extends ConfigurationFlags {
  readonly server?: string;
  readonly token?: string;
  readonly caFingerprint?: string;
  readonly operatorKey?: string[];
  readonly name?: string;
}

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

  withJoining(command("enroll", "join a fleet")).action(async (flags: EnrolFlags) => {
    await join(flags, await readConfiguration(flags));
  });

  withJoining(command("run", "connect and stay"))
    .option("--metrics-port <port>", "local Prometheus endpoint on 127.0.0.1; 0 for none")
    .option("--log-level <level>", "debug, info, warn, error or silent")
    .action(async (flags: EnrolFlags) => {
      const configuration = await readConfiguration(flags);
      if (flags.server && !(await readIdentity(configuration.stateDir))) await join(flags, configuration);
      const log = createLogger("breakwater-agent", configuration.logLevel);
      const agent = await runAgent({ ...configuration, log, clock: systemClock, random: systemRandom });
      const stop = () => void agent.stop().then(() => process.exit(0));
      process.once("SIGTERM", stop).once("SIGINT", stop);
      process.on("SIGHUP", () => void agent.reload());
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
  // Asked by `run` of itself; see startApart.
  program.command("collect", { hidden: true }).action(async () => say(await collectHere(await text(process.stdin))));
  program.command("describe", { hidden: true }).action(async () => describeHere(await text(process.stdin), say));
  program.command("scan-components", { hidden: true }).action(async () => scanHere(await text(process.stdin)));
  program
    .command("version")
    .description("print the version")
    .action(() => say(AGENT_VERSION));
  return program;
}

async function join(flags: EnrolFlags, configuration: Configuration): Promise<void> {
  const token = flags.token ?? process.env.BREAKWATER_JOIN_TOKEN;
  if (!flags.server || !token)
    throw new ProblemError({
      code: "arguments-missing",
      message: "--server and --token are needed.",
      next: "breakwater join-token create prints both.",
    });
  const answer = await enrol({
    server: flags.server,
    joinToken: token,
    caFingerprint: flags.caFingerprint,
    operatorKeys: await Promise.all((flags.operatorKey ?? []).map(readKey)),
    name: flags.name,
    stateDir: configuration.stateDir,
    configDir: configuration.configDir,
    identity: await machineIdentity(configuration.stateDir, AGENT_VERSION),
    clock: systemClock,
  });
  if (!answer.ok) throw new ProblemError(answer.problem);
  const { identity, authority, pinned } = answer.value;
  // The executor holds on to the first identity that it sees; whoever enrols as root means the new one.
  if (process.getuid?.() === 0)
    await rm(`${process.env.BREAKWATER_EXECUTOR_STATE_DIR ?? EXECUTOR_STATE_DIR}/${ENDPOINT_PIN}`, { force: true });
  say(`Enrolled as ${identity.endpointId}; sessions go to ${identity.sessionAddress}.`);
  say(
    authority.how === "fingerprint"
      ? `The controller's authority is the one you named (sha256 ${authority.fingerprint}).`
      : `The controller's authority was trusted on first use: sha256 ${authority.fingerprint}. Compare it with what the controller prints.`,
  );
  const from = pinned.source === "owner" ? "you named" : "the controller named";
  if (pinned.keys.length === 0) say("No approval keys are pinned: this machine will accept no patch until some are.");
  else say(`Approval keys pinned (${from}): ${pinned.keys.map((k) => `${k.keyId} ${k.owner}`).join(", ")}.`);
}

async function readKey(path: string): Promise<OperatorKey> {
  const key = parseOperatorKey(await readFile(path, "utf8").catch(() => ""), path.replace(/^.*\//, "").replace(/\.[^.]*$/, ""));
  if (!key)
    throw new ProblemError({
      code: "operator-key-malformed",
      message: `${path} holds neither an Ed25519 public key nor a passkey.`,
      next: "Give the .pub file.",
    });
  return key;
}
