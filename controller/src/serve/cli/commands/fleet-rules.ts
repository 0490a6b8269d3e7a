import { counted } from "@breakwater/shared/core";
import type { Command } from "commander";
import { calendarsSchema, fleetFileSchema, fleetFileTakenSchema, redundanciesSchema, sitesSchema } from "../../api/schemas/index.ts";
import { readText } from "../files.ts";
import type { Io } from "../io.ts";
import { printTable } from "../output.ts";
import { answer, sub } from "./command.ts";

/** What operators say of their fleet: looked at as tables, changed as one file that can be kept under version control. */
export function addFleetRulesCommands(program: Command, io: Io): void {
  const fleet = program.command("fleet").description("Sites, redundancy groups, calendar and what is said of endpoints, as one file");
  sub(fleet, "export", "print the fleet file")
    .option("--format <format>", "yaml or json", "yaml")
    .action((options) =>
      answer(
        io,
        options,
        async (client) => fleetFileSchema.parse(await client.get(`/fleet-file?format=${encodeURIComponent(options.format)}`)),
        ({ file }) => io.out(file),
      ),
    );
  sub(fleet, "import <file>", "take in a fleet file, the whole of it or nothing; - for standard input").action((file: string, options) =>
    answer(
      io,
      options,
      async (client) => fleetFileTakenSchema.parse(await client.send("PUT", "/fleet-file", { file: readText(io, file) })),
      (t) =>
        io.out(
          `Taken in: ${counted(t.sites, "site")}, ${counted(t.redundancyGroups, "redundancy group")}, ${counted(t.calendar, "entry", "entries")} of the calendar, ${counted(t.endpoints, "endpoint")}.\n`,
        ),
    ),
  );
  sub(program, "sites", "sites and how much may change there at once").action((options) =>
    answer(
      io,
      options,
      async (client) => sitesSchema.parse(await client.get("/sites")),
      ({ rows }) =>
        printTable(
          io,
          ["site", "endpoints", "at once"],
          rows.map((s) => [s.id, s.endpoints, s.maxConcurrent]),
          "No site has a limit. Set one with `breakwater fleet import`.",
        ),
    ),
  );
  sub(program, "groups", "redundancy groups and how many members each needs").action((options) =>
    answer(
      io,
      options,
      async (client) => redundanciesSchema.parse(await client.get("/redundancy-groups")),
      ({ rows }) =>
        printTable(
          io,
          ["group", "members", "connected", "needed"],
          rows.map((g) => [g.id, g.members, g.connected, g.minHealthy]),
          "There is no redundancy group. Make one with `breakwater fleet import`.",
        ),
    ),
  );
  sub(program, "calendar", "blackouts and business events").action((options) =>
    answer(
      io,
      options,
      async (client) => calendarsSchema.parse(await client.get("/calendar")),
      ({ rows }) =>
        printTable(
          io,
          ["name", "kind", "rule", "zone", "for"],
          rows.map((c) => [c.name, c.kind, JSON.stringify(c.rule), c.timezone, c.tags.join(", ") || "all endpoints"]),
          "The calendar is empty. Fill it with `breakwater fleet import`.",
        ),
    ),
  );
}
