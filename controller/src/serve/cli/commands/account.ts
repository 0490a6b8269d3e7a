import { writeFileSync } from "node:fs";
import { counted } from "@breakwater/shared/core";
import type { Command } from "commander";
import { verifyExport } from "../../../account/audit/index.ts";
import { auditRowSchema, auditVerifySchema, tokenCreatedSchema, tokensSchema, userSchema, usersSchema } from "../../api/schemas/index.ts";
import { allRows, createClient } from "../client.ts";
import { readText } from "../files.ts";
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
      writeFileSync(options.out, text, { mode: 0o600 });
      const written = { file: options.out, records: text.split("\n").filter((line) => line !== "").length };
      if (options.json) printJson(io, written);
      else io.out(`${counted(written.records, "record")} written to ${written.file}\n`);
    });
  sub(audit, "list", "records, newest first")
    .option("--actor <actor>", "as in user:ada")
    .option("--subject <subject>", "as in deployment:dp_...")
    .option("--limit <n>", "at most this many", wholeNumber, 50)
    .action((options) =>
      answer(
        io,
        options,
        (client) => allRows(client, "/audit", auditRowSchema, { actor: options.actor, subject: options.subject }, options.limit),
        (rows) =>
          printTable(
            io,
            ["#", "at", "what", "who", "about"],
            rows.map((r) => [r.sequence, when(r.at), r.type, r.actor, r.subject]),
            "The chain is empty.",
          ),
      ),
    );

  const user = program.command("user").description("Who may sign in");
  sub(user, "add <name>", "create a user; the password comes from the terminal or standard input")
    .requiredOption("--role <role>", "viewer, operator, approver or admin")
    .action((name: string, options: { role: string; json?: boolean }) =>
      answer(
        io,
        options,
        async (client) => {
          const password = (await io.ask(`Password for ${name}: `, true)) ?? io.readInput().replace(/\r?\n$/, "");
          return userSchema.parse(await client.send("POST", "/users", { name, password, role: options.role }));
        },
        (u) => io.out(`${u.name} may sign in as ${u.role}.\n`),
      ),
    );
  sub(user, "list", "all users").action((options) =>
    answer(
      io,
      options,
      async (client) => usersSchema.parse(await client.get("/users")).rows,
      (rows) =>
        printTable(
          io,
          ["id", "name", "role", "created", "last used", "disabled"],
          rows.map((u) => [u.id, u.name, u.role, when(u.createdAt), when(u.lastUsedAt), u.disabledAt ? when(u.disabledAt) : ""]),
          "There is no user.",
        ),
    ),
  );
  sub(user, "disable <name>", "end a user's sessions and tokens, and let nobody sign in under the name").action((name: string, options) =>
    answer(
      io,
      options,
      async (client) => {
        const found = usersSchema.parse(await client.get("/users")).rows.find((u) => u.name === name);
        if (!found) throw new UsageError(`There is no user ${name}; see \`breakwater user list\`.`);
        return userSchema.parse(await client.send("PATCH", `/users/${found.id}`, { disabled: true }));
      },
      (u) => io.out(`${u.name} is disabled.\n`),
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
