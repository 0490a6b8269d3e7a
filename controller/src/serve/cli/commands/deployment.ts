import type { Command } from "commander";
import type { z } from "zod";
import { deploymentRowSchema, deploymentSchema, executionSchema, freezeSchema } from "../../api/schemas/index.ts";
import { allRows, type Client } from "../client.ts";
import { confirm } from "../confirm.ts";
import type { Io } from "../io.ts";
import { plain, printFacts, printTable, state, when } from "../output.ts";
import { notAllowed } from "../problems.ts";
import { answer, collect, needsReason, sub, wholeNumber } from "./command.ts";
import { follow } from "./deployment-watch.ts";

type Deployment = z.infer<typeof deploymentSchema>;
const read = async (client: Client, id: string): Promise<Deployment> =>
  deploymentSchema.parse(await client.get(`/deployments/${encodeURIComponent(id)}`));

/** What each does, and whether it asks first: what takes something away does. */
const COMMANDS = [
  { name: "pause", asks: false, about: "start nothing more until resumed" },
  { name: "resume", asks: false, about: "go on after a pause" },
  { name: "halt", asks: true, about: "end it; what is patched stays" },
  { name: "cancel", asks: true, about: "end it, and stop what has not changed anything yet" },
  { name: "override", asks: true, about: "accept what the open questions ask about" },
] as const;

export function addDeploymentCommands(program: Command, io: Io): void {
  const deployment = program.command("deployment").description("Plans in motion");
  sub(deployment, "list", "deployments, newest first")
    .option("--active", "only those that are not over")
    .option("--limit <n>", "at most this many", wholeNumber, 50)
    .action((options) =>
      answer(
        io,
        options,
        (client) => allRows(client, "/deployments", deploymentRowSchema, { active: options.active }, options.limit),
        (rows) =>
          printTable(
            io,
            ["id", "title", "state", "wave", "done", "failed", "in flight", "questions", "begun"],
            rows.map((d) => [
              d.id,
              d.title,
              state(d.state),
              d.wave ? `${d.wave.index + 1}/${d.waves} ${d.wave.state}` : "",
              `${d.succeeded}/${d.endpoints}`,
              d.failed,
              d.inFlight,
              d.openDecisions,
              when(d.createdAt),
            ]),
            "Nothing was deployed yet. Start an approved plan with `breakwater plan deploy ID`.",
          ),
      ),
    );
  sub(deployment, "show <id>", "waves, endpoints, budget and verdicts").action((id: string, options) =>
    answer(
      io,
      options,
      (client) => read(client, id),
      (d) => show(io, d),
    ),
  );
  sub(deployment, "explain <id>", "what it waits for, until when, and what happens then").action((id: string, options) =>
    answer(
      io,
      options,
      (client) => read(client, id),
      (d) => explainIt(io, d),
    ),
  );
  sub(deployment, "execution <id> <execution>", "one endpoint's run: its reports and output, step by step").action(
    (id: string, execution: string, options) =>
      answer(
        io,
        options,
        async (client) =>
          executionSchema.parse(await client.get(`/deployments/${encodeURIComponent(id)}/executions/${encodeURIComponent(execution)}`)),
        (x) => showExecution(io, x),
      ),
  );
  sub(deployment, "watch <id>", "follow it until it is over").action(async (id: string, options) => watch(io, id, options));
  for (const { name, asks, about } of COMMANDS)
    needsReason(sub(deployment, `${name} <id>`, about))
      .option("--yes", "do not ask")
      .action((id: string, options) => command(io, id, name, undefined, asks, options));
  needsReason(sub(deployment, "rollback <id>", "restore the versions of before, and end it"))
    .option("--wave <n>", "only this wave (1 is the first)", wholeNumber)
    .option("--yes", "do not ask")
    .action((id: string, options) => command(io, id, "rollback", options.wave === undefined ? undefined : options.wave - 1, true, options));
  needsReason(sub(deployment, "approve-wave <id>", "let a wave begin that waits for a person"))
    .requiredOption("--wave <n>", "which wave (1 is the first)", wholeNumber)
    .option("--yes", "do not ask")
    .action((id: string, options) => command(io, id, "approve-wave", options.wave - 1, false, options));

  needsReason(sub(deployment, "leave-out <id>", "give endpoints whose turn has not come none in this deployment"))
    .requiredOption("--endpoint <id>", "which (repeatable)", collect, [])
    .action((id: string, options) =>
      answer(
        io,
        options,
        async (client) =>
          deploymentSchema.parse(
            await client.send("POST", `/deployments/${encodeURIComponent(id)}/leave-out`, {
              reason: options.reason,
              endpointIds: options.endpoint,
            }),
          ),
        (d) => io.out(`${options.endpoint.length} left out. ${d.id} is ${d.state}.\n`),
      ),
    );

  needsReason(sub(program, "freeze", "start nothing anywhere until thawed")).action((options) =>
    answer(
      io,
      options,
      async (client) => freezeSchema.parse(await client.send("POST", "/freeze", { reason: options.reason })),
      (f) => io.out(`The fleet is frozen since ${when(f.since)}. What is in flight comes to its own end.\n`),
    ),
  );
  needsReason(sub(program, "unfreeze", "thaw the fleet")).action((options) =>
    answer(
      io,
      options,
      (client) => client.send("DELETE", "/freeze", { reason: options.reason }),
      () => io.out("The fleet is thawed.\n"),
    ),
  );
}

async function command(
  io: Io,
  id: string,
  action: Deployment["consequences"][number]["action"],
  wave: number | undefined,
  asks: boolean,
  options: { reason: string; yes?: boolean; json?: boolean },
): Promise<void> {
  await answer(
    io,
    options,
    async (client) => {
      const before = await read(client, id);
      const matching = before.consequences.filter((c) => c.action === action);
      const consequence = matching.find((c) => c.wave === (wave ?? null)) ?? (wave === undefined ? matching[0] : undefined);
      if (!consequence?.allowed && action !== "rollback")
        throw notAllowed(`${action} is not possible now: the deployment is ${before.state}. ${consequence?.sentence ?? ""}`);
      if (consequence) await confirm(io, consequence.sentence, !asks || (options.yes ?? false));
      else await confirm(io, `Roll back wave ${(wave ?? 0) + 1}.`, options.yes ?? false);
      return deploymentSchema.parse(
        await client.send("POST", `/deployments/${id}/${action}`, { reason: options.reason, ...(wave === undefined ? {} : { wave }) }),
      );
    },
    (d) => io.out(`${d.id} is ${d.state}${d.reason ? `: ${d.reason}` : ""}.\n`),
  );
}

/** Why it is where it is: state, waits with their deadlines, what of the rollback tree came true, and when it will be over. */
function explainIt(io: Io, d: Deployment): void {
  io.out(`${d.id} is ${state(d.state)}${d.reason ? `: ${d.reason}` : ""}.\n`);
  if (d.waits.length === 0) io.out("It waits for nothing.\n");
  for (const w of d.waits) io.out(`${w.what}${w.until ? ` Until ${when(w.until)}.` : ""} ${w.afterwards}\n`);
  for (const wave of d.waveList) {
    if (wave.growth) io.out(`Wave ${wave.index + 1}, size: ${wave.growth.sentence}\n`);
    if (wave.why !== "") io.out(`Wave ${wave.index + 1} ${wave.state}${wave.since ? `, ${when(wave.since)}` : ""}: ${wave.why}.\n`);
    if (wave.approvedBy) io.out(`Wave ${wave.index + 1} was opened by ${wave.approvedBy}.\n`);
    if (wave.held) io.out(`Wave ${wave.index + 1} is held since ${when(wave.held.since)}: ${wave.held.why}\n`);
    for (const b of wave.tree) {
      if (b.taken) io.out(`Wave ${wave.index + 1}, ${when(b.taken.at)}: ${b.when}, so ${b.action}; ${b.ask}. ${b.taken.why}\n`);
      if (b.holds) io.out(`Wave ${wave.index + 1}: ${b.holds.sentence} If it still holds at ${when(b.holds.firesAt)}: ${b.action}.\n`);
    }
  }
  io.out(`${d.budget.left} of ${d.budget.threshold} failures are left before it stops by itself.\n${d.forecast.sentence}\n`);
}

function show(io: Io, d: Deployment): void {
  printFacts(io, [
    ["deployment", `${d.id} of plan ${d.planId} revision ${d.planRevision}${d.simulated ? " (simulated)" : ""}`],
    ["title", d.title],
    ["state", `${state(d.state)}${d.reason ? `: ${d.reason}` : ""}`],
    ["endpoints", `${d.succeeded} of ${d.endpoints} succeeded, ${d.failed} failed, ${d.inFlight} in flight`],
    ["budget", `${d.budget.left} of ${d.budget.threshold} failures left`],
    ["end", d.forecast.sentence],
  ]);
  io.out("\n");
  printTable(
    io,
    ["#", "wave", "state", "endpoints", "verdict", "bakes until"],
    d.waveList.map((w) => [
      w.index + 1,
      w.name,
      state(w.state),
      Object.entries(w.counts)
        .map(([s, n]) => `${n} ${s}`)
        .join(", "),
      w.verdict ? `${state(w.verdict.verdict)}: ${w.verdict.summary}` : "",
      w.bakeEndsAt ? when(w.bakeEndsAt) : "",
    ]),
    "",
  );
  for (const question of d.decisions) io.out(`\nA person has to decide: ${question.question}\n`);
  for (const wait of d.waits.slice(0, 10)) io.out(`\n${wait.what}${wait.until ? ` Until ${when(wait.until)}.` : ""} ${wait.afterwards}\n`);
}

function showExecution(io: Io, x: z.infer<typeof executionSchema>): void {
  printFacts(io, [
    ["execution", `${x.id} of ${x.deploymentId}, wave ${x.wave + 1}`],
    ["endpoint", `${plain(x.hostname)} (${x.endpointId})`],
    ["state", `${state(x.state)}${x.failureClass ? ` (${plain(x.failureClass)})` : ""}${x.message ? `: ${plain(x.message)}` : ""}`],
    ["begun", when(x.startedAt)],
    ["ended", when(x.finishedAt)],
  ]);
  if (x.reports.length === 0) io.out("\nIts endpoint has reported nothing.\n");
  for (const r of x.reports) {
    const why = [r.failureClass, r.message].filter((part) => part !== "").map(plain);
    io.out(
      `\n${when(r.at)}  ${r.of === "rollback" ? "rollback " : ""}${r.step}  ${state(r.state)}${why.length > 0 ? `: ${why.join(": ")}` : ""}\n`,
    );
    if (r.packageManagerHealth) io.out(`  package manager: ${plain(r.packageManagerHealth)}\n`);
    for (const line of r.output.split(/\r?\n/).filter((l) => l !== "")) io.out(`  ${plain(line)}\n`);
  }
}

const watch = (io: Io, id: string, options: { json?: boolean }): Promise<void> =>
  answer(
    io,
    options,
    (client) => follow(io, client, id, () => read(client, id)),
    (d) => show(io, d),
  );
