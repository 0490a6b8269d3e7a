import { counted } from "@breakwater/shared/core";
import type { Command } from "commander";
import type { z } from "zod";
import { cmdbImportedSchema, cmdbSourcesSchema, gapPage, gapSchema } from "../../api/schemas/index.ts";
import { allRows } from "../client.ts";
import { readText, readYaml } from "../files.ts";
import type { Io } from "../io.ts";
import { plain, printTable, when } from "../output.ts";
import { answer, needsReason, sub, wholeNumber } from "./command.ts";

/** Examples shown; all are counted. */
const MAX_SHOWN = 10;
const HEADINGS: Readonly<Record<string, string>> = {
  "unknown-to-cmdb": "endpoints that no configuration database knows",
  "without-agent": "entries without an agent",
  neighbour: "neighbours without an agent",
  ambiguous: "entries that cannot be matched for certain",
  "retired-alive": "retired in the database, and alive",
  stale: "stale entries",
  "software-version": "software in another version than listed",
  "software-not-installed": "software that is listed and not installed",
  "software-unlisted": "software that is installed and not listed",
  matched: "entries with their endpoint",
};
const kinds = Object.keys(HEADINGS).join(", ");

/** What configuration databases say is there, beside what is. */
export function addCmdbCommands(program: Command, io: Io): void {
  const cmdb = program.command("cmdb").description("Configuration databases: what they say is there, and where it differs from what is");
  sub(cmdb, "import <file>", "take in an export (CSV or JSON), in place of what the same source brought before; - for standard input")
    .option("--source <name>", "what the database is called", "cmdb")
    .option("--mapping <file>", "YAML or JSON: which column is what, and what its words mean")
    .option("--format <format>", "csv or json, where the content does not tell")
    .action((file: string, options) =>
      answer(
        io,
        options,
        async (client) =>
          cmdbImportedSchema.parse(
            await client.send("POST", "/cmdb/imports", {
              ...{ source: options.source, content: readText(io, file) },
              ...(options.format ? { format: options.format } : {}),
              ...(options.mapping ? { mapping: readYaml(io, options.mapping) } : {}),
            }),
          ),
        (taken) => tellImport(io, taken),
      ),
    );
  sub(cmdb, "list", "what was imported, and when").action((options) =>
    answer(
      io,
      options,
      async (client) => cmdbSourcesSchema.parse(await client.get("/cmdb/sources")).rows,
      (rows) =>
        printTable(
          io,
          ["source", "imported", "by", "machines", "software", "set aside"],
          rows.map((s) => [plain(s.source), when(s.importedAt), s.importedBy, s.entries, s.software, s.setAsideCount]),
          "Nothing was imported. Take in an export with `breakwater cmdb import FILE`.",
        ),
    ),
  );
  needsReason(sub(cmdb, "remove <source>", "take out what a source brought")).action((source: string, options) =>
    answer(
      io,
      options,
      (client) => client.send("DELETE", `/cmdb/sources/${encodeURIComponent(source)}`, { reason: options.reason }),
      () => io.out("Removed.\n"),
    ),
  );
  sub(cmdb, "gaps", "where fleet, networks and configuration databases do not agree, in both directions")
    .option("--kind <kind>", `only one of: ${kinds}`)
    .option("--source <name>", "only against this database")
    .option("--search <text>", "part of a name, an address, an owner or a host")
    .option("--limit <n>", "at most this many", wholeNumber, 500)
    .option("--csv", "print CSV")
    .action(async (options) => {
      const query = { kind: options.kind, source: options.source, q: options.search };
      if (options.csv) return answer(io, {}, (client) => client.text(`/cmdb/gaps.csv?${asQuery(query)}`), io.out);
      return answer(
        io,
        options,
        async (client) => {
          const { rows: _, next: __, ...summary } = gapPage.parse(await client.get("/cmdb/gaps", { ...query, limit: 1 }));
          return { ...summary, rows: await allRows(client, "/cmdb/gaps", gapSchema, query, options.limit) };
        },
        (told) => tellGaps(io, told),
      );
    });
}

const asQuery = (given: Record<string, string | undefined>): string =>
  new URLSearchParams(Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined)).toString();

function tellImport(io: Io, taken: z.output<typeof cmdbImportedSchema>): void {
  const before = taken.before === null ? "" : `, ${taken.before} before`;
  io.out(`${plain(taken.source)}: ${counted(taken.entries, "machine")}${before}, ${counted(taken.software, "piece")} of software.\n`);
  for (const [field, columns] of Object.entries(taken.columns)) io.out(`  ${field} from ${columns.map(plain).join(", ")}\n`);
  if (taken.setAsideCount === 0) return;
  const rows = taken.setAside.filter((s) => s.what === "row").length;
  io.out(
    `${taken.setAsideCount} set aside (of the first ${taken.setAside.length}: ${counted(rows, "row")}, ${counted(taken.setAside.length - rows, "value")}):\n`,
  );
  const at = taken.format === "csv" ? "line" : "entry";
  for (const s of taken.setAside.slice(0, MAX_SHOWN)) io.out(`  ${at} ${s.place}: ${plain(s.reason)}\n`);
  if (taken.setAsideCount > MAX_SHOWN) io.out(`  and ${taken.setAsideCount - MAX_SHOWN} more\n`);
}

type Told = Omit<z.output<typeof gapPage>, "next"> & { rows: z.output<typeof gapSchema>[] };

function tellGaps(io: Io, told: Told): void {
  io.out(
    `${counted(told.endpoints, "endpoint")} beside ${counted(told.entries, "entry", "entries")}; software compared on ${told.softwareCompared}; `,
  );
  io.out(
    `${counted(told.neighbours.watching, "endpoint tells", "endpoints tell")} of neighbours${told.neighbours.cut > 0 ? `, ${told.neighbours.cut} of them not of all` : ""}.\n`,
  );
  for (const [kind, heading] of Object.entries(HEADINGS)) {
    const rows = told.rows.filter((r) => r.kind === kind);
    if (rows.length === 0) continue;
    io.out(`\n${told.counts[kind] ?? rows.length} ${heading}:\n`);
    printTable(io, ["name", "endpoint", "entry", "owner", "why"], rows.map(lineOf), "");
  }
  if (told.rows.length === 0) io.out("No gap was found.\n");
  if (told.total > told.rows.length) io.out(`\n${told.rows.length} of ${told.total} shown; see --limit.\n`);
}

const lineOf = (r: Told["rows"][number]) => [
  plain(r.name),
  plain(r.endpoints.map((e) => e.hostname).join(", ")) || "none",
  r.place === null ? "none" : `${plain(r.source)} ${r.place}`,
  plain(r.owner),
  plain(r.listed.length + r.installed.length > 0 ? `${r.why}: ${r.listed.join(", ") || "-"} / ${r.installed.join(", ") || "-"}` : r.why),
];
