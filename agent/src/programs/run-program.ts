import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import type { Readable } from "node:stream";

/** A program that does not end when it is asked to is ended after this. */
const PATIENCE_MS = 5_000;

export interface ProgramOptions {
  /** The whole environment; this process's own where it is left out. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What it reads from its standard input, which is empty otherwise. */
  readonly input?: string;
  readonly timeoutMs: number;
  /** Most that each of its two outputs may have; more ends it. */
  readonly maxBytes: number;
  readonly stopped?: AbortSignal;
  /** Whoever reads `stdout` himself keeps it out of the result. */
  readonly readsStdout?: boolean;
}

export interface ProgramEnd {
  /** Undefined when a signal ended it, or it could not be started. */
  readonly exitCode: number | undefined;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  readonly timedOut: boolean;
  /** Undefined when it ended by itself with 0; otherwise what happened, as a part of a sentence: "was ended by SIGKILL". */
  readonly failure: string | undefined;
}

export interface RunningProgram {
  readonly pid: number | undefined;
  readonly stdout: Readable;
  /** Never rejects. */
  readonly ended: Promise<ProgramEnd>;
}

/** None of them outlives this process, where it can be helped. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/**
 * Starts a program without a shell, with a deadline, a limit of what it may print and exactly the environment that is given. A few
 * lines over node:child_process on purpose: a library for it takes 6 MB of a process that runs for years.
 */
export function startProgram(file: string, args: readonly string[], options: ProgramOptions): RunningProgram {
  const { env, cwd, input } = options;
  const settings: SpawnOptions = { stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"] };
  const child = spawn(file, args, { ...settings, ...(env ? { env } : {}), ...(cwd === undefined ? {} : { cwd }) });
  running.add(child);
  let cause: string | undefined;
  let force: NodeJS.Timeout | undefined;
  const { stdout, stderr } = child as ChildProcess & { stdout: Readable; stderr: Readable };
  /** What it started itself may hold on to its outputs, and is not waited for. */
  const letGo = (): void => {
    stdout.destroy();
    stderr.destroy();
  };
  const end = (why: string): void => {
    cause ??= why;
    if (child.kill("SIGTERM")) force ??= setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
    else letGo();
  };
  const timer = setTimeout(() => end(TIMED_OUT), options.timeoutMs);
  const onStop = (): void => end("was stopped");
  if (options.stopped?.aborted) onStop();
  options.stopped?.addEventListener("abort", onStop, { once: true });

  const keep = (from: Readable): (() => Buffer) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    from.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= options.maxBytes) chunks.push(chunk);
      else end("printed more than is taken");
    });
    return () => Buffer.concat(chunks);
  };
  const said = { stdout: options.readsStdout ? () => Buffer.alloc(0) : keep(stdout), stderr: keep(stderr) };
  // It may end before it has read what it is given.
  child.stdin?.on("error", () => {});
  child.stdin?.end(input);

  const ended = new Promise<ProgramEnd>((resolve) => {
    const settle = (exitCode: number | null, failure: string | undefined): void => {
      running.delete(child);
      clearTimeout(timer);
      clearTimeout(force);
      options.stopped?.removeEventListener("abort", onStop);
      const timedOut = failure === TIMED_OUT;
      resolve({ exitCode: exitCode ?? undefined, stdout: said.stdout(), stderr: said.stderr(), timedOut, failure });
    };
    child.once("error", (error: NodeJS.ErrnoException) => {
      // Also told when it could not be sent a signal; then it still runs.
      if (child.pid === undefined) settle(null, error.code === "ENOENT" ? NOT_INSTALLED : `could not be started (${error.code})`);
    });
    child.once("exit", () => {
      if (cause !== undefined) letGo();
    });
    child.once("close", (exitCode, signal) => {
      if (child.pid === undefined) return;
      settle(exitCode, cause ?? (signal ? `was ended by ${signal}` : exitCode === 0 ? undefined : `failed with ${exitCode}`));
    });
  });
  return { pid: child.pid, stdout, ended };
}

const TIMED_OUT = "did not end in time";
/** A program of that name is not there; so would be said of a working directory that is not there. */
export const NOT_INSTALLED = "is not installed";

/** The same to its end. */
export const runProgram = (file: string, args: readonly string[], options: ProgramOptions): Promise<ProgramEnd> =>
  startProgram(file, args, options).ended;
