import { runProgram } from "../programs/index.ts";

/** Most that a tool may print before we stop reading: `dpkg-query` of 5,000 packages is about 1 MB. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

export interface Ran {
  /** Undefined when the tool was killed by a signal or could not be started. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

export type Run = (
  argv: readonly [string, ...string[]],
  options: { readonly env: Readonly<Record<string, string>>; readonly timeoutMs: number; readonly cwd?: string },
) => Promise<Ran>;

/**
 * Runs a tool that only looks or only downloads, without a shell, with exactly the given environment and no standard
 * input. Whatever changes the machine goes through a transaction unit instead, which nothing here can kill.
 */
export const runTool: Run = async ([file, ...args], options) => {
  const { exitCode, stdout, stderr, timedOut } = await runProgram(file, args, { ...options, maxBytes: MAX_OUTPUT_BYTES });
  return { exitCode, stdout: stdout.toString("utf8"), stderr: stderr.toString("utf8"), timedOut };
};
