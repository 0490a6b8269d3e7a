import type { Command } from "commander";
import { overviewSchema, queueRowSchema } from "../../api/schemas/index.ts";
import { allRows } from "../client.ts";
import type { Io } from "../io.ts";
import { printTable, round, when } from "../output.ts";
import { answer, sub, wholeNumber } from "./command.ts";

/** The whole fleet at a glance: how it stands, and what its endpoints could be given. */
export function addFleetCommands(program: Command, io: Io): void {
  sub(program, "status", "the state of the fleet in one sentence, and what waits for you").action((options) =>
    answer(
      io,
      options,
      async (client) => overviewSchema.parse(await client.get("/overview")),
      (o) => {
        io.out(`${o.sentence}\n`);
        for (const d of o.decisions)
          io.out(`\n${d.title}\n  ${d.detail} Answers: ${d.answers.join(", ")} (${d.deploymentId ?? d.planId}).\n`);
        for (const n of o.next.slice(0, 5)) io.out(`\n${when(n.at)}  ${n.title} (${n.endpoints} endpoints)\n`);
      },
    ),
  );

  sub(program, "queue", "pending patches, ranked by the risk that they remove")
    .option("--limit <n>", "at most this many", wholeNumber, 30)
    .action((options) =>
      answer(
        io,
        options,
        (client) => allRows(client, "/queue", queueRowSchema, {}, options.limit),
        (rows) =>
          printTable(
            io,
            ["patch", "risk", "endpoints", "findings", "exploited", "epss", "why"],
            rows.map((q) => [
              `${q.sourceName}@${q.toVersion}`,
              q.described || q.findings > 0 ? round(q.riskRemoved) : "unknown",
              q.endpoints,
              q.described || q.findings > 0 ? q.findings : "unknown",
              q.kev ? "yes" : "",
              q.epssHighest === null ? "" : round(q.epssHighest, 2),
              q.why[0],
            ]),
            "Nothing is pending on endpoints that have told their inventory.",
          ),
      ),
    );
}
