import { type ChildProcess, execFile, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { OperatorKey } from "@breakwater/shared/command";
import { systemClock } from "@breakwater/shared/core";
import { vi } from "vitest";
import { enrol } from "../session/index.ts";
import { startTestController, type TestController, type TestStream } from "../session/testing.ts";
import { createPrivateMachine, type PrivateMachine } from "./private-machine.ts";

const SOURCES = resolve(import.meta.dirname, "..");
const WAIT = { timeout: 90_000, interval: 20 };

type LogLine = Readonly<Record<string, unknown>>;

/** The real agent, both processes of it, on a private machine, enrolled with a controller that does what the test says. */
export interface Victim {
  readonly machine: PrivateMachine;
  readonly controller: TestController;
  readonly stateDir: string;
  readonly configDir: string;
  /** What `breakwater-agent` answers to root on this machine. */
  cli(...argv: string[]): Promise<{ readonly status: number | null; readonly stdout: string; readonly stderr: string }>;
  readonly socketPath: string;
  readonly log: readonly LogLine[];
  /** The stream that stands now. */
  stream(): TestStream;
  policy(yaml: string): void;
  /** Executions that the executor has a journal of. */
  journals(): string[];
  journal(executionId: string): string;
  /** Whether the executor believes that the controller holds reports of it. */
  forgot(executionId: string): boolean;
  agentMemoryBytes(): number;
  agentRuns(): boolean;
  stop(): Promise<void>;
}

/** Looks again until it holds; says what did not after a minute and a half (a loaded machine starts programs slowly). */
export const eventually = <T>(look: () => T | Promise<T>): Promise<T> => vi.waitFor(look, WAIT);

export async function startVictim(operatorKeys: readonly OperatorKey[]): Promise<Victim> {
  const root = mkdtempSync(join(tmpdir(), "breakwater-victim-"));
  // Others may enter, so that it is the socket's own permissions that keep them out.
  chmodSync(root, 0o755);
  mkdirSync(join(root, "machine"));
  const machine = createPrivateMachine(join(root, "machine"));
  const [stateDir, configDir, executorState] = [join(root, "agent"), join(root, "config"), join(root, "executor")];
  const socketPath = join(root, "executor.sock");
  const controller = await startTestController();
  const enrolled = await enrol({
    ...{ server: controller.enrolAddress, joinToken: "good", stateDir, configDir, identity: {}, clock: systemClock },
    caFingerprint: controller.authority.fingerprint,
    operatorKeys,
  });
  if (!enrolled.ok) throw new Error(enrolled.problem.message);
  const policy = (yaml: string) => writeFileSync(join(configDir, "policy.yaml"), yaml, { mode: 0o644 });
  policy("mode: patch\n");

  const log: LogLine[] = [];
  const env = {
    ...process.env,
    BREAKWATER_EXECUTOR_STATE_DIR: executorState,
    BREAKWATER_AGENT_CONFIG_DIR: configDir,
    BREAKWATER_AGENT_STATE_DIR: stateDir,
    BREAKWATER_EXECUTOR_SOCKET: socketPath,
    BREAKWATER_AGENT_METRICS_PORT: "0",
  };
  const programOf = (program: string, args: readonly string[]) =>
    machine.within([process.execPath, "--import", "tsx", join(SOURCES, program), ...args]);
  const start = (program: string, args: readonly string[]): ChildProcess => {
    const [file = "", ...argv] = programOf(program, args);
    const child = spawn(file, argv, { env, stdio: ["ignore", "pipe", "pipe"] });
    for (const output of [child.stdout, child.stderr])
      createInterface({ input: output }).on("line", (line) => log.push(line.startsWith("{") ? JSON.parse(line) : { raw: line }));
    return child;
  };
  const executor = start("executor-main.ts", []);
  const agent = start("main.ts", ["run"]);
  const live = () => controller.streams.filter((s) => !s.call.cancelled && !s.call.writableEnded).at(-1);
  const stream = (): TestStream => {
    const there = live();
    if (!there) throw new Error("the agent is not connected");
    return there;
  };
  try {
    await eventually(() => existsSync(socketPath) || Promise.reject(new Error(`no executor: ${JSON.stringify(log)}`)));
    await eventually(stream);
  } catch (error) {
    agent.kill();
    executor.kill();
    await controller.stop();
    throw new Error(`The agent did not start: ${log.map((l) => JSON.stringify(l)).join("\n")}`, { cause: error });
  }
  return {
    ...{ machine, controller, stateDir, configDir, socketPath, log, stream, policy },
    cli: (...args) => {
      const [file = "", ...argv] = programOf("main.ts", args);
      // Not awaited in one piece: the controller lives in this process, and the agent gives up on one that does not answer.
      return new Promise((done) => {
        execFile(file, argv, { env, encoding: "utf8" }, (error, stdout, stderr) => {
          const code = error?.code;
          done({ status: error ? (typeof code === "number" ? code : null) : 0, stdout, stderr });
        });
      });
    },
    journals: () => readdirSync(join(executorState, "executions")),
    journal: (id) => readFileSync(join(executorState, "executions", id, "journal"), "latin1"),
    forgot: (id) => existsSync(join(executorState, "executions", id, "acknowledged")),
    agentMemoryBytes: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${agent.pid}/status`, "utf8"))?.[1]) * 1024,
    agentRuns: () => agent.exitCode === null,
    async stop() {
      const ends = [agent, executor].map((p) => new Promise((done) => (p.exitCode === null ? p.once("exit", done) : done(undefined))));
      agent.kill();
      executor.kill();
      await Promise.all(ends);
      await controller.stop();
      rmSync(root, { recursive: true, force: true });
    },
  };
}
