import { compareVersions, inRange } from "@breakwater/shared/version";
import type { Command } from "commander";
import { z } from "zod";
import type { Io } from "../io.ts";
import { UsageError } from "../problems.ts";
import { jsonLines } from "./lines.ts";

const pair = z.object({ ecosystem: z.string(), a: z.string(), b: z.string() });
const ranged = z.object({ ecosystem: z.string(), version: z.string(), range: z.string() });

export function addVersionCommands(program: Command, io: Io): void {
  const version = program.command("version").description("Order versions as their own package managers do; needs no server");
  version
    .command("compare [ecosystem] [a] [b]")
    .description("print <, = or >; ? where a version is invalid in its ecosystem")
    .option("--batch", 'read JSON lines {"ecosystem","a","b"} from standard input, print one sign a line')
    .option("--ranges", 'read JSON lines {"ecosystem","version","range"}, print true, false or ? a line')
    .action(
      (ecosystem: string | undefined, a: string | undefined, b: string | undefined, options: { batch?: boolean; ranges?: boolean }) => {
        if (options.batch && options.ranges) throw new UsageError("Give --batch or --ranges, not both.");
        // A file's name would be read as an ecosystem, and another input in its place.
        if ((options.batch || options.ranges) && ecosystem !== undefined)
          throw new UsageError(
            "--batch and --ranges read standard input and take no arguments: breakwater version compare --batch < FILE.",
          );
        if (options.batch) return io.out(answers(io, pair, (p) => compareVersions(p.ecosystem, p.a, p.b)));
        if (options.ranges) return io.out(answers(io, ranged, (r) => String(inRange(r.ecosystem, r.version, r.range))));
        if (ecosystem === undefined || a === undefined || b === undefined)
          throw new UsageError("Give an ecosystem and two versions, or --batch.");
        return io.out(`${compareVersions(ecosystem, a, b)}\n`);
      },
    );
}

/** One line out for every line in; a line that cannot be read is "?", so that the lines stay paired. */
const answers = <T>(io: Io, schema: z.ZodType<T>, answer: (value: T) => string): string =>
  jsonLines(io.readInput())
    .map((line) => {
      const parsed = schema.safeParse(line);
      return `${parsed.success ? answer(parsed.data) : "?"}\n`;
    })
    .join("");
