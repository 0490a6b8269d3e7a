import { text } from "node:stream/consumers";
import { type Problem, printable } from "@breakwater/shared/core";

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/**
 * As the unit starts it, and as it starts itself for one look (see startApart), nothing is loaded but what that takes: what reads
 * command lines, diagnoses and enrols would stay in memory for as long as the agent runs.
 */
const OWN_COMMANDS: Readonly<Record<string, () => Promise<void>>> = {
  run: async () => (await import("./cli/stay.ts")).stay({}),
  collect: async () => say(await (await import("./cli/collect-apart.ts")).collectHere(await text(process.stdin))),
  describe: async () => (await import("./cli/describe-apart.ts")).describeHere(await text(process.stdin), say),
  "scan-components": async () => (await import("./cli/scan-apart.ts")).scanHere(await text(process.stdin)),
};

async function main([command = "", ...flags]: readonly string[]): Promise<void> {
  const own = flags.length === 0 && Object.hasOwn(OWN_COMMANDS, command) ? OWN_COMMANDS[command] : undefined;
  try {
    await (own ? own() : (await import("./cli/program.ts")).createProgram().parseAsync());
  } catch (error) {
    // Its class is not ours: `run` is bundled by itself.
    const { problem } = error as { problem?: Problem };
    if (!(error instanceof Error) || problem === undefined) throw error;
    const { code, message, next } = problem;
    process.stderr.write(printable(`${code}: ${message}\n${next ? `${next}\n` : ""}`));
    process.exitCode = 1;
  }
}

await main(process.argv.slice(2));
