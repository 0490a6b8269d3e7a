import { ProblemError } from "@breakwater/shared/core";
import { type Command, Option } from "commander";
import { exposureLevel, queueQuery, queueRowSchema, savedViewSchema, savedViewsSchema } from "../../api/schemas/index.ts";
import { allRows, type Client } from "../client.ts";
import type { Io } from "../io.ts";
import { plain, printTable, round, when } from "../output.ts";
import { answer, sub, wholeNumber } from "./command.ts";

/** What the queue can be narrowed by, as the console's address bar says it too. */
const FILTERS = ["q", "security", "kev", "simulated", "exposure", "sort"] as const;
type Filters = Partial<Record<(typeof FILTERS)[number], string>>;

export function addQueueCommands(program: Command, io: Io): void {
  sub(program, "queue", "pending patches, ranked by the risk that they remove")
    .option("--search <text>", "part of a package's name or a vulnerability's id")
    .option("--security", "security updates alone")
    .option("--kev", "only those that close something known to be exploited")
    .addOption(new Option("--exposure <level>", "only those that close something reached so far").choices(exposureLevel.options))
    .addOption(new Option("--sort <order>", "in which order").choices(queueQuery.shape.sort.unwrap().options))
    .option("--view <name>", "with the filters that were saved under a name, here or in the console; others given beside it count more")
    .option("--save <name>", "save these filters under a name; the same name again replaces it")
    .option("--limit <n>", "at most this many", wholeNumber, 30)
    .action((options) =>
      answer(
        io,
        options,
        async (client) => {
          const given: Filters = {
            ...(options.search === undefined ? {} : { q: options.search }),
            ...(options.security ? { security: "true" } : {}),
            ...(options.kev ? { kev: "true" } : {}),
            ...(options.exposure === undefined ? {} : { exposure: options.exposure }),
            ...(options.sort === undefined ? {} : { sort: options.sort }),
          };
          const filters = { ...(options.view === undefined ? {} : await filtersOf(client, options.view)), ...given };
          if (options.save !== undefined) await client.send("POST", "/views", { name: options.save, address: addressOf(filters) });
          return allRows(client, "/queue", queueRowSchema, filters, options.limit);
        },
        (rows) => {
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
            // Filters may be the view's.
            "Nothing is pending on endpoints that have told their inventory, or nothing that these filters let through.",
          );
          if (options.save !== undefined) io.out(`Saved as ${plain(options.save)}.\n`);
        },
      ),
    );

  const view = program.command("view").description("Filters that you have named, here or in the console");
  sub(view, "list", "your named filters").action((options) =>
    answer(
      io,
      options,
      async (client) => savedViewsSchema.parse(await client.get("/views")).rows,
      (rows) =>
        printTable(
          io,
          ["id", "name", "filter", "saved"],
          rows.map((v) => [v.id, plain(v.name), plain(v.address), when(v.createdAt)]),
          "No filter is saved: `breakwater queue ... --save NAME` does so.",
        ),
    ),
  );
  sub(view, "remove <name>", "remove a named filter of yours, by its name or id").action((name: string, options) =>
    answer(
      io,
      options,
      async (client) => client.send("DELETE", `/views/${encodeURIComponent((await viewOf(client, name)).id)}`),
      () => io.out("Removed.\n"),
    ),
  );
}

/** One's own by name; anybody's by the id in its link. */
async function viewOf(client: Client, name: string) {
  const { rows } = savedViewsSchema.parse(await client.get("/views"));
  const own = rows.find((v) => v.name === name || v.id === name);
  if (own) return own;
  if (/^sv_[0-9a-z]+$/.test(name)) return savedViewSchema.parse(await client.get(`/views/${name}`));
  throw new ProblemError({
    code: "view-unknown",
    message: `No filter of yours is named ${name}.`,
    next: "`breakwater view list` names them.",
  });
}

async function filtersOf(client: Client, name: string): Promise<Filters> {
  const { address } = await viewOf(client, name);
  const url = new URL(address, "http://console");
  if (url.pathname !== "/queue")
    throw new ProblemError({
      code: "view-elsewhere",
      message: `${name} is a filter of ${url.pathname.slice(1)}, not of the queue.`,
      next: "`breakwater view list` says what each is of.",
    });
  return Object.fromEntries(FILTERS.flatMap((key) => (url.searchParams.get(key) ? [[key, url.searchParams.get(key)]] : [])));
}

function addressOf(filters: Filters): string {
  const query = new URLSearchParams(Object.entries(filters)).toString();
  return query === "" ? "/queue" : `/queue?${query}`;
}
