import { fail, ok, type Result } from "@breakwater/shared/core";
import { type ExecaError, execa } from "execa";
import type { ProgramOptions } from "../programs/index.ts";

type Command = readonly [file: string, ...args: string[]];

/**
 * Runs a program whose output a second one reads. @returns what that one prints, as bytes
 * @param lower puts the first one last in line
 */
export async function runPiped(
  [file, ...args]: Command,
  [second, ...rest]: Command,
  { env, cwd, timeoutMs, maxBytes }: ProgramOptions,
  lower: (pid: number | undefined) => void,
): Promise<Result<Buffer>> {
  const settings = {
    timeout: timeoutMs,
    maxBuffer: maxBytes,
    extendEnv: false,
    env: { ...env },
    encoding: "buffer",
    // These are bytes of archives as well as text.
    stripFinalNewline: false,
    ...(cwd === undefined ? {} : { cwd }),
  } as const;
  try {
    const first = execa(file, args, { ...settings, stdin: "ignore" });
    lower(first.pid);
    return ok(Buffer.from((await first.pipe(second, rest, settings)).stdout));
  } catch (error) {
    return fail({ code: "tool-failed", message: tell(file, error as ExecaError) });
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
