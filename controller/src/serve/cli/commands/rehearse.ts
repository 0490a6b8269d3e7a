import { fromText, signRehearsal } from "@breakwater/shared/command";
import { counted } from "@breakwater/shared/core";
import type { Command } from "commander";
import type { z } from "zod";
import { meSchema, planSchema, rehearsalRequestedSchema, rehearsalsSchema } from "../../api/schemas/index.ts";
import type { Client } from "../client.ts";
import { readText } from "../files.ts";
import type { Io } from "../io.ts";
import { printFacts, printTable, round, state, when } from "../output.ts";
import { badKeyFile } from "../problems.ts";
import { answer, collect } from "./command.ts";

type Rehearsals = z.infer<typeof rehearsalsSchema>;
type Rehearsal = Rehearsals["rows"][number];
type Plan = z.infer<typeof planSchema>;
interface Options {
  readonly key?: string;
  readonly endpoint?: string[];
  readonly show?: boolean;
  readonly wait: boolean;
  readonly json?: boolean;
}

const POLL_MS = 2_000;
const MEGABYTE = 1e6;

export function addRehearseCommand(program: Command, io: Io): void {
  program
    .command("rehearse <plan>")
    .description("Try a plan on throw-away copies of its endpoints, one for each configuration; no endpoint is changed")
    .option("--json", "print one JSON value")
    .option("--key <file>", "your approval key: its signature allows this rehearsal and nothing else; without it the plan's approvals do")
    .option("--endpoint <id>", "on this endpoint's copy, repeatable", collect)
    .option("--show", "only show what earlier rehearsals came to")
    .option("--no-wait", "do not wait for the result")
    .action((id: string, options: Options) =>
      answer(
        io,
        options,
        async (client) => {
          const plan = planSchema.parse(await client.get(`/plans/${encodeURIComponent(id)}`));
          if (!options.show) await ask(io, client, plan, options);
          return { plan, ...(await result(client, plan, options.wait && !options.show)) };
        },
        ({ plan, ...told }) => show(io, plan, told),
      ),
    );
}

async function ask(io: Io, client: Client, plan: Plan, options: Options): Promise<void> {
  const permission = options.key === undefined ? undefined : await permit(io, client, plan.digest, options.key);
  const asked = rehearsalRequestedSchema.parse(
    await client.send("POST", `/plans/${plan.id}/rehearse`, {
      revision: plan.revision,
      digest: plan.digest,
      ...(options.endpoint ? { endpointIds: options.endpoint } : {}),
      ...(permission ? { permission } : {}),
    }),
  );
  for (const a of asked.asked) io.err(`${a.hostname} rehearses on a copy of itself.\n`);
  for (const n of asked.notPossible) io.err(`${n.hostname} cannot: ${n.why}\n`);
}

async function permit(io: Io, client: Client, digest: string, file: string) {
  const pem = readText(io, file);
  const me = meSchema.parse(await client.get("/me"));
  try {
    const { keyId, signature, at } = signRehearsal(digest, pem, me.name, io.clock.now());
    return { keyId, signature: Buffer.from(signature).toString("base64"), at };
  } catch {
    throw badKeyFile(file);
  }
}

async function result(client: Client, plan: Plan, wait: boolean): Promise<Rehearsals> {
  for (;;) {
    const told = rehearsalsSchema.parse(await client.get(`/plans/${plan.id}/rehearsals?revision=${plan.revision}`));
    if (!wait || told.rows.every((r) => r.state === "ended")) return told;
    await new Promise((go) => setTimeout(go, POLL_MS));
  }
}

function show(io: Io, plan: Plan, { standing, rows }: Rehearsals): void {
  io.out(`${standing.sentence}\n`);
  for (const r of rows.filter((row) => !row.superseded)) {
    io.out("\n");
    showOne(io, plan, r);
  }
}

function showOne(io: Io, plan: Plan, r: Rehearsal): void {
  const { report } = r;
  printFacts(io, [
    ["endpoint", `${r.hostname} (${r.endpointId})`],
    ["verdict", r.verdict === "" ? `${r.state} ${r.step}` : state(r.verdict)],
    ...(r.reason ? ([["because", `${r.reason}${r.failureClass ? ` (${r.failureClass})` : ""}`]] as const) : []),
    ["asked", `${when(r.requestedAt)} by ${r.requestedBy}`],
    ...(report
      ? ([
          ["copy", report.level || "none was needed"],
          [
            "cost",
            `${round(report.cost.seconds)} s, ${round(report.cost.cpuSeconds)} s of CPU, ${round(report.cost.diskBytes / MEGABYTE, 0)} MB of layer`,
          ],
          ["machine", report.host.untouched ? "untouched" : `differs: ${report.host.differences.join("; ")}`],
          ["restarts", report.restartedUnits.join(", ") || "no service"],
        ] as const)
      : []),
  ]);
  if (!report) return;
  const planned = plan.actions.find((a) => a.endpointId === r.endpointId)?.packages ?? [];
  printTable(
    io,
    ["package", "now", "planned", "in the copy", "after going back"],
    planned.map((p) => {
      const seen = report.packages.find((x) => x.name === p.name && x.architecture === p.architecture);
      return [p.name, fromText(p.from), p.to, seen?.after || "-", seen?.afterRollback || "-"];
    }),
    "The plan has no packages for it.",
  );
  printTable(
    io,
    ["step", "outcome", "s", "detail"],
    report.steps.map((s) => [s.name, state(s.outcome), round(s.seconds), s.detail.slice(0, 120)]),
    "No step was begun.",
  );
  for (const warning of report.warnings) io.out(`! ${warning}\n`);
  for (const file of report.configurationReviews) io.out(`! The package's own configuration was laid beside an edited file: ${file}\n`);
  if (report.filesOutsideCount > 0)
    io.out(
      `! ${counted(report.filesOutsideCount, "file")} changed that no package of the plan lists: ${report.filesOutside.slice(0, 5).join(", ")}\n`,
    );
  for (const blind of report.blindTo) io.out(`  Not seen: ${blind}\n`);
}
