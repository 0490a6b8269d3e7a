import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "../../../store/index.ts";
import type { freezeSchema } from "../schemas/index.ts";
import { json, moment, select } from "./select.ts";

const row = z.object({
  value: json(z.object({ reason: z.string(), by: z.string().optional() }).nullable().catch(null)),
  since: moment,
  by: z.string(),
});

/** The fleet freeze, as the rollout engine keeps it in the settings; null while there is none. */
export async function readFreeze(db: Db): Promise<z.infer<typeof freezeSchema> | null> {
  const [found] = await select(db, row, sql`select value, updated_at as since, updated_by as by from setting where key = 'fleet-freeze'`);
  if (!found?.value) return null;
  return { reason: found.value.reason, by: found.value.by ?? found.by, since: found.since };
}
