import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseOrder, sha256Hex } from "@breakwater/shared/command";
import { expectOk, ProblemError, systemReason } from "@breakwater/shared/core";
import type { Command } from "commander";
import { DROP_DIR, FUSE_RESET_FILE } from "../brakes/index.ts";
import { EXECUTOR_STATE_DIR } from "../executor/protocol.ts";
import { createExecutorLink, EXECUTOR_ABSENT, type ExecutorLink, writeFileAtomically } from "../session/index.ts";
import { type ConfigurationFlags, readConfiguration } from "./configuration.ts";
import { brakesRows, line } from "./print.ts";

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** `breakwater-agent halt` and `breakwater-agent fuse`: what a person at the machine can do without any controller. */
export function addBrakesCommands(command: (name: string, description: string) => Command): void {
  command("halt", "take a signed halt, or the signed end of one, by hand")
    .argument("<file>", "what `breakwater halt sign` or `breakwater halt lift` printed; - for standard input")
    .action(async (file: string, flags: ConfigurationFlags) => takeByHand(file, flags));

  command("fuse", "how many changes this machine began of late, and how many it may")
    .argument("[reset]", "as root: forget what was counted")
    .action(async (action: string | undefined, flags: ConfigurationFlags) => {
      if (action !== undefined) await layReset(action);
      await withExecutor(flags, async (executor) => say(await fuseText(executor)));
    });
}

/** The socket is the connection part's too; a file in root's own directory can be root's word only. */
async function layReset(action: string): Promise<void> {
  if (action !== "reset")
    throw new ProblemError({ code: "arguments-malformed", message: `There is no "fuse ${action}"; there is "fuse reset".` });
  if (process.getuid?.() !== 0)
    throw new ProblemError({ code: "not-root", message: "Only root may reset the fuse.", next: "Run it with sudo." });
  const stateDir = process.env.BREAKWATER_EXECUTOR_STATE_DIR ?? EXECUTOR_STATE_DIR;
  const path = join(stateDir, FUSE_RESET_FILE);
  await writeFileAtomically(path, "", 0o600).catch((error: unknown) => {
    throw new ProblemError({
      code: "not-reset",
      message: `${path} cannot be written: ${systemReason(error)}. The fuse was NOT reset.`,
      next: "Check that breakwater-executor was started here once; its directory is made then.",
    });
  });
}

async function takeByHand(file: string, flags: ConfigurationFlags): Promise<void> {
  const text = await readFile(file === "-" ? "/dev/stdin" : file, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new ProblemError({
      code: "file-unreadable",
      message: `${file === "-" ? "Standard input" : file} cannot be read: ${systemReason(error)}.`,
      next: "Check the path and its permissions.",
    });
  });
  const order = parseOrder(text);
  if (!order.ok) throw new ProblemError({ next: "Give what `breakwater halt sign` or `breakwater halt lift` printed.", ...order.problem });
  await withExecutor(flags, async (executor) => {
    const taken = await executor.request("halt", { order: text.trim(), via: "hand" });
    if (taken.ok) {
      const { kind, digest, news } = taken.value;
      if (!news) return say(`The ${kind} ${digest} was known here already.`);
      return say(kind === "halt" ? `Halted by ${digest}. It ends by a signed lift, or by its own date.` : `The halt ${digest} is lifted.`);
    }
    if (taken.problem.code !== EXECUTOR_ABSENT) throw new ProblemError(taken.problem);
    const { configDir } = await readConfiguration(flags);
    const path = join(configDir, DROP_DIR, `${sha256Hex(text).slice(0, 32)}.json`);
    await layDown(path, text);
    say(`The executor is not there. The order lies in ${path} and is looked at before anything is begun.`);
  });
}

async function layDown(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    await writeFileAtomically(path, text, 0o644);
  } catch (error) {
    throw new ProblemError({
      code: "not-taken",
      message: `Neither the executor nor ${path} can be reached by this user: ${systemReason(error)}. The order was NOT taken.`,
      next: "Run it as root.",
    });
  }
}

async function fuseText(executor: ExecutorLink): Promise<string> {
  const brakes = expectOk(await executor.request("brakes", {}));
  return brakesRows(brakes)
    .map(([name, value]) => `${name.padEnd(14)} ${line(value)}`)
    .join("\n");
}

async function withExecutor(flags: ConfigurationFlags, work: (executor: ExecutorLink) => Promise<void>): Promise<void> {
  const { executorSocket } = await readConfiguration(flags);
  const executor = createExecutorLink({ socketPath: executorSocket, onEvent: () => {}, onClosed: () => {} });
  await work(executor).finally(() => executor.close());
}
