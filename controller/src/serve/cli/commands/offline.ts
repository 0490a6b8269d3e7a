import { expectOk, formatInstant } from "@breakwater/shared/core";
import type { Command } from "commander";
import { judge, readJudgeFile } from "../../../act/health/index.ts";
import { readText } from "../files.ts";
import type { Io } from "../io.ts";
import { printJson, printTable, round, state } from "../output.ts";

/** Commands that need no server: their JSON is a contract. */
export function addOfflineCommands(program: Command, io: Io): void {
  program
    .command("judge")
    .description("Judge a patch from samples before and after it; needs no server")
    .requiredOption("--input <file>", "JSON lines: a header, then one sample a line; - for standard input")
    .option("--json", "print one JSON value")
    .action((options: { input: string; json?: boolean }) => {
      const input = expectOk(readJudgeFile(readText(io, options.input).split("\n")));
      const { verdict, decidedAt, metrics } = judge(input);
      const said = { verdict, decidedAt: formatInstant(decidedAt), metrics };
      if (options.json) return printJson(io, said);
      io.out(`${state(verdict)}, decided by the samples up to ${said.decidedAt}\n`);
      printTable(
        io,
        ["metric", "verdict", "effect", "evidence"],
        metrics.map((m) => [m.metric, state(m.verdict), m.effect === null ? null : round(m.effect, 3), m.evidence.sentence]),
        "No metric was judged.",
      );
    });
}
