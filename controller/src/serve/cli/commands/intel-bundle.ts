import { createReadStream, createWriteStream, statSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ProblemError } from "@breakwater/shared/core";
import type { Command } from "commander";
import { resignBundle } from "../../../know/intel/index.ts";
import { bundleImportSchema, bundleKeySchema } from "../../api/schemas/index.ts";
import { createClient } from "../client.ts";
import { readText } from "../files.ts";
import type { Io } from "../io.ts";
import { plain, printJson, printTable, when } from "../output.ts";
import { unreadableFile, unwritableFile } from "../problems.ts";
import { answer, sub } from "./command.ts";

/** Intelligence for sites that reach no feed, carried as one signed file. */
export function addBundleCommands(intel: Command, io: Io): void {
  sub(intel, "export <file>", "write everything that the feeds said to one signed bundle")
    .option("--key <file>", "sign with this Ed25519 key (PKCS #8 PEM) instead of the controller's own")
    .action(async (file: string, options: { key?: string; json?: boolean }) => {
      const client = createClient(io);
      const part = `${file}.part`;
      let unwritable: Error | undefined;
      try {
        const content = createWriteStream(part, { mode: 0o600 });
        content.once("error", (cause: NodeJS.ErrnoException) => {
          unwritable = cause;
        });
        await pipeline(Readable.from(client.chunks("/intel/bundle")), content);
        let { publicKey } = bundleKeySchema.parse(await client.get("/intel/bundle/key"));
        if (options.key === undefined) await rename(part, file);
        else publicKey = await resign(part, file, readText(io, options.key), options.key);
        if (options.json) printJson(io, { file, publicKey });
        else io.out(`${file} is written. Importing sites pin its key:\n  bundleKeys: [${publicKey}]\n`);
      } catch (cause) {
        throw cause === unwritable ? unwritableFile(file, cause) : cause;
      } finally {
        await rm(part, { force: true });
      }
    });
  sub(intel, "import <file>", "take a bundle that a pinned key has signed; nothing of it is used unless all of it is right").action(
    (file: string, options: { json?: boolean }) =>
      answer(
        io,
        options,
        async (client) => {
          if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) throw noBundle(file);
          const content = createReadStream(file);
          await new Promise<void>((done, refuse) => {
            content.once("open", () => done());
            content.once("error", (cause: NodeJS.ErrnoException) => refuse(unreadableFile(file, cause)));
          });
          return bundleImportSchema.parse(await client.upload("/intel/bundle", Readable.toWeb(content) as ReadableStream<Uint8Array>));
        },
        ({ createdAt, signedBy, feeds }) => {
          io.out(`Made ${when(createdAt)}, signed by ${signedBy}\n`);
          printTable(
            io,
            ["feed", "records", "read there", "taken"],
            feeds.map((f) => [plain(f.id), f.records, when(f.lastSuccessAt), f.taken ? "yes" : "no: as new or newer here"]),
            "It holds no feed.",
          );
        },
      ),
  );
  sub(intel, "key", "the public key that signs bundles here, for importing sites to pin").action((options: { json?: boolean }) =>
    answer(
      io,
      options,
      async (client) => bundleKeySchema.parse(await client.get("/intel/bundle/key")),
      ({ publicKey }) => io.out(`${publicKey}\n`),
    ),
  );
}

const noBundle = (path: string) =>
  new ProblemError({
    code: "not-a-bundle",
    message: `${path} is a directory; a bundle is one file.`,
    next: "Give the file that `breakwater intel export` wrote. What a directory of feed files holds says `breakwater intel check`.",
  });

async function resign(from: string, to: string, pem: string, name: string): Promise<string> {
  try {
    return await resignBundle(from, to, pem);
  } catch (cause) {
    throw new ProblemError({
      code: "key-unusable",
      message: `The bundle cannot be signed with ${name}: ${cause instanceof Error ? cause.message : String(cause)}.`,
      next: "Give an Ed25519 private key as PEM, as `breakwater key create` writes it.",
    });
  }
}
