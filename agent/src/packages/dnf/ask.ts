import { readFile } from "node:fs/promises";
import { fail, ok, type Result } from "@breakwater/shared/core";
import * as z from "zod";
import type { ManagerFailure } from "../package-manager.ts";
import { RPM_ENVIRONMENT } from "../rpm/environment.ts";
import type { Run } from "../run.ts";
import { ASK_DNF } from "./ask-script.ts";
import { DNF } from "./environment.ts";
import { classifyDnfOutput, explainDnfOutput } from "./failure.ts";

const change = z.object({ name: z.string(), architecture: z.string() });
const simulation = z.object({
  installs: z.array(change.extend({ from: z.string(), to: z.string() })),
  removes: z.array(change.extend({ version: z.string() })),
});
const advisory = z.object({ id: z.string(), security: z.boolean(), severity: z.string(), title: z.string(), cves: z.array(z.string()) });

const orProblem = <T extends z.ZodType>(value: T) => z.union([z.object({ value }), z.object({ problem: z.string() })]);

/** The answers of ask-script.ts, by question. */
export const answers = {
  /** What a plan is judged by, each with a value or the reason why there is none. */
  beforehand: z.object({
    pinned: orProblem(z.array(z.object({ name: z.string(), candidate: z.string() }))),
    origins: orProblem(z.array(z.object({ name: z.string(), origin: z.string(), label: z.string(), suite: z.string() }))),
    sizes: orProblem(z.object({ download: z.number(), growth: z.number() })),
    simulate: orProblem(simulation),
  }),
  restore: simulation,
  fetch: z.array(change.extend({ version: z.string(), file: z.string() })),
  refresh: z.array(
    z.object({ uri: z.string(), suite: z.string(), state: z.enum(["fresh", "unreachable", "untrusted"]), detail: z.string() }),
  ),
  updates: z.object({
    updates: z.array(
      change.extend({
        installed: z.string(),
        candidate: z.string(),
        sourceRpm: z.string(),
        repository: z.string(),
        repositoryName: z.string(),
        downloadBytes: z.number(),
        held: z.boolean(),
        advisories: z.array(advisory),
      }),
    ),
    /** Repositories with updates that carry no advisories: which of those are for security nobody says. */
    withoutAdvisories: z.array(z.string()),
    /** Names that are installed beside their elder versions, kernels, with an update pending. */
    besides: z.array(z.string()),
    /** Enabled repositories of which nothing is known. */
    empty: z.array(z.string()),
    /** Installed versions with an update that no repository offers any more. */
    lost: z.array(change.extend({ version: z.string() })),
  }),
} as const;

/** The interpreter that dnf itself runs under: its library is that one's, which is not always `python3`. */
export async function interpreter(dnf = DNF): Promise<string | undefined> {
  const line = /^#!(\S+)/.exec(await readFile(dnf, "utf8").catch(() => ""))?.[1];
  return line?.includes("python") ? line : undefined;
}

/** Asks dnf's library. Its warnings (a dead repository) go to stderr and stop nothing. */
export async function askDnf<Op extends keyof typeof answers>(
  run: Run,
  op: Op,
  question: object,
  timeoutMs: number,
): Promise<Result<z.infer<(typeof answers)[Op]>, ManagerFailure>> {
  const python = await interpreter();
  if (!python)
    return fail({
      failureClass: "package-manager-broken",
      message: "dnf 4 with its Python library is not installed; dnf5 is not supported yet.",
      output: "",
    });
  const ran = await run([python, "-c", ASK_DNF, JSON.stringify({ op, ...question })], { env: RPM_ENVIRONMENT, timeoutMs });
  if (ran.exitCode !== 0) {
    const failure = failureOf(reasonIn(ran.stderr));
    return fail(ran.timedOut ? { ...failure, message: "dnf did not answer in time." } : failure);
  }
  // Plugins may print before the answer, which is the last line.
  const read = z.safeParse(answers[op] as z.ZodType, jsonOf(ran.stdout.trim().split("\n").at(-1) ?? ""));
  return read.success
    ? ok(read.data as z.infer<(typeof answers)[Op]>)
    : fail({ failureClass: "simulation-differs", message: "dnf's answer cannot be read.", output: ran.stdout.slice(-4_096) });
}

/** What the words mean with which a question ended that has no answer. */
export function failureOf(reason: string): ManagerFailure {
  const output = reason.slice(-16_384);
  return {
    failureClass: classifyDnfOutput(output) ?? "package-manager-broken",
    message: explainDnfOutput(output) || `dnf could not answer: ${output.slice(-300)}`,
    output,
  };
}

/** The question's own failure, without the complaints about repositories that stopped nothing. */
export const reasonIn = (stderr: string): string =>
  (/^(?:gone|untrusted|solver|download|broken): [\s\S]*$/m.exec(stderr)?.[0] ?? stderr).trim();

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
