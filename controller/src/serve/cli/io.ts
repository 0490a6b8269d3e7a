import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Clock, systemClock } from "@breakwater/shared/core";
import { unreadableFile } from "./problems.ts";

/** What a command may touch, so that tests can hand in their own. */
export interface Io {
  out(text: string): void;
  err(text: string): void;
  /** All of standard input. */
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

/** What a shell tells of a program that SIGPIPE ended: 128 + 13. */
const ENDED_BY_SIGPIPE = 141;

export function systemIo(): Io {
  // Whoever reads us may have read enough, as `head` has: then this ends as SIGPIPE ends other programs, without a word.
  for (const stream of [process.stdout, process.stderr])
    stream.on("error", (cause: NodeJS.ErrnoException) => {
      if (cause.code === "EPIPE") process.exit(ENDED_BY_SIGPIPE);
      throw cause;
    });
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

function readStandardInput(): string {
  try {
    return readFileSync(0, "utf8");
  } catch (cause) {
    throw unreadableFile("Standard input", cause);
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
