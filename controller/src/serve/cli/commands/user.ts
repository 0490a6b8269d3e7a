import type { Command } from "commander";
import type { z } from "zod";
import { userSchema, usersSchema } from "../../api/schemas/index.ts";
import type { Client } from "../client.ts";
import type { Io } from "../io.ts";
import { printTable, when } from "../output.ts";
import { UsageError } from "../problems.ts";
import { answer, sub } from "./command.ts";

/** Who may sign in, and as what. */
export function addUserCommands(program: Command, io: Io): void {
  const user = program.command("user").description("Who may sign in");
  sub(user, "add <name>", "create a user; the password comes from the terminal or standard input")
    .requiredOption("--role <role>", "viewer, operator, approver or admin")
    .action((name: string, options: { role: string; json?: boolean }) =>
      answer(
        io,
        options,
        async (client) =>
          userSchema.parse(await client.send("POST", "/users", { name, password: await passwordFor(io, name), role: options.role })),
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
      (client) => change(client, name, async () => ({ disabled: true })),
      (u) => io.out(`${u.name} is disabled.\n`),
    ),
  );
  sub(user, "enable <name>", "let a disabled user sign in again").action((name: string, options) =>
    answer(
      io,
      options,
      (client) => change(client, name, async () => ({ disabled: false })),
      (u) => io.out(`${u.name} may sign in as ${u.role}.\n`),
    ),
  );
  sub(user, "role <name> <role>", "viewer, operator, approver or admin; ends the user's sessions").action(
    (name: string, role: string, options) =>
      answer(
        io,
        options,
        (client) => change(client, name, async () => ({ role })),
        (u) => io.out(`${u.name} is ${u.role} from the next sign-in.\n`),
      ),
  );
  sub(user, "password <name>", "set a new password, from the terminal or standard input; ends the user's sessions").action(
    (name: string, options) =>
      answer(
        io,
        options,
        (client) => change(client, name, async () => ({ password: await passwordFor(io, name, true) })),
        (u) => io.out(`${u.name} has a new password.\n`),
      ),
  );
}

/** Looks the name up first: nobody is asked for the password of a user that does not exist. */
async function change(client: Client, name: string, of: () => Promise<Record<string, unknown>>): Promise<z.infer<typeof userSchema>> {
  const found = usersSchema.parse(await client.get("/users")).rows.find((u) => u.name === name);
  if (!found) throw new UsageError(`There is no user ${name}; see \`breakwater user list\`.`);
  return userSchema.parse(await client.send("PATCH", `/users/${encodeURIComponent(found.id)}`, await of()));
}

/** Never an argument: those stand in process lists and shell histories. On a terminal nobody sees a slip of the finger. */
async function passwordFor(io: Io, name: string, twice = false): Promise<string> {
  const typed = await io.ask(`Password for ${name}: `, true);
  if (typed === undefined) return io.readInput().replace(/\r?\n$/, "");
  if (twice && (await io.ask("Once more: ", true)) !== typed) throw new UsageError("The two passwords differ; nothing was changed.");
  return typed;
}
