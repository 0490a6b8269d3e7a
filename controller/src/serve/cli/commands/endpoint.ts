import { counted } from "@breakwater/shared/core";
import type { Command } from "commander";
import { z } from "zod";
import { UNCOVERED } from "../../../know/fleet/index.ts";
import { componentPage, type componentRowSchema, endpointRowSchema, endpointSchema } from "../../api/schemas/index.ts";
import { allRows } from "../client.ts";
import { confirm } from "../confirm.ts";
import type { Io } from "../io.ts";
import { plain, printFacts, printTable, round, state, when } from "../output.ts";
import { UsageError } from "../problems.ts";
import { answer, collect, needsReason, sub, wholeNumber } from "./command.ts";
import { addEndpointInsideCommands } from "./endpoint-inside.ts";

export function addEndpointCommands(program: Command, io: Io): void {
  const endpoint = program.command("endpoint").description("Machines with an agent");
  sub(endpoint, "list", "endpoints, the riskiest first")
    .option("--tag <tag>")
    .option("--site <site>")
    .option("--os <id>", "debian, or debian:12")
    .option("--search <text>", "part of the host name")
    .option("--restart-needed", "only where a process runs a file that was replaced")
    .option("--reboot-required", "only where a reboot is wanted")
    .option("--uncovered <why>", `only those that get no security updates: ${UNCOVERED.join(", ")}`)
    .option("--kernel-not-running", "only where a newer kernel is installed than runs")
    .option("--sort <field>", "hostname, risk, findings, updates, lastSeen or criticality; - before it turns it round", "-risk")
    .option("--limit <n>", "at most this many", wholeNumber, 100)
    .action((options) =>
      answer(
        io,
        options,
        (client) =>
          allRows(
            client,
            "/endpoints",
            endpointRowSchema,
            {
              ...{ tag: options.tag, site: options.site, os: options.os, q: options.search, sort: options.sort },
              ...{
                restartNeeded: options.restartNeeded,
                rebootRequired: options.rebootRequired,
                kernelNotRunning: options.kernelNotRunning,
                uncovered: options.uncovered,
              },
            },
            options.limit,
          ),
        (rows) =>
          printTable(
            io,
            ["id", "host", "os", "site", "agent", "findings", "risk", "updates", "reach", "inventory"],
            rows.map((e) => [
              e.id,
              `${e.hostname}${e.simulated ? " (simulated)" : ""}${e.halted ? " HALTED" : ""}`,
              `${e.osId} ${e.osVersion}${e.uncovered === null ? "" : ` (${e.uncovered === "unknown" ? "sources unknown" : e.uncovered.replaceAll("-", " ")})`}`,
              e.site,
              e.connected ? state("connected") : `since ${when(e.lastSeenAt)}`,
              openFindings(e),
              openFindings(e) === "unknown" ? "unknown" : round(e.riskSum),
              e.pendingUpdates,
              e.exposure,
              when(e.inventoryAt),
            ]),
            "No endpoint matches. Let one join with `breakwater join-token create`.",
          ),
      ),
    );
  sub(endpoint, "show <id>", "one endpoint").action((id: string, options) =>
    answer(
      io,
      options,
      async (client) => endpointSchema.parse(await client.get(`/endpoints/${encodeURIComponent(id)}`)),
      (e) =>
        printFacts(io, [
          ["endpoint", `${e.id}${e.simulated ? " (simulated)" : ""}`],
          ["host", e.hostname],
          ["system", `${e.os}, ${e.architecture}, ${e.kernelRelease}`],
          ["agent", `${e.agentVersion}, ${e.connected ? "connected" : `last seen ${when(e.lastSeenAt)}`}`],
          ["policy", `${e.policyMode}; pinned keys: ${e.pinnedKeyIds.join(", ") || "none"}`],
          ...haltWords(e.brakes),
          ["site", e.site],
          ["tags", e.tags.join(", ")],
          ["criticality", e.criticality],
          ["redundancy", e.redundancyGroup],
          ["zone", e.zone],
          ["window", e.window ? `${e.window.days.join(",")} ${e.window.from}-${e.window.to} ${e.timezone}` : "any time"],
          ["reach", e.exposure],
          [
            "inventory",
            e.inventoryAt ? `${counted(e.packages, "package")}, ${when(e.inventoryAt)}` : "never taken: what it holds is unknown",
          ],
          [
            "findings",
            `${openFindings(e)} open, risk ${openFindings(e) === "unknown" ? "unknown" : round(e.riskSum)}, ${e.knownExploited} known to be exploited` +
              (e.unreadUpdates > 0 ? `; what ${e.unreadUpdates} updates fix is not known yet` : ""),
          ],
          ...(e.uncovered === null ? [] : ([["security updates", UNCOVERED_WORDS[e.uncovered]]] as const)),
          ["updates", e.pendingUpdates],
          ...containersOf(e.facts).map((line): [string, string] => ["containers", line]),
          ["restart", staleOf(e.facts)],
          ["reboot", e.rebootRequired === null ? "unknown" : e.rebootRequired ? "required" : "not required"],
        ]),
    ),
  );
  sub(
    endpoint,
    "components <id>",
    "packages of languages found in its files, who uses them, and where nobody looked; none of them is patched",
  )
    .option("--search <text>", "part of the name or the path")
    .option("--ecosystem <name>", "npm, pypi, maven, gem or go")
    .option("--with-findings", "only those with open findings")
    .option("--limit <n>", "at most this many", wholeNumber, 100)
    .action((id: string, options) =>
      answer(
        io,
        options,
        async (client) =>
          componentPage.parse(
            await client.get(`/endpoints/${encodeURIComponent(id)}/components`, {
              q: options.search,
              ecosystem: options.ecosystem,
              withFindings: options.withFindings,
              limit: Math.min(options.limit, 1_000),
            }),
          ),
        (page) => printComponents(io, page),
      ),
    );
  addEndpointInsideCommands(endpoint, io);
  sub(endpoint, "set <id>", "say what only you know of an endpoint")
    .option("--site <site>")
    .option("--tag <tag>", "all of its tags, repeatable", collect)
    .option("--criticality <n>", "1 (expendable) to 5 (the business stops)", wholeNumber)
    .option("--exposure <reach>", "loopback, private, public or none: used where evidence is missing")
    .option("--group <group>", "redundancy group, or none")
    .option("--zone <zone>", "network zone of the fleet file, or none")
    .option("--window <window>", 'as in "sat,sun 22:00-04:00" in its own zone, or none')
    .action((id: string, options) =>
      answer(
        io,
        options,
        async (client) => endpointSchema.parse(await client.send("PATCH", `/endpoints/${encodeURIComponent(id)}`, changesOf(options))),
        (e) => io.out(`${e.hostname} is changed.\n`),
      ),
    );
  needsReason(sub(endpoint, "remove <id>", "take it out of the fleet for good"))
    .option("--yes", "do not ask")
    .action((id: string, options) =>
      answer(
        io,
        options,
        async (client) => {
          const e = endpointSchema.parse(await client.get(`/endpoints/${encodeURIComponent(id)}`));
          await confirm(
            io,
            `Remove ${e.hostname}: its certificate is revoked, its session closed, its ${counted(e.openFindings, "finding")} closed. Its history stays.`,
            options.yes ?? false,
          );
          return client.send("DELETE", `/endpoints/${encodeURIComponent(id)}`, { reason: options.reason });
        },
        () => io.out("Removed.\n"),
      ),
    );
}

/** Nothing found while there is something unread is not "none". */
const openFindings = (e: z.infer<typeof endpointRowSchema>): number | "unknown" =>
  e.inventoryAt === null || (e.openFindings === 0 && (e.unreadUpdates > 0 || e.uncovered !== null)) ? "unknown" : e.openFindings;

/** Why what is found there need not be all. */
const UNCOVERED_WORDS: Readonly<Record<NonNullable<z.infer<typeof endpointRowSchema>["uncovered"]>, string>> = {
  "end-of-life": "end of life: its release gets no security updates any more",
  "no-security-source": "no security source: no repository of security updates is set up and works",
  unknown: "unknown: its repositories could not be listed",
  "release-unknown": "unknown: nothing is known here of how long its release gets security updates",
};

const containerFacts = z.object({
  containerRuntimes: z.array(
    z.object({
      name: z.string(),
      problem: z.string(),
      images: z.array(z.object({ names: z.array(z.string()), containers: z.array(z.object({ state: z.string() })) })),
    }),
  ),
});

const loadedFacts = z.object({
  loadedPackages: z.array(z.object({ name: z.string(), units: z.array(z.string()), restartNeeded: z.boolean() })),
});

/** Packages whose files were replaced while a process runs the old ones: updated, and not in effect. */
function staleOf(facts: unknown): string {
  const loaded = loadedFacts.safeParse(facts).data?.loadedPackages;
  if (!loaded || loaded.length === 0) return "unknown";
  const stale = loaded.filter((p) => p.restartNeeded);
  const named = stale.slice(0, 10).map(({ name, units }) => `${plain(name)} (${units.slice(0, 3).map(plain).join(", ") || "no unit"})`);
  return stale.length === 0
    ? "not needed by what was seen"
    : `needed for ${named.join(", ")}${stale.length > 10 ? `, and ${stale.length - 10} more` : ""}`;
}

/** A line for each container runtime; of none that was told of, none. */
function containersOf(facts: unknown): string[] {
  return (containerFacts.safeParse(facts).data?.containerRuntimes ?? []).map(({ name, problem, images }) => {
    const running = images.flatMap((i) => i.containers).filter((c) => c.state === "running").length;
    const names = images
      .flatMap((i) => i.names)
      .slice(0, 5)
      .map(plain);
    const told = `${plain(name)}: ${images.length} images (${names.join(", ")}), ${running} containers running; inventory only`;
    return problem ? `${told}; not wholly known: ${plain(problem)}` : told;
  });
}

/** What was found, and then what was not looked at: the one means little without the other. */
function printComponents(io: Io, { rows, total, scan }: z.infer<typeof componentPage>): void {
  printTable(
    io,
    ["kind", "name", "version", "findings", "used by", "reach", "where"],
    rows.map((c) => [
      c.ecosystem,
      c.name,
      c.version ?? "unknown",
      c.owner ? `see ${c.owner}` : (c.openFindings ?? "unknown"),
      usersOf(c),
      c.reach,
      plain(c.path),
    ]),
    scan ? "No component was found where the agent looked." : "Nobody looked: what its files hold is unknown.",
  );
  if (rows.length < total) io.out(`${rows.length} of ${total} are shown.\n`);
  if (!scan) return;
  io.out(
    `\nLooked at ${counted(scan.files, "file")} in ${counted(scan.directories, "directory", "directories")} below ${scan.roots.join(", ")}, ended ${when(scan.endedAt)}. For reading only: Breakwater does not patch these.\n`,
  );
  if (scan.notLookedTotal > 0) io.out(`Not looked at, so unknown (${scan.notLookedTotal}):\n`);
  for (const { path, reason } of scan.notLooked.slice(0, MAX_PLACES_PRINTED)) io.out(`  ${plain(path)}: ${plain(reason)}\n`);
  const left = scan.notLookedTotal - Math.min(scan.notLooked.length, MAX_PLACES_PRINTED);
  if (left > 0) io.out(`  and ${left} more; --json names ${scan.notLooked.length}\n`);
}
const MAX_PLACES_PRINTED = 30;

function usersOf({ uses, unseenSince }: z.infer<typeof componentRowSchema>): string {
  if (unseenSince) return `not looked at since ${when(unseenSince)}`;
  const [first] = uses;
  if (!first) return "no process seen";
  return `${plain(first.process)} ${first.pid}${first.unit ? ` of ${first.unit}` : ""}${uses.length > 1 ? ` and ${uses.length - 1} more` : ""} (${first.how})`;
}

function changesOf(o: Record<string, unknown>): Record<string, unknown> {
  const orNone = (value: unknown) => (value === "none" ? null : value);
  const changes = {
    site: o.site,
    tags: o.tag,
    criticality: o.criticality,
    declaredExposure: orNone(o.exposure),
    redundancyGroup: orNone(o.group),
    zone: orNone(o.zone),
    window: o.window === undefined || o.window === "none" ? orNone(o.window) : windowOf(String(o.window)),
  };
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  if (Object.keys(given).length === 0) throw new UsageError("Say what to set; see --help.");
  return given;
}

function windowOf(text: string): { days: string[]; from: string; to: string } {
  const match = /^([a-z,]+) (\d\d:\d\d)-(\d\d:\d\d)$/.exec(text.trim().toLowerCase());
  if (!match) throw new UsageError(`A window is written as in "sat,sun 22:00-04:00", not "${text}".`);
  return z
    .object({ days: z.array(z.string()), from: z.string(), to: z.string() })
    .parse({ days: match[1]?.split(","), from: match[2], to: match[3] });
}

/** What holds an endpoint back of its own accord. */
function haltWords(brakes: z.infer<typeof endpointSchema>["brakes"]): [string, string][] {
  if (!brakes) return [["halts", "unknown: its agent has not said"]];
  const { halts, problem, fuse, saidAt } = brakes;
  const standing = halts.map(
    (h) => `HALTED by ${h.keyId} (${h.scope}, by ${h.via}, ${h.digest.slice(0, 16)}${h.reason ? `: ${h.reason}` : ""})`,
  );
  const blown = fuse && fuse.opensInSeconds > 0 ? ` BLOWN as of ${when(saidAt)}` : "";
  return [
    ["halts", [...standing, ...(problem ? [problem] : [])].join("; ") || "none"],
    [
      "rate fuse",
      fuse ? `${fuse.appliesHour} of ${fuse.perHour} changes in an hour, ${fuse.appliesDay} of ${fuse.perDay} in a day${blown}` : "unknown",
    ],
  ];
}
