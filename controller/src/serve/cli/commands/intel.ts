import { counted, expectOk } from "@breakwater/shared/core";
import type { Command } from "commander";
import { readIntelDirectory } from "../../../know/intel/index.ts";
import { feedSchema, feedsSchema } from "../../api/schemas/index.ts";
import type { Io } from "../io.ts";
import { plain, printJson, printTable, when } from "../output.ts";
import { answer, sub } from "./command.ts";
import { addBundleCommands } from "./intel-bundle.ts";

/** How old what the feeds say is, and what was set aside of it. */
export function addIntelCommands(program: Command, io: Io): void {
  const intel = program.command("intel").description("What is known of vulnerabilities, and how fresh it is");
  addFeedCommands(intel, io);
  addFeedCommands(program.command("feed").description("The same, of where it comes from"), io);
  addBundleCommands(intel, io);
  sub(intel, "check <dir>", "what could be read of a directory of feed files, and what not; needs no server").action(
    async (directory: string, options: { json?: boolean }) => {
      const { files, refused, rejects } = expectOk(await readIntelDirectory(directory));
      if (options.json) return printJson(io, { files, refused, rejects });
      printTable(
        io,
        ["file", "kind", "records", "set aside"],
        files.map((f) => [plain(f.path), f.kinds.join(", "), f.records, f.rejects]),
        "There is no feed file in it.",
      );
      for (const { record, reason } of [...refused, ...rejects]) io.out(`${plain(record)}: ${plain(reason)}\n`);
    },
  );
}

const fetchedSoFar = ({ done, total }: { readonly done: number; readonly total: number }, problem: string): string =>
  `${done} of ${counted(total, "record")} fetched${problem === "" ? "" : ", and kept: the next reading goes on there"}`;

/** The same under the name of what it lists. */
function addFeedCommands(parent: Command, io: Io): void {
  sub(parent, "list", "feeds with their age, records, rejects and problems").action((options) =>
    answer(
      io,
      options,
      async (client) => feedsSchema.parse(await client.get("/feeds")).rows,
      (rows) => {
        const now = io.clock.now();
        printTable(
          io,
          ["feed", "kind", "age", "read", "records", "set aside", "model", "problem"],
          rows.map((f) => [
            f.id,
            f.kind,
            ageOf(now, f.lastSuccessAt),
            when(f.lastSuccessAt),
            f.records,
            f.rejects,
            f.modelVersion || null,
            plain(f.lastProblem) || null,
          ]),
          "No feed is configured: findings come from the endpoints' own repositories alone.",
        );
        for (const { id, progress, lastProblem } of rows) if (progress) io.out(`${id}: ${fetchedSoFar(progress, lastProblem)}\n`);
        for (const feed of rows) if (feed.modelChange) io.out(`${feed.id}: ${plain(feed.modelChange)}\n`);
        for (const feed of rows)
          for (const { record, reason } of feed.recentRejects) io.out(`${feed.id}: ${plain(record)}: ${plain(reason)}\n`);
      },
    ),
  );
  sub(parent, "refresh <feed>", "read a feed now").action((feed: string, options: { json?: boolean }) =>
    answer(
      io,
      options,
      async (client) => feedSchema.parse(await client.send("POST", `/feeds/${encodeURIComponent(feed)}/refresh`)),
      (f) =>
        io.out(
          f.lastProblem === ""
            ? `${f.id}: ${counted(f.records, "record")}, ${f.rejects} set aside\n`
            : `${f.id}: ${plain(f.lastProblem)}; ${f.progress ? fetchedSoFar(f.progress, f.lastProblem) : "what it said before stays in use"}\n`,
        ),
    ),
  );
}

const HOUR_MS = 3_600_000;
const ageOf = (now: number, at: string | null): string =>
  at === null ? "never read" : `${Math.round((now - Date.parse(at)) / HOUR_MS)} h`;
