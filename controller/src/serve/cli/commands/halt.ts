import { formatOrder, haltDigest, parseOrder, type SignedOrder, signHalt, signLift } from "@breakwater/shared/command";
import { expectOk, parseInstant, type Result } from "@breakwater/shared/core";
import type { Command } from "commander";
import { haltsSchema, haltTakenSchema } from "../../api/schemas/index.ts";
import { readText } from "../files.ts";
import type { Io } from "../io.ts";
import { printTable, state, when } from "../output.ts";
import { badKeyFile, UsageError } from "../problems.ts";
import { answer, sub } from "./command.ts";

/** `breakwater halt`: signing needs no controller, and neither does bringing the file to a machine. */
export function addHaltCommands(program: Command, io: Io): void {
  const halt = program.command("halt").description("Signed halts: endpoints begin nothing while one stands, whatever was approved");
  halt
    .command("sign")
    .description("print a signed halt, without any controller; it reaches endpoints by `halt send` or by hand")
    .requiredOption("--key <file>", "the private key that `breakwater key create` made, and that endpoints pin")
    .option("--for <scope>", "all, endpoint:ID or plan:DIGEST", "all")
    .option("--until <instant>", "RFC 3339; without it the halt stands until it is lifted")
    .option("--reason <text>", "why; endpoints show it", "")
    .action((options: { key: string; for: string; until?: string; reason: string }) => {
      const until = options.until === undefined ? undefined : parseInstant(options.until);
      if (options.until !== undefined && until === undefined)
        throw new UsageError(`--until takes RFC 3339 with a zone, as in 2026-03-01T09:00:00Z, not ${options.until}.`);
      const order = signing(io, options.key, (pem) => signHalt({ scope: options.for, reason: options.reason, until }, pem, io.clock.now()));
      io.out(`${formatOrder(order)}\n`);
    });
  halt
    .command("lift <halt>")
    .description("print the signed end of a halt: of the file that `halt sign` printed, or of its digest")
    .requiredOption("--key <file>", "a private key that endpoints pin; it need not be the one that signed the halt")
    .option("--reason <text>", "why", "")
    .action((of: string, options: { key: string; reason: string }) => {
      const order = signing(io, options.key, (pem) => signLift(digestOf(io, of), options.reason, pem, io.clock.now()));
      io.out(`${formatOrder(order)}\n`);
    });
  sub(halt, "send <file>", "have the controller carry a signed halt or lift to endpoints; - for standard input").action(
    (file: string, options) =>
      answer(
        io,
        options,
        async (client) => haltTakenSchema.parse(await client.send("POST", "/halts", { order: readText(io, file).trim() })),
        (taken) =>
          io.out(
            `The ${taken.kind} of ${taken.digest} is on its way. \`breakwater halt list\` says where it stands; where it does not, bring the file by hand: breakwater-agent halt FILE\n`,
          ),
      ),
  );
  sub(halt, "list", "signed halts, newest first, and where they stand").action((options) =>
    answer(
      io,
      options,
      async (client) => haltsSchema.parse(await client.get("/halts")).rows,
      (rows) => {
        printTable(
          io,
          ["halt", "state", "for", "issued", "until", "key", "stands on", "not on", "why"],
          rows.map((h) => [
            h.digest.slice(0, 16),
            state(h.state),
            h.scope,
            when(h.issuedAt),
            h.expiresAt ? when(h.expiresAt) : "lifted",
            h.keyId,
            h.standingOn,
            h.missing,
            h.reason,
          ]),
          "No halt is known.",
        );
        for (const { endpointId, hostname, why } of rows.flatMap((h) => h.missingOn)) io.out(`  ${hostname} (${endpointId}): ${why}\n`);
      },
    ),
  );
}

function signing(io: Io, path: string, sign: (pem: string) => Result<SignedOrder>): SignedOrder {
  const pem = readText(io, path);
  let signed: Result<SignedOrder>;
  try {
    signed = sign(pem);
  } catch {
    throw badKeyFile(path);
  }
  return expectOk(signed);
}

function digestOf(io: Io, text: string): string {
  if (/^[0-9a-f]{64}$/.test(text)) return text;
  const { statement } = expectOk(parseOrder(readText(io, text)));
  if (statement.kind !== "halt") throw new UsageError(`${text} is the end of a halt already.`);
  return haltDigest(statement);
}
