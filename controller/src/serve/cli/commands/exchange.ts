import { createWriteStream, readFileSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { Command } from "commander";
import { vexDocumentsSchema, vexImportedSchema, vexTrustSchema } from "../../api/schemas/index.ts";
import { createClient } from "../client.ts";
import { readText } from "../files.ts";
import type { Io } from "../io.ts";
import { plain, printTable, when } from "../output.ts";
import { UsageError, unreadableFile, unwritableFile } from "../problems.ts";
import { answer, collect, needsReason, sub } from "./command.ts";

/** Examples shown; all are counted. */
const MAX_SHOWN = 10;

/** What is told to others of the fleet, and what others tell: VEX and bills of materials. */
export function addExchangeCommands(program: Command, io: Io): void {
  const vex = program.command("vex").description("Statements about vulnerabilities in products: OpenVEX, CSAF, CycloneDX");
  sub(vex, "import <file>", "take in a document, the whole of it or nothing; - for standard input")
    .option("--signature <file>", "Ed25519 signature over the file's bytes, raw or base64")
    .action((file: string, options) =>
      answer(
        io,
        options,
        async (client) =>
          vexImportedSchema.parse(
            await client.send("POST", "/vex/documents", {
              document: readText(io, file),
              ...(options.signature ? { signature: readSignature(options.signature) } : {}),
            }),
          ),
        (t) => {
          io.out(
            t.known
              ? `${t.id} was taken in before; nothing changed.\n`
              : `${t.id}: ${t.statements} statements by ${plain(t.author)}${t.replaces ? `, in place of ${t.replaces}` : ""}.\n`,
          );
          if (t.notBelieved !== null) io.out(`They count for nothing: ${plain(t.notBelieved)}.\n`);
          tell(
            io,
            "were left out",
            t.leftOutCount,
            t.leftOut.map((l) => `${l.place}: ${l.reason}`),
          );
          tell(
            io,
            "match nothing here",
            t.unmatchedCount,
            t.unmatched.map((u) => `${u.place}: ${u.vulnerabilityId} in ${u.purl}: ${u.reason}`),
          );
        },
      ),
    );
  sub(vex, "list", "documents that were taken in, and whether their authors are believed").action((options) =>
    answer(
      io,
      options,
      async (client) => vexDocumentsSchema.parse(await client.get("/vex/documents")).rows,
      (rows) =>
        printTable(
          io,
          ["id", "document", "version", "author", "of", "statements", "believed"],
          rows.map((d) => [
            d.id,
            plain(d.documentId),
            d.version,
            plain(d.author),
            when(d.timestamp),
            d.statements,
            d.rank === null ? `no: ${plain(d.notBelieved ?? "")}` : `rank ${d.rank}${d.signed ? ", signed" : ""}`,
          ]),
          "No VEX document was taken in.",
        ),
    ),
  );
  needsReason(sub(vex, "remove <id>", "take a document out; its statements count no more")).action((id: string, options) =>
    answer(
      io,
      options,
      (client) => client.send("DELETE", `/vex/documents/${encodeURIComponent(id)}`, { reason: options.reason }),
      () => io.out("Removed.\n"),
    ),
  );
  sub(vex, "trust", "whose statements are believed; with --author, name them all anew")
    .option("--author <rank=name>", 'as in "1=Debian"; 1 is believed first; repeatable', collect)
    .option("--key <name=base64>", "only what this raw Ed25519 key signed counts as the author's; repeatable", collect, [])
    .option("--nobody", "believe nobody")
    .action((options) =>
      answer(
        io,
        options,
        async (client) => {
          const wanted = options.nobody ? [] : options.author;
          const body = wanted && { authors: trustOf(wanted, options.key) };
          return vexTrustSchema.parse(body ? await client.send("PUT", "/vex/trust", body) : await client.get("/vex/trust")).authors;
        },
        (authors) =>
          printTable(
            io,
            ["rank", "author", "key"],
            [...authors]
              .sort((a, b) => a.rank - b.rank)
              .map((a) => [a.rank, plain(a.author), a.publicKey ?? "none: whoever may import speaks for it"]),
            "Nobody's statements are believed.",
          ),
      ),
    );
  vex
    .command("export")
    .description("findings and suppressions as a VEX document")
    .option("--format <format>", "openvex, csaf or cyclonedx", "openvex")
    .option("--endpoint <id>")
    .option("--tag <tag>")
    .option("--author <name>", "who states it", "Breakwater")
    .option("--out <file>", "instead of standard output")
    .action((options) =>
      save(
        io,
        `/vex?${query({ format: options.format, endpoint: options.endpoint, tag: options.tag, author: options.author })}`,
        options.out,
      ),
    );

  program
    .command("sbom")
    .description("what is installed in the fleet, or on one endpoint")
    .option("--endpoint <id>")
    .option("--format <format>", "cyclonedx (1.6) or spdx (2.3)", "cyclonedx")
    .option("--out <file>", "instead of standard output")
    .action((options) =>
      save(
        io,
        `${options.endpoint ? `/endpoints/${encodeURIComponent(options.endpoint)}` : ""}/sbom?${query({ format: options.format })}`,
        options.out,
      ),
    );
}

const query = (given: Record<string, string | undefined>): string =>
  new URLSearchParams(Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined)).toString();

/** A document as it comes, to a file or to standard output: a fleet's bill is larger than memory should be. */
async function save(io: Io, path: string, file: string | undefined): Promise<void> {
  const chunks = createClient(io).chunks(path);
  if (file === undefined) {
    const decoder = new TextDecoder();
    for await (const chunk of chunks) io.out(decoder.decode(chunk, { stream: true }));
    return;
  }
  const first = await chunks.next();
  const all = async function* () {
    if (!first.done) yield first.value;
    yield* chunks;
  };
  await pipeline(all, createWriteStream(file)).catch((cause: unknown) => {
    throw unwritableFile(file, cause);
  });
  io.err(`Written to ${file}.\n`);
}

function tell(io: Io, what: string, count: number, examples: readonly string[]): void {
  if (count === 0) return;
  io.out(`${count} ${what}:\n`);
  for (const example of examples.slice(0, MAX_SHOWN)) io.out(`  ${plain(example)}\n`);
  if (count > MAX_SHOWN) io.out(`  and ${count - MAX_SHOWN} more\n`);
}

function trustOf(authors: readonly string[], keys: readonly string[]): object[] {
  const keyOf = new Map(keys.map((text): [string, string] => [text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1)]));
  const trusted = authors.map((text) => {
    const [, rank, author = ""] = /^(\d{1,3})=(.+)$/.exec(text) ?? [];
    if (rank === undefined) throw new UsageError(`An author is written as in "1=Debian", not "${text}".`);
    return { author, rank: Number(rank), publicKey: keyOf.get(author) ?? null };
  });
  const stray = [...keyOf.keys()].find((name) => !trusted.some((t) => t.author === name));
  if (stray !== undefined) throw new UsageError(`--key names ${stray}, who is not among the authors.`);
  return trusted;
}

/** Raw as openssl writes it, or base64. */
function readSignature(path: string): string {
  try {
    const bytes = readFileSync(path);
    return bytes.length === 64 ? bytes.toString("base64") : bytes.toString("utf8").trim();
  } catch (cause) {
    throw unreadableFile(path, cause);
  }
}
