import { parse } from "yaml";
import { rulesFileSchema } from "../../../decide/planning/index.ts";
import { readText } from "../files.ts";
import type { Io } from "../io.ts";
import { UsageError } from "../problems.ts";

interface RulesOptions {
  readonly triggers?: string;
  readonly approveWave?: readonly string[];
  readonly growth?: string;
  readonly smallestWave?: number;
  readonly largestFactor?: number;
  readonly largestWave?: number;
  readonly growthSeed?: string;
}

/** What `breakwater plan create` says of triggers, tree, approvals and growth, as the intent has it. */
export function rulesOptions(io: Io, options: RulesOptions): Record<string, unknown> {
  const waveApprovals = options.approveWave?.map(approvalOf);
  const growth = growthOf(options);
  return {
    ...(options.triggers === undefined ? {} : readRules(options.triggers, readText(io, options.triggers))),
    ...(waveApprovals ? { waveApprovals } : {}),
    ...(growth ? { growth } : {}),
  };
}

/** @throws UsageError with the first thing that is wrong, by its place in the file */
function readRules(path: string, text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = parse(text);
  } catch (cause) {
    throw new UsageError(`${path} is neither YAML nor JSON: ${cause instanceof Error ? cause.message.split("\n")[0] : String(cause)}`);
  }
  const read = rulesFileSchema.safeParse(value);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  throw new UsageError(`${path}, ${issue?.path.length ? issue.path.join(".") : "at the top"}: ${issue?.message}.`);
}

/** "3" or "3:ada,bo" */
function approvalOf(text: string): { before: number; by?: string[] } {
  const [number = "", names] = text.split(":");
  if (!/^\d+$/.test(number) || names === "")
    throw new UsageError(`--approve-wave takes a wave's number, with names after a colon if it matters who: 3, or 3:ada,bo; not ${text}.`);
  return { before: Number(number), ...(names === undefined ? {} : { by: names.split(",").map((n) => n.trim()) }) };
}

function growthOf(options: RulesOptions): Record<string, unknown> | undefined {
  const rails = {
    ...(options.smallestWave === undefined ? {} : { smallest: options.smallestWave }),
    ...(options.largestFactor === undefined ? {} : { largestFactor: options.largestFactor }),
    ...(options.largestWave === undefined ? {} : { ceiling: options.largestWave }),
    ...(options.growthSeed === undefined ? {} : { seed: options.growthSeed }),
  };
  if (options.growth !== undefined && options.growth !== "fixed" && options.growth !== "by-belief")
    throw new UsageError(`--growth takes fixed or by-belief, not ${options.growth}.`);
  if (options.growth !== "by-belief" && Object.keys(rails).length > 0)
    throw new UsageError(
      "--smallest-wave, --largest-factor, --largest-wave and --growth-seed say how far --growth by-belief may go; give that too.",
    );
  return options.growth === undefined ? undefined : { kind: options.growth, ...rails };
}
