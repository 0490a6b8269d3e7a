import type { Command } from "commander";
import { joinTokenCreatedSchema, joinTokensSchema } from "../../api/schemas/index.ts";
import type { Io } from "../io.ts";
import { printTable, when } from "../output.ts";
import { noAgentPackage } from "../problems.ts";
import { answer, collect, sub, wholeNumber } from "./command.ts";

export function addJoinTokenCommands(program: Command, io: Io): void {
  const token = program.command("join-token").description("What lets new agents join");
  sub(token, "create", "make a token; it is shown once")
    .option("--uses <n>", "how many machines may join with it", wholeNumber, 1)
    .option("--minutes <n>", "how long it holds", wholeNumber, 60)
    .option("--tag <tag>", "tags of who joins, repeatable", collect, [])
    .option("--site <site>", "where they stand", "default")
    .option("--install", "print one line that installs the agent on a machine and lets it join")
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
        (t) => {
          if (!options.install) return io.out(`${t.token}\nIt holds until ${when(t.expiresAt)}. On the machine:\n  ${t.command}\n`);
          if (t.install) return io.out(`${t.install}\n`);
          throw noAgentPackage(t.command);
        },
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
}
