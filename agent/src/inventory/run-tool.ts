import { setPriority } from "node:os";
import { createInterface } from "node:readline";
import { fail, ok, type Result } from "@breakwater/shared/core";
import { type ProgramEnd, startProgram } from "../programs/index.ts";

/** Looking must never be felt by what the machine is for. */
const NICENESS = 15;
// Without /usr/local: what an administrator put there under the name of a tool (wrappers of apt are common) answers differently.
const PATH = "/usr/sbin:/usr/bin:/sbin:/bin";
const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;

export interface ToolOptions {
  readonly timeoutMs: number;
  readonly maxBytes?: number;
  readonly cwd?: string;
  /** A second program that reads the first one's output; its output is the answer then. */
  readonly pipeTo?: readonly [file: string, ...args: string[]];
}

/** The whole environment of a tool: a fixed language, and the way out of networks behind a proxy. Nothing else of ours. */
function environment(): Record<string, string> {
  const env: Record<string, string> = { PATH, LC_ALL: "C.UTF-8", HOME: "/nonexistent", DEBIAN_FRONTEND: "noninteractive" };
  for (const name of ["http_proxy", "https_proxy", "no_proxy"]) if (process.env[name]) env[name] = process.env[name];
  return env;
}

/** Runs a program that only looks: niced, with deadline, limit and a clean environment. @returns its stdout as bytes. */
export async function runTool(file: string, args: readonly string[], options: ToolOptions): Promise<Result<Buffer>> {
  const { timeoutMs, maxBytes = DEFAULT_MAX_BYTES, cwd, pipeTo } = options;
  const limits = { env: environment(), timeoutMs, maxBytes, ...(cwd ? { cwd } : {}) };
  // Two programs at once need a library that the agent itself, which never pipes, should not carry.
  if (pipeTo) return (await import("./run-piped.ts")).runPiped([file, ...args], pipeTo, limits, lower);
  const program = startProgram(file, args, limits);
  lower(program.pid);
  const end = await program.ended;
  return end.failure === undefined ? ok(end.stdout) : fail({ code: "tool-failed", message: tell(file, end) });
}

export async function runText(file: string, args: readonly string[], options: ToolOptions): Promise<Result<string>> {
  const answer = await runTool(file, args, options);
  return answer.ok ? ok(answer.value.toString("utf8")) : answer;
}

/** The same of a program that prints more than is kept: its lines, one after another. @throws Error with a plain reason */
export async function* toolLines(file: string, args: readonly string[], options: Pick<ToolOptions, "timeoutMs">): AsyncGenerator<string> {
  const limits = { env: environment(), timeoutMs: options.timeoutMs, maxBytes: DEFAULT_MAX_BYTES, readsStdout: true };
  const program = startProgram(file, args, limits);
  lower(program.pid);
  yield* createInterface({ input: program.stdout });
  const end = await program.ended;
  if (end.failure !== undefined) throw new Error(tell(file, end));
}

function lower(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, NICENESS);
  } catch {
    // It has ended already, or niceness is forbidden here; the answer is the same.
  }
}

function tell(file: string, { failure, stderr, exitCode }: ProgramEnd): string {
  const said = exitCode === undefined ? "" : stderr.toString("utf8").trim().slice(-500);
  return `${file} ${failure}${said === "" ? "." : `: ${said}`}`;
}
