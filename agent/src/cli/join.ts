import { readFile, rm } from "node:fs/promises";
import type { OperatorKey } from "@breakwater/shared/command";
import { ProblemError, printable, systemClock } from "@breakwater/shared/core";
import { ENDPOINT_PIN, EXECUTOR_STATE_DIR } from "../executor/protocol.ts";
import { parseOperatorKey } from "../policy/index.ts";
import { enrol, machineIdentity } from "../session/index.ts";
import type { Configuration, ConfigurationFlags } from "./configuration.ts";
import { AGENT_VERSION } from "./version.ts";

export interface JoinFlags extends ConfigurationFlags {
  readonly server?: string;
  readonly token?: string;
  readonly caFingerprint?: string;
  readonly operatorKey?: string[];
  readonly name?: string;
}

const say = (text: string): void => void process.stdout.write(`${printable(text)}\n`);

/** Joins a fleet and says what was pinned. @throws ProblemError when it is not let in */
export async function join(flags: JoinFlags, configuration: Configuration): Promise<void> {
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
