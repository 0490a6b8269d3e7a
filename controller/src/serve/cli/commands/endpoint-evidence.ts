import { counted } from "@breakwater/shared/core";
import type { Command } from "commander";
import type { z } from "zod";
import { exposureSchema, healthSchema, historyPage, packageRowSchema } from "../../api/schemas/index.ts";
import { allRows } from "../client.ts";
import type { Io } from "../io.ts";
import { plain, printTable, round, state, when } from "../output.ts";
import { answer, sub, wholeNumber } from "./command.ts";

const of = (id: string, what: string): string => `/endpoints/${encodeURIComponent(id)}/${what}`;

/** What an endpoint has told of itself, in parts. */
export function addEndpointEvidence(endpoint: Command, io: Io): void {
  sub(endpoint, "packages <id>", "packages of its package managers, and the update that is pending for each")
    .option("--search <text>", "part of the package's or its source's name")
    .option("--updates", "only those with an update pending")
    .option("--limit <n>", "at most this many", wholeNumber, 100)
    .action((id: string, options) =>
      answer(
        io,
        options,
        (client) =>
          allRows(client, of(id, "packages"), packageRowSchema, { q: options.search, updatesOnly: options.updates }, options.limit),
        (rows) =>
          printTable(
            io,
            ["package", "architecture", "installed", "update", "from", "findings", "so"],
            rows.map((p) => [
              plain(p.name),
              p.architecture,
              plain(p.version),
              p.update ? plain(p.update.to) : "",
              p.update ? plain(`${p.update.origin} ${p.update.suite}`.trim()) : "",
              p.openFindings,
              obstaclesOf(p).join("; "),
            ]),
            options.updates || options.search
              ? "No package matches."
              : "No package is known: it has no inventory, or no package manager that is read.",
          ),
      ),
    );
  sub(endpoint, "exposure <id>", "who can reach what: address, process, packages, findings").action((id: string, options) =>
    answer(
      io,
      options,
      async (client) => exposureSchema.parse(await client.get(of(id, "exposure"))),
      (e) => printExposure(io, e),
    ),
  );
  sub(endpoint, "health <id>", "how the machine feels: the newest figures, and the last hour of each")
    .option("--metrics <names>", "only these, separated by commas")
    .option("--from <instant>", "another stretch than the last hour, as in 2026-03-01T08:00:00Z")
    .option("--to <instant>")
    .action((id: string, options) =>
      answer(
        io,
        options,
        async (client) =>
          healthSchema.parse(await client.get(of(id, "health"), { metrics: options.metrics, from: options.from, to: options.to })),
        (h) => printHealth(io, h),
      ),
    );
  sub(endpoint, "history <id>", "what was done to it and what happened to it, newest first")
    .option("--limit <n>", "at most this many events", wholeNumber, 50)
    .action((id: string, options) =>
      answer(
        io,
        options,
        async (client) => historyPage.parse(await client.get(of(id, "history"), { limit: Math.min(options.limit, 1_000) })),
        (h) => printHistory(io, h),
      ),
    );
}

/** What keeps a plan from moving it, and what is to be known of it. */
const obstaclesOf = (p: z.infer<typeof packageRowSchema>): string[] => [
  ...(p.status === "installed" ? [] : [p.status]),
  ...(p.held || p.update?.held ? ["held"] : []),
  ...(p.update?.security ? ["security"] : []),
  ...(p.update && p.update.phasedPercent < 100 ? [`offered to ${p.update.phasedPercent} %`] : []),
  ...(p.update && p.update.brings.length > 0 ? [`would install ${p.update.brings.map(plain).join(", ")}: not planned`] : []),
];

function printExposure(io: Io, { inventoryAt, declaredExposure, listeners, loaded }: z.infer<typeof exposureSchema>): void {
  if (inventoryAt === null) {
    io.out("It has told nothing yet: what it exposes is unknown.\n");
    return;
  }
  printTable(
    io,
    ["address", "reach", "process", "unit", "packages", "findings", "worst"],
    listeners.map((l) => [
      `${plain(l.address).includes(":") ? `[${plain(l.address)}]` : plain(l.address)}:${l.port}/${l.protocol}${l.namespace ? ` in ${plain(l.namespace)}` : ""}`,
      l.scope,
      plain(l.process),
      plain(l.unit),
      l.packages.map((p) => plain(p.name)).join(", ") || "of no package",
      l.packages.reduce((sum, p) => sum + p.openFindings, 0),
      round(Math.max(0, ...l.packages.map((p) => p.riskHighest))),
    ]),
    "Nothing listens.",
  );
  const risky = loaded.filter((p) => p.openFindings > 0);
  io.out(
    `\nLoaded by processes that listen nowhere: ${counted(loaded.length, "package")}` +
      `${risky.length > 0 ? `, with findings: ${risky.map((p) => `${plain(p.name)} (${p.openFindings})`).join(", ")}` : ""}.\n` +
      `${declaredExposure ? `Declared where evidence is missing: ${declaredExposure}. ` : ""}As told ${when(inventoryAt)}.\n`,
  );
}

function printHealth(io: Io, { from, to, latest, series, patches }: z.infer<typeof healthSchema>): void {
  printTable(
    io,
    ["metric", "of", "now", "as of", "least", "mean", "most"],
    latest.map((l) => {
      const points = series.find((s) => s.metric === l.metric && s.subject === l.subject)?.points ?? [];
      const mean = points.reduce((sum, p) => sum + p.mean, 0) / points.length;
      return [
        l.metric,
        plain(l.subject),
        figure(l.value),
        when(l.at),
        ...(points.length > 0
          ? [figure(Math.min(...points.map((p) => p.min))), figure(mean), figure(Math.max(...points.map((p) => p.max)))]
          : ["", "", ""]),
      ];
    }),
    "It has told no figure: how it feels is unknown.",
  );
  io.out(`\nLeast, mean and most from ${when(from)} to ${when(to)}.\n`);
  for (const p of patches) io.out(`${when(p.at)}  patched by ${p.deploymentId}: ${state(p.state)}\n`);
}
/** Four digits are more than any of these figures is good for. */
const figure = (value: number): string => String(Number(value.toPrecision(4)));

function printHistory(io: Io, { rows, next, executions }: z.infer<typeof historyPage>): void {
  printTable(
    io,
    ["execution", "deployment", "wave", "state", "began", "ended", "why"],
    executions.map((e) => [
      e.id,
      `${e.deploymentId} ${plain(e.title)}`,
      e.wave + 1,
      state(e.state),
      when(e.startedAt),
      when(e.finishedAt),
      plain([e.failureClass, e.message].filter((t) => t !== "").join(": ")),
    ]),
    "Nothing was ever changed on it.",
  );
  io.out("\n");
  printTable(
    io,
    ["at", "what", "who"],
    rows.map((r) => [when(r.at), r.type, r.actor]),
    "Nothing is recorded of it.",
  );
  if (next !== null) io.out(`Older ones are not shown; --limit shows up to 1000.\n`);
}
