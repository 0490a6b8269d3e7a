import type { Command } from "commander";
import { feedSchema, feedsSchema } from "../../api/schemas/index.ts";
import type { Io } from "../io.ts";
import { printTable, when } from "../output.ts";
import { answer, sub } from "./command.ts";

export function addFeedCommands(program: Command, io: Io): void {
  const feed = program.command("feed").description("Where intelligence comes from");
  sub(feed, "list", "feeds with their age and problems").action((options) =>
    answer(
      io,
      options,
      async (client) => feedsSchema.parse(await client.get("/feeds")).rows,
      (rows) =>
        printTable(
          io,
          ["feed", "read", "records", "rejects", "problem"],
          rows.map((f) => [f.id, when(f.lastSuccessAt), f.records, f.rejects, f.lastProblem]),
          "No feed is configured: findings come from the endpoints' own repositories alone.",
        ),
    ),
  );
  sub(feed, "refresh <id>", "read a feed now").action((id: string, options) =>
    answer(
      io,
      options,
      async (client) => feedSchema.parse(await client.send("POST", `/feeds/${encodeURIComponent(id)}/refresh`)),
      (f) =>
        io.out(
          f.lastProblem
            ? `It failed: ${f.lastProblem}. What it said before stays in use.\n`
            : `${f.records} records, ${f.rejects} could not be read.\n`,
        ),
    ),
  );
}
