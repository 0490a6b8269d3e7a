import { expectOk, formatInstant } from "@breakwater/shared/core";
import type { Command } from "commander";
import { judge, readJudgeFile } from "../../../act/health/index.ts";
import { readIntelDirectory } from "../../../know/intel/index.ts";
import { matchInventory, readInventoryFile } from "../../../know/matching/index.ts";
import { readText } from "../files.ts";
import type { Io } from "../io.ts";
import { printJson, printTable, round, state } from "../output.ts";

/** Commands that need no server: their JSON is a contract. */
export function addOfflineCommands(program: Command, io: Io): void {
  program
    .command("match")
    .description("Match an inventory with intelligence files; needs no server")
    .requiredOption("--intel <dir>", "feed files as published: OSV JSON or zip, KEV JSON, EPSS CSV")
    .requiredOption(
      "--inventory <file>",
      "our inventory JSON, a dpkg status file, rpm query output or a CycloneDX SBOM; - for standard input",
    )
    .option("--os <id:version>", "of what system the inventory is, as in debian:12, where the file does not say")
    .option("--json", "print one JSON value")
    .action(async (options: { intel: string; inventory: string; os?: string; json?: boolean }) => {
      const packages = expectOk(readInventoryFile(readText(io, options.inventory), options.os === undefined ? {} : { os: options.os }));
      const matches = matchInventory(packages, expectOk(await readIntelDirectory(options.intel)));
      if (options.json) return printJson(io, matches);
      const findings = matches.filter((m) => m.state === "open" || m.state === "no-fix").sort((a, b) => b.risk - a.risk);
      printTable(
        io,
        ["risk", "package", "version", "vulnerability", "fixed in", "state"],
        findings.map((m) => [round(m.risk), m.package, m.version, m.vulnerability, m.fixedVersion, m.state]),
        "Nothing in these feeds speaks against this inventory.",
      );
    });

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
