import { readSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Clock, systemClock } from "@breakwater/shared/core";
import { EXIT, tellProblem, unreadableFile, unwritableFile } from "./problems.ts";

/** What a command may touch, so that tests can hand in their own. */
export interface Io {
  out(text: string): void;
  err(text: string): void;
  /** All of standard input. @throws file-unreadable */
  readInput(): string;
  /** Whether standard input may be read piece by piece; where not, `readInput` has it all. */
  readonly streamsInput?: boolean;
  /** Asks on the terminal; undefined where there is none. `hidden` shows nothing of what is typed. */
  ask(question: string, hidden: boolean): Promise<string | undefined>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly fetch: typeof fetch;
  readonly configFile: string;
}

export function systemIo(): Io {
  endWithReader();
  const base = process.env.XDG_CONFIG_HOME ?? join(homedir(), ".config");
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    readInput: readStandardInput,
    streamsInput: true,
    ask: askTerminal,
    env: process.env,
    clock: systemClock,
    fetch,
    configFile: join(base, "breakwater", "config.json"),
  };
}

/** Whoever reads what we print may stop early, as `head` does; a program that is not Node.js dies by SIGPIPE then, and says nothing. */
function endWithReader(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(EXIT.brokenPipe);
      // Nothing more can be said where it is standard error itself that fails.
      if (stream === process.stdout) process.stderr.write(tellProblem(unwritableFile("Standard output", error).problem));
      process.exit(EXIT.problem);
    });
}

const CHUNK_BYTES = 64 * 1024;
const RETRY_MS = 10;

/** Not `readFileSync(0)`: that gives up where a standard input that does not block has nothing yet. */
function readStandardInput(): string {
  const chunks: Buffer[] = [];
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    try {
      const read = readSync(0, chunk);
      if (read === 0) return Buffer.concat(chunks).toString("utf8");
      chunks.push(chunk.subarray(0, read));
    } catch (cause) {
      const code = cause instanceof Error && "code" in cause ? cause.code : "";
      if (code === "EOF") return Buffer.concat(chunks).toString("utf8");
      if (code !== "EAGAIN") throw unreadableFile("-", cause);
      Atomics.wait(sleeper, 0, 0, RETRY_MS);
    }
  }
}

async function askTerminal(question: string, hidden: boolean): Promise<string | undefined> {
  if (!process.stdin.isTTY) return undefined;
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: true });
  process.stderr.write(question);
  // readline echoes through this method only.
  if (hidden) (lines as unknown as { _writeToOutput(text: string): void })._writeToOutput = () => {};
  try {
    return await new Promise((answer) => lines.question("", answer));
  } finally {
    lines.close();
    if (hidden) process.stderr.write("\n");
  }
}
