import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "../../../store/index.ts";
import { type verdictSchema, verdictWord } from "../schemas/index.ts";
import { int, json, moment, select } from "./select.ts";

const metric = z.object({
  metric: z.string(),
  verdict: verdictWord,
  effect: z.number().nullable().catch(null),
  evidence: z.looseObject({ sentence: z.string().catch("") }).catch({ sentence: "" }),
});
const hard = z.object({ rule: z.string(), endpointId: z.string(), subject: z.string(), at: z.string(), sentence: z.string() });
/** The judge's evidence as it was stored; what this version cannot read is shown as nothing, never as healthy. */
const stored = z
  .object({
    summary: z.string().catch(""),
    evidence: z.object({ metrics: z.array(metric).catch([]), hard: z.array(hard).catch([]) }).catch({ metrics: [], hard: [] }),
  })
  .catch({ summary: "", evidence: { metrics: [], hard: [] } });
const row = z.object({ wave: int, at: moment, verdict: verdictWord, evidence: json(stored) });

/** Every change of the judge's mind, newest first. */
export async function listVerdicts(db: Db, deploymentId: string): Promise<z.infer<typeof verdictSchema>[]> {
  const rows = await select(
    db,
    row,
    sql`select wave, at, verdict, evidence from verdict where deployment_id = ${deploymentId} order by id desc limit 500`,
  );
  return rows.map(({ evidence: { summary, evidence }, ...verdict }) => ({
    ...verdict,
    summary,
    metrics: evidence.metrics.map((m) => ({ ...m, sentence: m.evidence.sentence })),
    hard: evidence.hard,
  }));
}
