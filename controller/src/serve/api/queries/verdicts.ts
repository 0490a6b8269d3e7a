import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "../../../store/index.ts";
import { type verdictSchema, verdictWord } from "../schemas/index.ts";
import { int, json, moment, select } from "./select.ts";

/** The judge's evidence as it was stored; what this version cannot read is shown as no metrics, never as healthy ones. */
const evidence = z
  .object({
    summary: z.string().catch(""),
    metrics: z
      .array(
        z.object({
          metric: z.string(),
          verdict: verdictWord,
          effect: z.number().nullable().catch(null),
          evidence: z.looseObject({ sentence: z.string().catch("") }).catch({ sentence: "" }),
        }),
      )
      .catch([]),
  })
  .catch({ summary: "", metrics: [] });
const row = z.object({ wave: int, at: moment, verdict: verdictWord, evidence: json(evidence) });

/** Every change of the judge's mind, newest first. */
export async function listVerdicts(db: Db, deploymentId: string): Promise<z.infer<typeof verdictSchema>[]> {
  const rows = await select(
    db,
    row,
    sql`select wave, at, verdict, evidence from verdict where deployment_id = ${deploymentId} order by id desc limit 500`,
  );
  return rows.map(({ evidence: said, ...verdict }) => {
    const metrics = said.metrics.map((m) => ({ ...m, sentence: m.evidence.sentence }));
    const telling = metrics.filter((m) => m.verdict === verdict.verdict && m.sentence !== "").map((m) => m.sentence);
    return { ...verdict, summary: said.summary || telling.slice(0, 2).join(" "), metrics };
  });
}
