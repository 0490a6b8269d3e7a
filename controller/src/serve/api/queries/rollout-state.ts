import { type Instant, parseInstant } from "@breakwater/shared/core";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { begin, evolve, type RolloutEvent, type RolloutState } from "../../../act/rollout/index.ts";
import { rolloutPlanSchema } from "../../../decide/planning/index.ts";
import type { Db } from "../../../store/index.ts";
import { notFound } from "../problems.ts";
import { int, json, moment, select } from "./select.ts";

/** States kept between requests, so that a page that follows a deployment costs its new events only. */
const MAX_KEPT = 100;

const eventRow = z.object({ sequence: int, at: moment, type: z.string(), data: json(z.record(z.string(), z.unknown())) });
const planRow = z.object({ rollout: json(rolloutPlanSchema) });

export interface RolloutStates {
  /** The state that the deployment's events make, up to the newest one. @throws not-found */
  of(deploymentId: string): Promise<RolloutState>;
}

/** Reads deployments as the engine does: from their events, through the same core. */
export function createRolloutStates(db: Db): RolloutStates {
  const kept = new Map<string, { sequence: number; state: RolloutState }>();

  async function eventsAfter(id: string, sequence: number): Promise<{ events: RolloutEvent[]; sequence: number }> {
    const rows = await select(
      db,
      eventRow,
      sql`select sequence, at, type, data from rollout_event where deployment_id = ${id} and sequence > ${sequence} order by sequence`,
    );
    const events = rows.map((row) => ({ ...row.data, type: row.type, at: parseInstant(row.at) as Instant }) as unknown as RolloutEvent);
    return { events, sequence: rows.at(-1)?.sequence ?? sequence };
  }

  async function fresh(id: string) {
    const [plan] = await select(
      db,
      planRow,
      sql`select p.rollout from deployment d join plan p on p.id = d.plan_id and p.revision = d.plan_revision where d.id = ${id}`,
    );
    const { events, sequence } = await eventsAfter(id, 0);
    const [first, ...rest] = events;
    if (!plan || first?.type !== "created") throw notFound("deployment", id);
    return { sequence, state: evolve(begin(plan.rollout, first), ...rest) };
  }

  return {
    async of(id) {
      const known = kept.get(id);
      const news = known && (await eventsAfter(id, known.sequence));
      const now = known && news ? { sequence: news.sequence, state: evolve(known.state, ...news.events) } : await fresh(id);
      kept.delete(id);
      kept.set(id, now);
      for (const oldest of kept.keys()) {
        if (kept.size <= MAX_KEPT) break;
        kept.delete(oldest);
      }
      return now.state;
    },
  };
}
