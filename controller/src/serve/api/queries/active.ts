import { sql } from "drizzle-orm";
import { z } from "zod";
import type { RolloutState } from "../../../act/rollout/index.ts";
import type { Db } from "../../../store/index.ts";
import type { RolloutStates } from "./rollout-state.ts";
import { momentOrNull, select } from "./select.ts";

/** A deployment that a person may still have to do with. */
export interface ActiveDeployment {
  readonly id: string;
  readonly title: string;
  readonly simulated: boolean;
  readonly state: RolloutState;
}
const row = z.object({ id: z.string(), title: z.string(), simulated: z.boolean(), finishedAt: momentOrNull });
const MAX_ACTIVE = 200;

/** All that are not over, and those that ended with a question open (a rollback that failed or is partial). */
export async function activeDeployments(db: Db, states: RolloutStates): Promise<ActiveDeployment[]> {
  const rows = await select(
    db,
    row,
    sql`select id, title, simulated, finished_at as "finishedAt" from deployment where finished_at is null
      or jsonb_array_length(coalesce(snapshot->'decisions', '[]'::jsonb)) > 0 order by created_at desc limit ${MAX_ACTIVE}`,
  );
  const active: ActiveDeployment[] = [];
  for (const { finishedAt: _finishedAt, ...one } of rows) active.push({ ...one, state: await states.of(one.id) });
  return active;
}
