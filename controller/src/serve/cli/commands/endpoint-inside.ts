import { addMs, formatInstant, hours } from "@breakwater/shared/core";
import type { Command } from "commander";
import type { z } from "zod";
import { exposureSchema, healthSchema, historyPage, packageRowSchema } from "../../api/schemas/index.ts";
import { allRows } from "../client.ts";
import type { Io } from "../io.ts";
import { plain, printTable, round, state, when } from "../output.ts";
import { answer, sub, wholeNumber } from "./command.ts";

type Update = NonNullable<z.infer<typeof packageRowSchema>["update"]>;
type Exposure = z.infer<typeof exposureSchema>;
type Health = z.infer<typeof healthSchema>;

/** What one endpoint holds, how it is reached, how it feels, and what happened to it. */
export function addEndpointInsideCommands(endpoint: Command, io: Io): void {
  sub(endpoint, "packages <id>", "what is installed, what may be updated, and the findings of each")
    .option("--search <text>", "part of the name")
    .option("--upgradable", "only those with a pending update")
    .option("--limit <n>", "at most this many", wholeNumber, 500)
    .action((id: string, options) =>
      answer(
        io,
        options,
        (client) =>
          allRows(client, pathOf(id, "packages"), packageRowSchema, { q: options.search, updatesOnly: options.upgradable }, options.limit),
        (rows) => {
          printTable(
            io,
            ["package", "version", "arch", "update to", "from", "fixes", "findings"],
            rows.map((p) => [
              `${plain(p.name)}${p.held ? " (held)" : ""}`,
              plain(p.version),
              plain(p.architecture),
              p.update ? `${plain(p.update.to)}${besides(p.update)}` : "",
              p.update ? `${plain(p.update.origin)} ${plain(p.update.suite)}${p.update.security ? " (security)" : ""}` : "",
              p.update ? fixes(p.update.cves) : "",
              p.openFindings,
            ]),
            "No package is known that this asks for. Where no inventory was taken, that says nothing; see `breakwater endpoint show`.",
          );
          if (rows.length === options.limit) io.out(`The first ${rows.length} are shown; there may be more (--limit).\n`);
        },
      ),
    );
  sub(endpoint, "exposure <id>", "address, process, package: how what it holds can be reached").action((id: string, options) =>
    answer(
      io,
      options,
      async (client) => exposureSchema.parse(await client.get(pathOf(id, "exposure"))),
      (exposure) => printExposure(io, exposure),
    ),
  );
  sub(endpoint, "health <id>", "the newest value of each metric and check, and its course")
    .option("--hours <n>", "how far back the course goes", wholeNumber, 1)
    .option("--metrics <names>", "only these, separated by commas")
    .action((id: string, options) =>
      answer(
        io,
        options,
        async (client) =>
          healthSchema.parse(
            await client.get(pathOf(id, "health"), {
              from: formatInstant(addMs(io.clock.now(), -hours(options.hours))),
              metrics: options.metrics,
            }),
          ),
        (health) => printHealth(io, health, options.metrics?.split(",")),
      ),
    );
  sub(endpoint, "history <id>", "what happened to it and what was carried out on it, newest first")
    .option("--limit <n>", "at most this many events, 500 at once", wholeNumber, 50)
    .option("--before <cursor>", "events before these: what --json gives as `next`")
    .action((id: string, options) =>
      answer(
        io,
        options,
        async (client) =>
          historyPage.parse(await client.get(pathOf(id, "history"), { limit: Math.min(options.limit, 500), cursor: options.before })),
        ({ rows, executions, next }) => {
          printTable(
            io,
            ["at", "what", "who", "details"],
            rows.map((e) => [when(e.at), plain(e.type), plain(e.actor), detailsOf(e.data)]),
            "Nothing has happened to it.",
          );
          if (next) io.out(`There are older ones: --before ${next}\n`);
          io.out("\n");
          printTable(
            io,
            ["execution", "deployment", "wave", "state", "why", "begun", "ended"],
            executions.map((x) => [
              x.id,
              `${x.deploymentId} ${plain(x.title)}`,
              x.wave + 1,
              state(x.state),
              plain([x.failureClass, x.message].filter((part) => part !== "").join(": ")),
              when(x.startedAt),
              when(x.finishedAt),
            ]),
            "Nothing was ever carried out on it.",
          );
        },
      ),
    );
}

const pathOf = (id: string, part: string): string => `/endpoints/${encodeURIComponent(id)}/${part}`;

/** What nobody has read yet is not "nothing". */
function fixes(cves: readonly string[] | null): string {
  if (cves === null) return "not known yet";
  return cves.length > 3
    ? `${cves.slice(0, 3).map(plain).join(", ")} and ${cves.length - 3} more`
    : cves.map(plain).join(", ") || "none named";
}

const packagesOf = (packages: Exposure["loaded"]): string =>
  packages.map((p) => `${plain(p.name)}${p.openFindings > 0 ? ` (${p.openFindings}, risk ${round(p.riskHighest)})` : ""}`).join(", ");

function printExposure(io: Io, { inventoryAt, declaredExposure, listeners, loaded }: Exposure): void {
  if (inventoryAt === null) {
    io.out("No inventory was ever taken: how it can be reached is unknown.\n");
    return;
  }
  io.out(`As of ${when(inventoryAt)}${declaredExposure ? `; operators say that it is reached as ${plain(declaredExposure)}` : ""}.\n\n`);
  printTable(
    io,
    ["address", "reach", "process", "unit", "packages (open findings)"],
    listeners.map((l) => [
      `${plain(l.protocol)} ${plain(l.address)}:${l.port}${l.namespace ? ` in ${plain(l.namespace)}` : ""}`,
      l.scope,
      plain(l.process) || "unknown",
      plain(l.unit),
      packagesOf(l.packages) || "unknown",
    ]),
    "No process was seen to listen.",
  );
  io.out(`\nLoaded by processes that listen nowhere: ${packagesOf(loaded) || "none was seen"}\n`);
}

/** A sample is told with its moment: an old one says nothing of now. */
function printHealth(io: Io, { latest, series, patches, from, to }: Health, metrics: readonly string[] | undefined): void {
  const course = new Map(series.map((s) => [`${s.metric}\n${s.subject}`, s.points]));
  printTable(
    io,
    ["metric", "of", "newest", "at", "lowest", "mean", "highest"],
    latest
      .filter((sample) => metrics === undefined || metrics.includes(sample.metric))
      .map((sample) => {
        const points = course.get(`${sample.metric}\n${sample.subject}`) ?? [];
        const mean = points.reduce((sum, p) => sum + p.mean, 0) / points.length;
        return [
          plain(sample.metric),
          plain(sample.subject),
          round(sample.value, 2),
          when(sample.at),
          ...(points.length === 0
            ? ["no sample", "no sample", "no sample"]
            : [
                round(
                  points.reduce((low, p) => Math.min(low, p.min), Number.POSITIVE_INFINITY),
                  2,
                ),
                round(mean, 2),
                round(
                  points.reduce((high, p) => Math.max(high, p.max), Number.NEGATIVE_INFINITY),
                  2,
                ),
              ]),
        ];
      }),
    "There is no sample. That says nothing about how the machine feels.",
  );
  io.out(`\nLowest, mean (of the points shown, each weighing the same) and highest from ${when(from)} to ${when(to)}.\n`);
  for (const p of patches) io.out(`${when(p.at)}  ${p.executionId} of ${p.deploymentId}: ${state(p.state)}\n`);
}

const MAX_DETAILS = 120;
/** Events have data of many shapes; --json has all of it. */
function detailsOf(data: Readonly<Record<string, unknown>>): string {
  const text = Object.entries(data)
    .map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ");
  return plain(text.length > MAX_DETAILS ? `${text.slice(0, MAX_DETAILS)}...` : text);
}

/** What an update installs besides, or why that keeps it out of plans. */
function besides(update: Update): string {
  if (update.notPlanned !== null) return ` (not planned: ${plain(update.notPlanned)})`;
  return update.brings.length > 0 ? ` (new: ${plain(update.brings.join(", "))})` : "";
}
