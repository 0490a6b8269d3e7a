import { counted } from "@breakwater/shared/core";
import type { Command } from "commander";
import { verifyExport } from "../../../account/audit/index.ts";
import { auditRowSchema, auditVerifySchema, tokenCreatedSchema, tokensSchema } from "../../api/schemas/index.ts";
import { allRows, createClient } from "../client.ts";
import { readText, writeText } from "../files.ts";
import type { Io } from "../io.ts";
import { printJson, printTable, when } from "../output.ts";
import { chainBroken, UsageError } from "../problems.ts";
import { answer, sub, wholeNumber } from "./command.ts";

export function addAccountCommands(program: Command, io: Io): void {
  const audit = program.command("audit").description("The hash chain of every decision, command and result");
  sub(audit, "verify", "check every link; exit code 1 when one is broken")
    .option("--file <export>", "an export, checked here without a server; - for standard input")
    .option("--expect-head <hash>", "the head that you noted earlier: finds a chain that was cut or written anew")
    .action(async (options: { file?: string; expectHead?: string; json?: boolean }) => {
      if (options.file === undefined && options.expectHead === undefined) return verifyOnServer(io, options);
      if (options.file === undefined) throw new UsageError("--expect-head goes with --file.");
      const result = verifyExport(readText(io, options.file).split("\n"), options.expectHead);
      if (options.json) printJson(io, result);
      if (!result.ok) throw chainBroken(`The chain is broken at record ${result.firstBroken}: ${result.reason}`);
      if (!options.json) io.out(`${counted(result.records, "record")}, every link holds. Head ${result.head}\n`);
    });
  sub(audit, "export", "the whole chain as JSON lines")
    .option("--out <file>", "write it there")
    .action(async (options: { out?: string; json?: boolean }) => {
      const text = await createClient(io).text("/audit/export");
      if (options.out === undefined) return io.out(text);
      writeText(options.out, text, { mode: 0o600 });
      const written = { file: options.out, records: text.split("\n").filter((line) => line !== "").length };
      if (options.json) printJson(io, written);
      else io.out(`${counted(written.records, "record")} written to ${written.file}\n`);
    });
  sub(audit, "list", "records, newest first")
    .option("--actor <actor>", "as in user:ada")
    .option("--subject <subject>", "as in deployment:dp_...")
    .option("--type <type>", "as in deployment.paused")
    .option("--limit <n>", "at most this many", wholeNumber, 50)
    .action((options) =>
      answer(
        io,
        options,
        (client) =>
          allRows(client, "/audit", auditRowSchema, { actor: options.actor, subject: options.subject, type: options.type }, options.limit),
        (rows) =>
          printTable(
            io,
            ["#", "at", "what", "who", "about"],
            rows.map((r) => [r.sequence, when(r.at), r.type, r.actor, r.subject]),
            options.actor || options.subject || options.type ? "No record matches." : "The chain is empty.",
          ),
      ),
    );

  const token = program.command("token").description("API tokens: for scripts, acting as their owner");
  sub(token, "create <label>", "make a token; it is shown once")
    .option("--days <n>", "how long it holds", wholeNumber, 90)
    .action((label: string, options) =>
      answer(
        io,
        options,
        async (client) => tokenCreatedSchema.parse(await client.send("POST", "/tokens", { label, days: options.days })),
        (t) => io.out(`${t.token}\nIt holds until ${when(t.expiresAt)}.\n`),
      ),
    );
  sub(token, "list", "tokens, without their secrets").action((options) =>
    answer(
      io,
      options,
      async (client) => tokensSchema.parse(await client.get("/tokens")).rows,
      (rows) =>
        printTable(
          io,
          ["id", "label", "user", "holds until", "last used"],
          rows.map((t) => [t.id, t.label, t.user, when(t.expiresAt), when(t.lastUsedAt)]),
          "There is no token.",
        ),
    ),
  );
  sub(token, "revoke <id>", "the token lets nobody in any more").action((id: string, options) =>
    answer(
      io,
      options,
      (client) => client.send("DELETE", `/tokens/${encodeURIComponent(id)}`),
      () => io.out("Revoked.\n"),
    ),
  );
}

async function verifyOnServer(io: Io, options: { json?: boolean }): Promise<void> {
  const verified = auditVerifySchema.parse(await createClient(io).get("/audit/verify"));
  if (options.json) printJson(io, verified);
  if (!verified.ok)
    throw chainBroken(`The chain is broken${verified.broken ? ` at record ${verified.broken.sequence}: ${verified.broken.why}` : ""}.`);
  if (!options.json)
    io.out(
      `${counted(verified.records, "record")}, every link holds. Head ${verified.head}\nNote the head: with it an export can be checked against this moment.\n`,
    );
}
