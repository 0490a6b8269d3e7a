import { ProblemError } from "@breakwater/shared/core";
import type { Command } from "commander";
import { NO_FIX_REASONS } from "../../../know/matching/index.ts";
import { findingRowSchema, findingSchema, justificationSchema, suppressionSchema } from "../../api/schemas/index.ts";
import { allRows } from "../client.ts";
import type { Io } from "../io.ts";
import { NO_FIX_WORDS } from "../no-fix-words.ts";
import { plain, printTable, round, state, when } from "../output.ts";
import { UsageError } from "../problems.ts";
import { answer, needsReason, sub, wholeNumber } from "./command.ts";
import { tellFinding } from "./finding-show.ts";

const DAY_MS = 86_400_000;

export function addFindingCommands(program: Command, io: Io): void {
  const finding = program.command("finding").description("Vulnerabilities in packages on endpoints");
  sub(finding, "list", "findings, the riskiest first")
    .option(
      "--state <state>",
      "open, no-fix, restart-needed, suppressed, not-affected, fixed, gone, ignored, unresolved or any",
      "unresolved",
    )
    .option("--without-fix-because <reason>", `only those without a fix for this reason: ${NO_FIX_REASONS.join(", ")}`)
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
              noFixBecause: options.withoutFixBecause,
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
            ["id", "risk", "vulnerability", "package", "installed", "fixed in", "host", "state"],
            rows.map((f) => [
              f.id,
              round(f.risk),
              `${f.vulnerabilityId}${f.kev ? " (exploited)" : ""}`,
              f.inventoryOnly ? `${f.packageName} (${f.ecosystem})` : f.packageName,
              f.installedVersion,
              f.fixedVersion,
              f.hostname,
              f.inventoryOnly && f.state === "open" ? "open, not patched by Breakwater" : stateOf(f),
            ]),
            "No finding matches.",
          ),
      ),
    );
  sub(finding, "show <id>", "one finding: its proofs, how it can be reached, what makes its risk, when it is due, what happened").action(
    (id: string, options) =>
      answer(
        io,
        options,
        async (client) => findingSchema.parse(await client.get(`/findings/${encodeURIComponent(id)}`)),
        (f) => tellFinding(io, f, stateOf(f)),
      ),
  );
  needsReason(sub(finding, "suppress <id>", "keep a finding out of what is open, for a while and on the evidence as it stands"))
    .requiredOption("--justification <word>", justificationSchema.options.join(", "))
    .option("--days <n>", "how long it holds, at most 366", wholeNumber, 30)
    .option("--scope <scope>", "endpoint (this one), fleet, tag:NAME or group:NAME", "endpoint")
    .option("--source", "every package that is built from the same source")
    .addHelpText("after", "\nIt comes back by itself at the end, with another installed version, and when exploitation becomes known.")
    .action((id: string, options) =>
      answer(
        io,
        options,
        async (client) => {
          const f = findingSchema.parse(await client.get(`/findings/${encodeURIComponent(id)}`));
          return suppressionSchema.parse(
            await client.send("POST", "/suppressions", {
              vulnerabilityId: f.vulnerabilityId,
              target: {
                ecosystem: f.ecosystem,
                ...(options.source ? { kind: "source", name: f.sourceName } : { kind: "package", name: f.packageName }),
              },
              scope: scopeOf(options.scope, f.endpointId),
              justification: options.justification,
              reason: options.reason,
              expiresAt: new Date(io.clock.now() + options.days * DAY_MS).toISOString(),
            }),
          );
        },
        (s) =>
          io.out(
            `${s.id}: ${s.findings} ${s.findings === 1 ? "finding is" : "findings are"} suppressed until ${when(s.expiresAt)}. Take it back with: breakwater finding unsuppress ${s.id}\n`,
          ),
      ),
    );
  needsReason(sub(finding, "unsuppress <id>", "end a suppression, named by its own id or a finding's; its findings are open again")).action(
    (id: string, options) =>
      answer(
        io,
        options,
        async (client) => {
          const suppression = id.startsWith("sp_")
            ? id
            : suppressionOf(id, findingSchema.parse(await client.get(`/findings/${encodeURIComponent(id)}`)));
          return suppressionSchema.parse(
            await client.send("DELETE", `/suppressions/${encodeURIComponent(suppression)}`, { reason: options.reason }),
          );
        },
        (s) => io.out(`${s.id} has ended.\n`),
      ),
  );
  sub(finding, "suppressions", "what is suppressed, what ends soonest first")
    .option("--all", "those that ended as well")
    .option("--limit <n>", "at most this many", wholeNumber, 100)
    .action((options) =>
      answer(
        io,
        options,
        (client) => allRows(client, "/suppressions", suppressionSchema, { state: options.all ? "any" : "holding" }, options.limit),
        (rows) =>
          printTable(
            io,
            ["id", "vulnerability", "package", "scope", "findings", "until", "by", "why"],
            rows.map((s) => [
              s.id,
              s.vulnerabilityId,
              `${s.target.name}${s.target.kind === "source" ? " (source)" : ""}`,
              s.scope.kind === "fleet" ? "fleet" : `${s.scope.kind}:${s.scope.id}`,
              s.findings,
              s.ended ? `ended ${when(s.ended.at)}: ${s.ended.because}` : when(s.expiresAt),
              s.createdBy,
              `${s.justification}: ${plain(s.reason)}`,
            ]),
            "Nothing is suppressed.",
          ),
      ),
    );
}

/** A state that a decision made says whose it is. */
function stateOf({
  state: word,
  noFixBecause,
  assessment,
}: Pick<ReturnType<typeof findingRowSchema.parse>, "state" | "noFixBecause" | "assessment">): string {
  if (word === "suppressed" && assessment?.suppression)
    return `suppressed until ${when(assessment.suppression.until)}: ${plain(assessment.suppression.reason)}`;
  if (assessment?.statement) return `${state(word)} (${assessment.statement.status} by ${plain(assessment.statement.author)})`;
  return word === "no-fix" && noFixBecause !== null ? `${word}: ${NO_FIX_WORDS[noFixBecause]}` : word;
}

function scopeOf(text: string, endpointId: string): object {
  if (text === "fleet") return { kind: "fleet" };
  if (text === "endpoint") return { kind: "endpoint", id: endpointId };
  const [, kind, id] = /^(tag|group):(.+)$/.exec(text) ?? [];
  if (!kind || !id) throw new UsageError(`A scope is endpoint, fleet, tag:NAME or group:NAME, not "${text}".`);
  return { kind, id };
}

function suppressionOf(id: string, { assessment }: ReturnType<typeof findingSchema.parse>): string {
  if (assessment?.suppression) return assessment.suppression.id;
  throw new ProblemError({
    code: "not-suppressed",
    message: `Finding ${id} is not suppressed.`,
    next: "See `breakwater finding suppressions`.",
  });
}
