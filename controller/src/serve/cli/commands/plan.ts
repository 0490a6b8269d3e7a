import { signApproval } from "@breakwater/shared/command";
import { addMs, expectOk, hours, type Instant, parseInstant } from "@breakwater/shared/core";
import type { Command } from "commander";
import type { z } from "zod";
import { planFromScenario, planToMarkdown, planDocumentSchema as strictDocument } from "../../../decide/planning/index.ts";
import { deployedSchema, meSchema, planCreatedSchema, planRowSchema, planSchema } from "../../api/schemas/index.ts";
import { allRows, type Client } from "../client.ts";
import { confirm } from "../confirm.ts";
import { readText } from "../files.ts";
import type { Io } from "../io.ts";
import { printFacts, printJson, printTable, round, state, when } from "../output.ts";
import { badKeyFile, UsageError } from "../problems.ts";
import { answer, collect, sub, wholeNumber } from "./command.ts";
import { rulesOptions } from "./plan-rules.ts";

type Plan = z.infer<typeof planSchema>;
const readPlan = async (client: Client, id: string, revision?: number): Promise<Plan> =>
  planSchema.parse(await client.get(`/plans/${encodeURIComponent(id)}`, { revision }));
const sizeOf = (plan: Plan): string =>
  `${plan.endpoints} ${plan.endpoints === 1 ? "endpoint" : "endpoints"} in ${plan.waves} ${plan.waves === 1 ? "wave" : "waves"}`;

export function addPlanCommands(program: Command, io: Io): void {
  const plan = program
    .command("plan")
    .description("Make, read, approve and start plans; with --scenario a plan for a described environment, without a server")
    .option("--scenario <file>", "free text or YAML that describes vulnerability, environment and business times; - for standard input")
    .option("--now <instant>", "the present moment of the scenario, RFC 3339 (default: now)")
    .option("--json", "print one JSON value")
    .option("--format <format>", "md prints Markdown")
    .action((options: { scenario?: string; now?: string; json?: boolean; format?: string }) => scenario(io, options));

  sub(plan, "create", "have a plan made; nothing is changed anywhere")
    .option("--title <text>", "what the plan is called")
    .option("--patch <source[@version]>", "a source package of the queue, repeatable; without any, all pending security updates", collect)
    .option("--cve <id>", "updates that fix this vulnerability, repeatable", collect)
    .option("--min-risk <n>", "updates that close a finding of at least this risk", Number)
    .option("--endpoint <id>", "only this endpoint, repeatable", collect)
    .option("--tag <tag>", "only endpoints with all of these tags, repeatable", collect)
    .option("--site <site>", "only endpoints at these sites, repeatable", collect)
    .option("--simulated", "plan for simulated endpoints")
    .option("--not-before <instant>", "begin no earlier")
    .option("--bake-minutes <n>", "watch each wave this long", Number)
    .option("--canary <n>", "endpoints in the first wave", wholeNumber)
    .option("--max-concurrent <n>", "executions at once", wholeNumber)
    .option("--error-budget <n>", "failures at which nothing further starts", wholeNumber)
    .option("--approvals <n>", "persons who have to sign; from two on, the proposer is not counted", wholeNumber)
    .option("--approve-each-wave", "ask a person before each wave after the first")
    .option("--reboot <when>", "never, or when-needed: reboot where the change calls for it and the endpoint's owner allows it")
    .option("--approve-wave <n[:name,name]>", "ask a person before wave n, one of these by name where given; repeatable", collect)
    .option(
      "--triggers <file>",
      "YAML or JSON with your own `triggers` and `tree`: what undoes a wave, and what is done then; - for standard input",
    )
    .option("--growth <how>", "fixed, or by-belief: each gate decides how many come next, within the rails below")
    .option("--smallest-wave <n>", "by belief: no wave smaller", wholeNumber)
    .option("--largest-factor <n>", "by belief: no wave more than so many times the one before (2 to 10)", wholeNumber)
    .option("--largest-wave <n>", "by belief: no wave larger", wholeNumber)
    .option("--growth-seed <text>", "by belief: seeds the draws; the plan's id when absent")
    .option("--rehearsal <weight>", "required, heeded, ignored, or only: a plan that exists to be rehearsed")
    .option("--pass-on-checks <reason>", "nobody judges the waves: the executions' own checks are enough; the reason is signed")
    .option("--ignore-windows <reason>", "keep no windows; the reason becomes part of what is signed")
    .option("--revise <plan>", "make this plan anew instead of another one; it needs new approvals")
    .action((options) =>
      answer(
        io,
        options,
        async (client) =>
          planCreatedSchema.parse(
            await client.send("POST", options.revise ? `/plans/${encodeURIComponent(options.revise)}/revisions` : "/plans", {
              ...intentOf(options),
              ...rulesOptions(io, options),
            }),
          ),
        (made) =>
          io.out(`${made.id} revision ${made.revision}\ndigest ${made.digest}\nRead it with \`breakwater plan show ${made.id}\`.\n`),
      ),
    );

  sub(plan, "list", "plans, newest first")
    .option("--state <state>", "draft, approved, deployed, superseded or discarded")
    .option("--limit <n>", "at most this many", wholeNumber, 50)
    .action((options) =>
      answer(
        io,
        options,
        (client) => allRows(client, "/plans", planRowSchema, { state: options.state }, options.limit),
        (rows) =>
          printTable(
            io,
            ["id", "rev", "title", "state", "endpoints", "waves", "signatures", "made"],
            rows.map((p) => [p.id, p.revision, p.title, state(p.state), p.endpoints, p.waves, p.approvals, when(p.createdAt)]),
            "No plan was made yet. Make one with `breakwater plan create`.",
          ),
      ),
    );

  sub(plan, "show <id>", "a plan with its waves and reasons")
    .option("--format <format>", "md prints Markdown")
    .option("--revision <n>", "this revision instead of the newest", wholeNumber)
    .action((id: string, options) =>
      answer(
        io,
        options,
        (client) => readPlan(client, id, options.revision),
        (p) => {
          if (options.format === "md") return io.out(planToMarkdown(strictDocument.parse(p.document)));
          printFacts(io, [
            ["plan", `${p.id} revision ${p.revision}`],
            ["title", p.title],
            ["state", state(p.state)],
            ["size", sizeOf(p)],
            ["risk", `${p.riskNow === null ? "?" : round(p.riskNow)} now, ${p.riskResidual === null ? "?" : round(p.riskResidual)} after`],
            ["digest", p.digest],
            [
              "signed by",
              p.approvalList
                .map((a) => `${a.approver} (${a.passkey ? "passkey " : ""}${a.keyId}${a.expiresAt ? ` until ${when(a.expiresAt)}` : ""})`)
                .join(", ") || "nobody yet",
            ],
            ...p.uncounted.map((e): [string, string] => ["will refuse", `${e.hostname}: ${e.why}`]),
            ["deployment", p.deploymentId],
            ...p.revisions
              .filter((r) => r.revision !== p.revision)
              .map((r): [string, string] => ["also", `revision ${r.revision}, ${r.state}, made ${when(r.createdAt)}, digest ${r.digest}`]),
          ]);
          io.out(`\n${p.document.summary}\n\n`);
          for (const note of p.document.notes) io.out(`${note}\n\n`);
          printTable(
            io,
            ["wave", "endpoints", "from", "to", "bake min", "why"],
            p.document.waves.map((w) => [w.name, w.endpoints, w.start, w.end, w.bakeMinutes, w.why]),
            "The plan has no waves.",
          );
          if (p.document.reboots.length === 0) return;
          io.out("\nReboots\n");
          printTable(
            io,
            ["endpoint", "reboot", "why", "way back"],
            p.document.reboots.map((r) => [
              r.endpoint,
              r.mode === "never" ? "not done" : r.expected === "yes" ? "yes" : "if asked for",
              r.why,
              r.wayBack,
            ]),
            "",
          );
        },
      ),
    );

  sub(plan, "approve <id>", "sign the plan's digest with your approval key and hand the signature in")
    .requiredOption("--key <file>", "the private key that `breakwater key create` made")
    .option("--valid-for <hours>", "the signature counts for this long; without it for as long as the plan", wholeNumber)
    .option("--yes", "do not ask")
    .action(async (id: string, options: { key: string; validFor?: number; yes?: boolean; json?: boolean }) => {
      await answer(
        io,
        options,
        async (client) => {
          const found = await readPlan(client, id);
          const me = meSchema.parse(await client.get("/me"));
          const approval = signed(found.digest, options.key, readText(io, options.key), me.name, io.clock.now(), options.validFor);
          await confirm(
            io,
            `Approve "${found.title}" (revision ${found.revision}): ${sizeOf(found)}, digest ${found.digest}.`,
            options.yes ?? false,
          );
          return planSchema.parse(
            await client.send("POST", `/plans/${found.id}/approve`, {
              revision: found.revision,
              digest: found.digest,
              keyId: approval.keyId,
              signature: Buffer.from(approval.signature).toString("base64"),
              at: approval.at,
              ...(approval.expiresAt === undefined ? {} : { expiresAt: approval.expiresAt }),
            }),
          );
        },
        (p) =>
          io.out(
            `Approved with ${p.approvals} ${p.approvals === 1 ? "signature" : "signatures"}. Start it with \`breakwater plan deploy ${p.id}\`.\n`,
          ),
      );
    });

  sub(plan, "discard <id>", "put a plan aside that was not deployed")
    .option("--reason <text>", "why")
    .action((id: string, options) =>
      answer(
        io,
        options,
        async (client) => {
          const { revision } = await readPlan(client, id);
          return planSchema.parse(
            await client.send("POST", `/plans/${id}/discard`, { revision, ...(options.reason ? { reason: options.reason } : {}) }),
          );
        },
        (p) => io.out(`${p.id} is ${p.state}.\n`),
      ),
    );

  sub(plan, "deploy <id>", "put an approved plan in motion")
    .option("--yes", "do not ask")
    .action((id: string, options: { yes?: boolean; json?: boolean }) =>
      answer(
        io,
        options,
        async (client) => {
          const found = await readPlan(client, id);
          await confirm(
            io,
            `Start "${found.title}": patches ${sizeOf(found)}, the first wave from ${found.document.waves[0]?.start ?? "now"}.${uncountedWords(found)}`,
            options.yes ?? false,
          );
          return deployedSchema.parse(await client.send("POST", `/plans/${found.id}/deploy`, { revision: found.revision }));
        },
        (made) => io.out(`${made.deploymentId}\nFollow it with \`breakwater deployment watch ${made.deploymentId}\`.\n`),
      ),
    );
}

function scenario(io: Io, options: { scenario?: string; now?: string; json?: boolean; format?: string }): void {
  if (options.scenario === undefined) throw new UsageError("Give --scenario FILE, or one of the commands of `breakwater plan --help`.");
  const now = options.now === undefined ? io.clock.now() : parseInstant(options.now);
  if (now === undefined) throw new UsageError(`--now takes RFC 3339 with a zone, as in 2026-03-01T09:00:00Z, not ${options.now}.`);
  if (options.format !== undefined && options.format !== "md") throw new UsageError("--format takes md.");
  const document = expectOk(planFromScenario(readText(io, options.scenario), now));
  if (options.json) printJson(io, document);
  else io.out(planToMarkdown(document));
}

function intentOf(o: Record<string, unknown>): Record<string, unknown> {
  const patches = (o.patch as string[] | undefined)?.map((text) => {
    const [sourceName, toVersion] = text.split("@");
    return { sourceName, ...(toVersion ? { toVersion } : {}) };
  });
  const defined = (fields: Record<string, unknown>) => Object.fromEntries(Object.entries(fields).filter(([, v]) => v !== undefined));
  return defined({
    title: o.title,
    select: defined({
      patches,
      cves: o.cve,
      minRisk: o.minRisk,
      endpointIds: o.endpoint,
      tags: o.tag,
      sites: o.site,
      simulated: o.simulated,
    }),
    notBefore: o.notBefore,
    bakeMinutes: o.bakeMinutes,
    canary: o.canary,
    maxConcurrent: o.maxConcurrent,
    errorBudget: o.errorBudget,
    approvals: o.approvals,
    approveEachWave: o.approveEachWave,
    reboot: o.reboot,
    rehearsal: o.rehearsal,
    passOnChecks: o.passOnChecks === undefined ? undefined : { reason: o.passOnChecks },
    ignoreWindows: o.ignoreWindows === undefined ? undefined : { reason: o.ignoreWindows },
  });
}

/** Endpoints that would refuse, said before it is too late. */
function uncountedWords({ uncounted }: Plan): string {
  if (uncounted.length === 0) return "";
  const named = uncounted.slice(0, 5).map((e) => `${e.hostname}: ${e.why}`);
  return ` ${uncounted.length} of its endpoints count none of its approvals and will refuse (${named.join(" ")}${uncounted.length > 5 ? " ..." : ""}).`;
}

function signed(digest: string, path: string, pem: string, approver: string, at: Instant, validForHours?: number) {
  try {
    return signApproval(digest, pem, approver, at, validForHours === undefined ? undefined : addMs(at, hours(validForHours)));
  } catch {
    throw badKeyFile(path);
  }
}
