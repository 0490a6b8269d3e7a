import { createPrivateKey } from "node:crypto";
import { existsSync } from "node:fs";
import { newApprovalKey, rawPublicKey } from "@breakwater/shared/command";
import type { Command } from "commander";
import { approvalKeySchema, approvalKeysSchema } from "../../api/schemas/index.ts";
import { readText, writeText } from "../files.ts";
import type { Io } from "../io.ts";
import { printFacts, printJson, printTable, when } from "../output.ts";
import { badKeyFile, fileExists } from "../problems.ts";
import { answer, sub } from "./command.ts";

/** Approval keys: made, registered, listed, revoked. */
export function addKeyCommands(program: Command, io: Io): void {
  const key = program.command("key").description("Approval keys: Ed25519, the private half never leaves your machine");
  sub(key, "create <file>", "make a key; only you can read the file").action((file: string, options: { json?: boolean }) => {
    if (existsSync(file)) throw fileExists(file);
    const made = newApprovalKey();
    writeText(file, made.privateKeyPem, { mode: 0o600, flag: "wx" });
    const value = { keyId: made.keyId, file, publicKey: made.publicKey.toString("base64") };
    if (options.json) return printJson(io, value);
    printFacts(io, [
      ["key", value.keyId],
      ["private half", file],
      ["public half", value.publicKey],
    ]);
    io.out(`Register it with \`breakwater key register ${file} --label NAME\`.\n`);
  });
  sub(key, "register <file>", "register the public half of a key as yours")
    .requiredOption("--label <text>", "where the key lies")
    .action((file: string, options: { label: string; json?: boolean }) =>
      answer(
        io,
        options,
        async (client) =>
          approvalKeySchema.parse(await client.send("POST", "/approval-keys", { label: options.label, publicKey: publicHalf(io, file) })),
        (k) => io.out(`${k.keyId} is registered for ${k.owner}. Pin it on endpoints, so that they trust it.\n`),
      ),
    );
  sub(key, "list", "keys whose signatures count").action((options) =>
    answer(
      io,
      options,
      async (client) => approvalKeysSchema.parse(await client.get("/approval-keys")).rows,
      (rows) =>
        printTable(
          io,
          ["key", "kind", "owner", "label", "registered", "revoked"],
          rows.map((k) => [
            k.keyId,
            k.passkey ? `passkey at ${k.passkey.rpId}` : "key file",
            k.owner,
            k.label,
            when(k.createdAt),
            k.revokedAt ? when(k.revokedAt) : "",
          ]),
          "No key is registered. Make one with `breakwater key create FILE`.",
        ),
    ),
  );
  sub(key, "revoke <keyId>", "let a key's signatures count for nothing new").action((keyId: string, options) =>
    answer(
      io,
      options,
      async (client) => approvalKeySchema.parse(await client.send("DELETE", `/approval-keys/${keyId}`)),
      (k) => io.out(`${k.keyId} is revoked.\n`),
    ),
  );
}

function publicHalf(io: Io, file: string): string {
  const pem = readText(io, file);
  try {
    return rawPublicKey(createPrivateKey(pem)).toString("base64");
  } catch {
    throw badKeyFile(file);
  }
}
