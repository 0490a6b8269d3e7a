import { ProblemError } from "@breakwater/shared/core";
import type { Command } from "commander";
import { z } from "zod";
import { type Bulletin, MAX_BULLETIN_CHARACTERS, readBulletin, tooLarge } from "../../../know/intel/index.ts";
import { boundedLines, boundedText, chunksOf } from "../bounded-input.ts";
import type { Io } from "../io.ts";
import { plain, printFacts, printJson, printTable } from "../output.ts";
import { UsageError } from "../problems.ts";

/** UTF-8 takes at most three bytes for a UTF-16 unit; a JSON escape, six. */
const MAX_TEXT_BYTES = 3 * MAX_BULLETIN_CHARACTERS;
const MAX_LINE_BYTES = 6 * MAX_BULLETIN_CHARACTERS + 1024;
const lineSchema = z.object({ id: z.union([z.string(), z.number()]), text: z.string() });

export function addBulletinCommands(program: Command, io: Io): void {
  const bulletin = program.command("bulletin").description("Read what a vendor's text states; needs no server");
  bulletin
    .command("parse [file]")
    .description("read a bulletin, changelog or release note; - for standard input")
    .option("--batch", 'read JSON lines {"id","text"} from the file or standard input, print one JSON object a line, in order')
    .option("--json", "print one JSON value")
    .action(async (file: string | undefined, options: { batch?: boolean; json?: boolean }) => {
      if (options.batch) {
        for await (const line of boundedLines(chunksOf(io, file ?? "-"), MAX_LINE_BYTES)) io.out(`${JSON.stringify(readLine(line))}\n`);
        return;
      }
      if (file === undefined) throw new UsageError("Give a file, - for standard input, or --batch.");
      const text = await boundedText(chunksOf(io, file), MAX_TEXT_BYTES);
      const read = text === undefined ? undefined : readBulletin(text);
      if (!read?.ok) throw new ProblemError(read?.problem ?? tooLarge(`more than ${MAX_TEXT_BYTES} bytes`));
      if (options.json) printJson(io, read.value);
      else show(io, read.value);
    });
}

const NOTHING = { ids: [], affected: [], prerequisites: [], knownIssues: [], severity: null, confidence: 0 };

/** One object for every line, so that the lines stay paired; one that cannot be read claims nothing and says why. */
function readLine(line: string | undefined): object {
  if (line === undefined) return { id: null, ...NOTHING, problem: `The line has more than ${MAX_LINE_BYTES} bytes.` };
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { id: null, ...NOTHING, problem: "The line is no JSON." };
  }
  const parsed = lineSchema.safeParse(value);
  if (!parsed.success) return { id: idOf(value), ...NOTHING, problem: 'The line is no object with "id" and "text".' };
  const read = readBulletin(parsed.data.text);
  return read.ok ? { id: parsed.data.id, ...read.value } : { id: parsed.data.id, ...NOTHING, problem: read.problem.message };
}

const idOf = (value: unknown): string | number | null => {
  const id = z.looseObject({ id: lineSchema.shape.id }).safeParse(value);
  return id.success ? id.data.id : null;
};

/** For the terminal: what was read, how sure that is, and what was not found. */
function show(io: Io, bulletin: Bulletin): void {
  const { affected, ids, severity, prerequisites, knownIssues, notes, advisories, isBulletin, confidence } = bulletin;
  if (!isBulletin) io.out("This does not read like a security bulletin, so no package and no version of it is claimed.\n");
  if (bulletin.cut) io.out("The text states more than is read from one; this is the beginning of it.\n");
  printFacts(io, [
    ["vulnerabilities", ids.join(", ") || "none named"],
    ["other names", advisories.map(plain).join(", ") || "none named"],
    ["severity", severity ?? "not stated"],
    ["confidence", percent(confidence)],
  ]);
  printTable(
    io,
    ["package", "ecosystem", "affected", "fixed in", "sure", "read at"],
    affected.map((a) => [
      plain(a.release ? `${a.package} (${a.release})` : a.package),
      a.ecosystem ?? "unknown",
      plain(a.ranges.map(rangeText).join(", ")) || "not stated",
      a.fixedVersion ? plain(a.fixedVersion) : "not stated",
      percent(a.confidence),
      `${a.span.start}-${a.span.end}`,
    ]),
    "No affected package was found in it.",
  );
  sentences(io, "Only affected if", prerequisites, "No condition was found under which one is affected.");
  sentences(io, "Known issues", knownIssues, "No known issue was found.");
  sentences(
    io,
    "Also said",
    notes.map((n) => `${n.kind}: ${n.text}`),
    "Nothing was found about restarts, configuration, workarounds or regressions.",
  );
  io.out("\nThis was read from free text: a proposal until a person or a structured source confirms it.\n");
}

const rangeText = (range: Bulletin["affected"][number]["ranges"][number]): string => {
  const upper =
    range.fixed !== undefined
      ? `before ${range.fixed}`
      : range.lastAffected !== undefined
        ? `up to ${range.lastAffected}`
        : "with no end named";
  return range.introducedStated ? `from ${range.introduced} ${upper}` : upper;
};
const percent = (share: number): string => `${Math.round(share * 100)}%`;

function sentences(io: Io, title: string, texts: readonly string[], none: string): void {
  io.out(texts.length === 0 ? `${none}\n` : `${title}:\n${texts.map((t) => `  - ${plain(t)}\n`).join("")}`);
}
