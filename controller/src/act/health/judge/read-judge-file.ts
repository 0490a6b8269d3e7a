import { fail, type Instant, ok, parseInstant, type Result } from "@breakwater/shared/core";
import { z } from "zod";
import type { JudgedSeries, JudgeInput } from "./types.ts";

/** More lines than 120 endpoints give in two days of minutes with six metrics; beyond it the file is surely something else. */
const MAX_LINES = 5_000_000;

const moment = z.string().transform((text, context) => {
  const at = parseInstant(text);
  if (at === undefined) context.addIssue({ code: "custom", message: "is no ISO 8601 time with a zone" });
  return (at ?? 0) as Instant;
});

const headerSchema = z.object({
  patchedAt: moment,
  bakeMinutes: z.number().positive(),
  alpha: z.number().gt(0).lt(1).default(0.01),
  metrics: z
    .record(z.string().min(1), z.object({ harmfulWhen: z.enum(["up", "down"]), tolerance: z.number().min(0) }))
    .refine((metrics) => Object.keys(metrics).length > 0, "names no metric"),
});

const sampleSchema = z.object({
  endpoint: z.string().min(1),
  group: z.enum(["treated", "control"]),
  metric: z.string().min(1),
  at: moment,
  value: z.number(),
});

/**
 * Reads the file of `breakwater judge`: a header line, then one sample a line. Samples of metrics that the header does not
 * name are passed over; a line that is no sample is a problem, because a judge that skips lines may acquit for lack of them.
 */
export function readJudgeFile(lines: Iterable<string>): Result<JudgeInput> {
  let header: z.infer<typeof headerSchema> | undefined;
  const groups = new Map<string, "treated" | "control">();
  const series = new Map<string, { endpoint: string; metric: string; points: [number, number][] }>();
  let number = 0;
  for (const line of lines) {
    number++;
    if (number > MAX_LINES) return problem("judge-input-too-long", `The file has more than ${MAX_LINES} lines.`);
    if (line.trim() === "") continue;
    const json = parseJson(line);
    if (json === undefined) return problem("judge-input-malformed", `Line ${number} is not JSON.`);
    if (!header) {
      const parsed = headerSchema.safeParse(json);
      if (!parsed.success) return problem("judge-header-malformed", `The header (line ${number}) cannot be used: ${told(parsed.error)}.`);
      header = parsed.data;
      continue;
    }
    const parsed = sampleSchema.safeParse(json);
    if (!parsed.success) return problem("judge-sample-malformed", `Line ${number} is no sample: ${told(parsed.error)}.`);
    const { endpoint, group, metric, at, value } = parsed.data;
    const known = groups.get(endpoint);
    if (known && known !== group)
      return problem("judge-group-contradiction", `Line ${number} calls ${endpoint} ${group}, an earlier line called it ${known}.`);
    groups.set(endpoint, group);
    if (!header.metrics[metric]) continue;
    const key = `${endpoint}\n${metric}`;
    const one = series.get(key) ?? { endpoint, metric, points: [] };
    one.points.push([at, value]);
    series.set(key, one);
  }
  if (!header) return problem("judge-input-empty", "The file is empty.");
  const patchedAt = header.patchedAt;
  const named = (wanted: string) => [...groups].filter(([, group]) => group === wanted).map(([endpoint]) => endpoint);
  if (named("treated").length === 0) return problem("judge-no-treated", "No sample is of a treated endpoint.");
  return ok({
    treated: named("treated").map((endpoint) => ({ endpoint, patchedAt })),
    control: named("control"),
    bakeMs: header.bakeMinutes * 60_000,
    alpha: header.alpha,
    metrics: header.metrics,
    series: [...series.values()].map(inOrder),
  });
}

function inOrder({ endpoint, metric, points }: { endpoint: string; metric: string; points: [number, number][] }): JudgedSeries {
  points.sort((a, b) => a[0] - b[0]);
  return { endpoint, metric, at: points.map((p) => p[0]), value: points.map((p) => p[1]) };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

const told = (error: z.ZodError) =>
  error.issues
    .slice(0, 3)
    .map((i) => `${i.path.join(".") || "it"}: ${i.message}`)
    .join("; ");
const problem = (code: string, message: string) =>
  fail({
    code,
    message,
    next: 'The first line is {"patchedAt","bakeMinutes","alpha","metrics"}, every other {"endpoint","group","metric","at","value"}.',
  });
