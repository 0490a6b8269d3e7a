import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Clock, systemClock } from "@breakwater/shared/core";

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

export function systemIo(): Io {
  const base = process.env.XDG_CONFIG_HOME ?? join(homedir(), ".config");
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    readInput: () => readFileSync(0, "utf8"),
    streamsInput: true,
    ask: askTerminal,
    env: process.env,
    clock: systemClock,
    fetch,
    configFile: join(base, "breakwater", "config.json"),
  };
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
