import { counted } from "@breakwater/shared/core";
import type { Command } from "commander";
import { overviewSchema } from "../../api/schemas/index.ts";
import type { Io } from "../io.ts";
import { when } from "../output.ts";
import { answer, sub } from "./command.ts";

/** The whole fleet at a glance. */
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
        for (const n of o.next.slice(0, 5)) io.out(`\n${when(n.at)}  ${n.title} (${counted(n.endpoints, "endpoint")})\n`);
      },
    ),
  );
}
