import { setPriority } from "node:os";
import { fail, ok, type Result } from "@breakwater/shared/core";
import { type ExecaError, execa } from "execa";

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
  const settings = {
    timeout: options.timeoutMs,
    maxBuffer: options.maxBytes ?? DEFAULT_MAX_BYTES,
    extendEnv: false,
    env: environment(),
    stdin: "ignore",
    encoding: "buffer",
    // These are bytes of archives as well as text.
    stripFinalNewline: false,
    ...(options.cwd ? { cwd: options.cwd } : {}),
  } as const;
  try {
    const first = execa(file, args, settings);
    lower(first.pid);
    if (!options.pipeTo) return ok(Buffer.from((await first).stdout));
    const [second, ...rest] = options.pipeTo;
    const { stdin: _, ...piped } = settings;
    return ok(Buffer.from((await first.pipe(second, rest, piped)).stdout));
  } catch (error) {
    return fail({ code: "tool-failed", message: tell(file, error as ExecaError) });
  }
}

export async function runText(file: string, args: readonly string[], options: ToolOptions): Promise<Result<string>> {
  const answer = await runTool(file, args, options);
  return answer.ok ? ok(answer.value.toString("utf8")) : answer;
}

/** The same of a program that prints more than is kept: its lines, one after another. @throws Error with a plain reason */
export async function* toolLines(file: string, args: readonly string[], options: Pick<ToolOptions, "timeoutMs">): AsyncGenerator<string> {
  const running = execa(file, args, {
    timeout: options.timeoutMs,
    extendEnv: false,
    env: environment(),
    stdin: "ignore",
    buffer: { stdout: false },
  });
  lower(running.pid);
  try {
    yield* running;
  } catch (error) {
    throw new Error(tell(file, error as ExecaError));
  }
}

function lower(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, NICENESS);
  } catch {
    // It has ended already, or niceness is forbidden here; the answer is the same.
  }
}

function tell(file: string, error: ExecaError): string {
  if (error.timedOut) return `${file} did not end in time.`;
  if (error.isMaxBuffer) return `${file} printed more than is taken.`;
  if (error.code === "ENOENT") return `${file} is not installed.`;
  const said = Buffer.from((error.stderr as unknown as Uint8Array | undefined) ?? "")
    .toString("utf8")
    .trim();
  return `${file} failed${error.exitCode === undefined ? "" : ` with ${error.exitCode}`}: ${said.slice(-500) || error.shortMessage}`;
}
