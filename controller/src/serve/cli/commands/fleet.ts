import type { Command } from "commander";
import { z } from "zod";
import {
  endpointRowSchema,
  endpointSchema,
  feedSchema,
  feedsSchema,
  findingRowSchema,
  joinTokenCreatedSchema,
  joinTokensSchema,
  overviewSchema,
  queueRowSchema,
} from "../../api/schemas/index.ts";
import { allRows } from "../client.ts";
import { confirm } from "../confirm.ts";
import type { Io } from "../io.ts";
import { printFacts, printTable, round, state, when } from "../output.ts";
import { UsageError } from "../problems.ts";
import { answer, collect, needsReason, sub, wholeNumber } from "./command.ts";

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

  const endpoint = program.command("endpoint").description("Machines with an agent");
  sub(endpoint, "list", "endpoints, the riskiest first")
    .option("--tag <tag>")
    .option("--site <site>")
    .option("--os <id>", "debian, or debian:12")
    .option("--search <text>", "part of the host name")
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
            { tag: options.tag, site: options.site, os: options.os, q: options.search, sort: options.sort },
            options.limit,
          ),
        (rows) =>
          printTable(
            io,
            ["id", "host", "os", "site", "agent", "findings", "risk", "updates", "reach", "inventory"],
            rows.map((e) => [
              e.id,
              `${e.hostname}${e.simulated ? " (simulated)" : ""}`,
              `${e.osId} ${e.osVersion}`,
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
          ["site", e.site],
          ["tags", e.tags.join(", ")],
          ["criticality", e.criticality],
          ["redundancy", e.redundancyGroup],
          ["window", e.window ? `${e.window.days.join(",")} ${e.window.from}-${e.window.to} ${e.timezone}` : "any time"],
          ["reach", e.exposure],
          ["inventory", e.inventoryAt ? `${e.packages} packages, ${when(e.inventoryAt)}` : "never taken: what it holds is unknown"],
          [
            "findings",
            `${openFindings(e)} open, risk ${openFindings(e) === "unknown" ? "unknown" : round(e.riskSum)}, ${e.knownExploited} known to be exploited` +
              (e.unreadUpdates > 0 ? `; what ${e.unreadUpdates} updates fix is not known yet` : ""),
          ],
          ["updates", e.pendingUpdates],
          ["reboot", e.rebootRequired === null ? "unknown" : e.rebootRequired ? "required" : "not required"],
        ]),
    ),
  );
  sub(endpoint, "set <id>", "say what only you know of an endpoint")
    .option("--site <site>")
    .option("--tag <tag>", "all of its tags, repeatable", collect)
    .option("--criticality <n>", "1 (expendable) to 5 (the business stops)", wholeNumber)
    .option("--exposure <reach>", "loopback, private, public or none: used where evidence is missing")
    .option("--group <group>", "redundancy group, or none")
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
            `Remove ${e.hostname}: its certificate is revoked, its session closed, its ${e.openFindings} findings closed. Its history stays.`,
            options.yes ?? false,
          );
          return client.send("DELETE", `/endpoints/${encodeURIComponent(id)}`, { reason: options.reason });
        },
        () => io.out("Removed.\n"),
      ),
    );

  const token = program.command("join-token").description("What lets new agents join");
  sub(token, "create", "make a token; it is shown once")
    .option("--uses <n>", "how many machines may join with it", wholeNumber, 1)
    .option("--minutes <n>", "how long it holds", wholeNumber, 60)
    .option("--tag <tag>", "tags of who joins, repeatable", collect, [])
    .option("--site <site>", "where they stand", "default")
    .action((options) =>
      answer(
        io,
        options,
        async (client) =>
          joinTokenCreatedSchema.parse(
            await client.send("POST", "/join-tokens", {
              uses: options.uses,
              minutes: options.minutes,
              tags: options.tag,
              site: options.site,
            }),
          ),
        (t) => io.out(`${t.token}\nIt holds until ${when(t.expiresAt)}. On the machine:\n  ${t.command}\n`),
      ),
    );
  sub(token, "list", "tokens, without their secrets").action((options) =>
    answer(
      io,
      options,
      async (client) => joinTokensSchema.parse(await client.get("/join-tokens")).rows,
      (rows) =>
        printTable(
          io,
          ["id", "by", "holds until", "uses left", "site", "tags", "revoked"],
          rows.map((t) => [
            t.id,
            t.createdBy,
            when(t.expiresAt),
            t.usesLeft,
            t.site,
            t.tags.join(","),
            t.revokedAt ? when(t.revokedAt) : "",
          ]),
          "There is no join token. Make one with `breakwater join-token create`.",
        ),
    ),
  );
  sub(token, "revoke <id>", "nobody can join with it any more").action((id: string, options) =>
    answer(
      io,
      options,
      (client) => client.send("DELETE", `/join-tokens/${encodeURIComponent(id)}`),
      () => io.out("Revoked.\n"),
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
              round(q.riskRemoved),
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
  const finding = program.command("finding").description("Vulnerabilities in packages on endpoints");
  sub(finding, "list", "findings, the riskiest first")
    .option("--state <state>", "open, no-fix, fixed, gone, ignored, unresolved or any", "unresolved")
    .option("--package <name>")
    .option("--vulnerability <id>")
    .option("--endpoint <id>")
    .option("--kev", "only those known to be exploited")
    .option("--limit <n>", "at most this many", wholeNumber, 50)
    .action((options) =>
      answer(
        io,
        options,
        (client) =>
          allRows(
            client,
            "/findings",
            findingRowSchema,
            {
              state: options.state,
              package: options.package,
              vulnerability: options.vulnerability,
              endpoint: options.endpoint,
              kev: options.kev,
            },
            options.limit,
          ),
        (rows) =>
          printTable(
            io,
            ["risk", "vulnerability", "package", "installed", "fixed in", "host", "state"],
            rows.map((f) => [
              round(f.risk),
              `${f.vulnerabilityId}${f.kev ? " (exploited)" : ""}`,
              f.packageName,
              f.installedVersion,
              f.fixedVersion,
              f.hostname,
              f.state,
            ]),
            "No finding matches.",
          ),
      ),
    );

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

/** Nothing found while there is something unread is not "none". */
const openFindings = (e: z.infer<typeof endpointRowSchema>): number | "unknown" =>
  e.inventoryAt === null || (e.openFindings === 0 && e.unreadUpdates > 0) ? "unknown" : e.openFindings;

function changesOf(o: Record<string, unknown>): Record<string, unknown> {
  const orNone = (value: unknown) => (value === "none" ? null : value);
  const changes = {
    site: o.site,
    tags: o.tag,
    criticality: o.criticality,
    declaredExposure: orNone(o.exposure),
    redundancyGroup: orNone(o.group),
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
