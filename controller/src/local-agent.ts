import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ProblemError } from "@breakwater/shared/core";
import type { Logger } from "@breakwater/shared/log";

const AGENT = fileURLToPath(new URL("../../agent/src/main.ts", import.meta.url));
/** A crashed agent is started again after this long. */
const RESTART_MS = 5_000;
/** An agent that does not stop by itself within this is killed. */
const STOP_MS = 2_000;

/**
 * An agent in observe mode on this machine, in a process of its own, as it would run on a server: it enrols with a join
 * token, holds a session over mutual TLS, and has no executor, so that it can change nothing.
 */
export async function startLocalAgent(options: {
  readonly directory: string;
  readonly enrollmentAddress: string;
  readonly caFingerprint: string;
  readonly joinToken: () => Promise<string>;
  readonly log: Logger;
}): Promise<{ stop(): Promise<void> }> {
  if (!existsSync(AGENT))
    throw new ProblemError({
      code: "no-local-agent",
      message: "--local-agent runs the agent from a checkout's sources, and this controller came from its package.",
      next: "Install the agent's package on this machine; `breakwater join-token create --install` prints how.",
    });
  const { log } = options;
  const stateDir = join(options.directory, "state");
  const configDir = join(options.directory, "config");
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  await mkdir(configDir, { recursive: true, mode: 0o700 });
  const enrolled = await readFile(join(stateDir, "identity.json")).then(
    () => true,
    () => false,
  );
  let child: ChildProcess | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopping = false;

  const start = async () => {
    const joining = enrolled
      ? []
      : ["--server", options.enrollmentAddress, "--token", await options.joinToken(), "--ca-fingerprint", options.caFingerprint];
    child = spawn(
      process.execPath,
      [
        ...["--import", "tsx", AGENT, "run", "--state-dir", stateDir, "--config-dir", configDir],
        ...["--executor-socket", join(options.directory, "none.sock"), "--metrics-port", "0", "--log-level", "warn", ...joining],
      ],
      { stdio: ["ignore", "ignore", "inherit"] },
    );
    child.once("exit", (code) => {
      if (stopping) return;
      log.warn({ code }, "the local agent ended; it is started again");
      timer = setTimeout(() => void start(), RESTART_MS);
    });
  };
  await start();

  return {
    async stop() {
      stopping = true;
      clearTimeout(timer);
      const running = child;
      if (!running || running.exitCode !== null || running.signalCode !== null) return;
      const gone = new Promise<void>((done) => running.once("exit", () => done()));
      running.kill("SIGTERM");
      const last = setTimeout(() => running.kill("SIGKILL"), STOP_MS);
      await gone;
      clearTimeout(last);
    },
  };
}
