import { expectOk, formatInstant } from "@breakwater/shared/core";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { forecastWords, type RolloutState } from "../../../act/rollout/index.ts";
import { railsWords } from "../../../decide/planning/index.ts";
import type { Db } from "../../../store/index.ts";
import { decodeCursor, offsetPage } from "../cursor.ts";
import { consequencesOf, tally } from "../deployments/consequences.ts";
import { cellsOf, wavesOf } from "../deployments/waves.ts";
import { notFound } from "../problems.ts";
import type { deploymentQuery, deploymentRowSchema, deploymentSchema } from "../schemas/index.ts";
import type { RolloutDoor } from "../services.ts";
import type { RolloutStates } from "./rollout-state.ts";
import { allOf, int, moment, momentOrNull, select } from "./select.ts";
import { listVerdicts } from "./verdicts.ts";

const row = z.object({
  id: z.string(),
  planId: z.string(),
  planRevision: int,
  title: z.string(),
  sequence: int,
  createdAt: moment,
  finishedAt: momentOrNull,
  simulated: z.boolean(),
});
type Row = z.infer<typeof row>;
const columns = sql`d.id, d.plan_id as "planId", d.plan_revision as "planRevision", d.title, d.sequence, d.created_at as "createdAt",
  d.finished_at as "finishedAt", d.simulated`;

/** A list shows what the events say, so each row costs a replayed state. */
const MAX_ROWS = 100;

export async function listDeployments(db: Db, states: RolloutStates, query: z.output<typeof deploymentQuery>) {
  const where = allOf(
    query.state !== undefined && sql`d.state = ${query.state}`,
    query.active === "true" && sql`d.finished_at is null`,
    query.active === "false" && sql`d.finished_at is not null`,
  );
  const limit = Math.min(query.limit, MAX_ROWS);
  const found = await select(
    db,
    row,
    sql`select ${columns} from deployment d where ${where} order by d.created_at desc, d.id limit ${limit} offset ${decodeCursor(query.cursor) ?? 0}`,
  );
  const [total] = await select(db, z.object({ n: int }), sql`select count(*) as n from deployment d where ${where}`);
  const rows: z.infer<typeof deploymentRowSchema>[] = [];
  for (const one of found) rows.push(summaryOf(one, await states.of(one.id)));
  return offsetPage(rows, query, total?.n ?? 0);
}

function summaryOf({ sequence: _sequence, ...one }: Row, state: RolloutState): z.infer<typeof deploymentRowSchema> {
  return { ...one, state: state.phase.kind, reason: "reason" in state.phase ? state.phase.reason : "", ...tally(state) };
}

const packageRow = z.object({ name: z.string(), from: z.string(), to: z.string(), endpoints: int });
const actionPackages = (planId: string, revision: number) => sql`
  select k->>'name' as name, k->>'from' as "from", k->>'to' as "to", count(distinct a.endpoint_id) as endpoints
  from plan_action a, jsonb_array_elements(convert_from(a.action, 'UTF8')::jsonb->'packages') k
  where a.plan_id = ${planId} and a.revision = ${revision} group by 1, 2, 3 order by 4 desc, 1 limit 500`;

/** @throws not-found */
export async function readDeployment(
  db: Db,
  states: RolloutStates,
  rollout: RolloutDoor,
  id: string,
): Promise<z.infer<typeof deploymentSchema>> {
  const [found] = await select(db, row, sql`select ${columns} from deployment d where d.id = ${id}`);
  if (!found) throw notFound("deployment", id);
  const state = await states.of(id);
  const { waits, forecast } = expectOk(await rollout.explain(id));
  const verdicts = await listVerdicts(db, id);
  const packages = await select(db, packageRow, actionPackages(found.planId, found.planRevision));
  const cells = cellsOf(state);
  const summary = summaryOf(found, state);
  return {
    ...summary,
    sequence: found.sequence,
    planDigest: state.planDigest,
    expiresAt: formatInstant(state.expiresAt),
    maxConcurrent: state.plan.maxConcurrent,
    budget: { threshold: state.plan.errorBudget, failed: summary.failed, left: Math.max(0, state.plan.errorBudget - summary.failed) },
    waveList: wavesOf(state, cells, verdicts),
    cells,
    waits: waits.map((w) => ({
      what: w.what,
      until: w.until === undefined ? null : formatInstant(w.until),
      afterwards: w.afterwards,
      endpointIds: [...(w.endpointIds ?? [])],
    })),
    forecast: {
      at: forecast.kind === "unknown" ? null : formatInstant(forecast.at),
      earliest: forecast.kind === "end" ? formatInstant(forecast.earliest) : null,
      latest: forecast.kind === "end" ? formatInstant(forecast.latest) : null,
      sentence: forecastWords(forecast),
    },
    growth: state.plan.growth ? railsWords(state.plan.growth) : "",
    decisions: state.decisions.map((d) => ({
      kind: d.kind,
      wave: d.wave,
      endpointId: d.endpointId ?? null,
      question: d.question,
      since: formatInstant(d.since),
    })),
    verdicts,
    packages,
    consequences: consequencesOf(state, packages),
    rollback: state.rollback
      ? {
          scope: state.rollback.scope,
          waves: [...state.rollback.waves],
          reason: state.rollback.reason,
          by: state.rollback.by,
          since: formatInstant(state.rollback.since),
        }
      : null,
  };
}

/** @throws not-found */
export async function requireDeployment(db: Db, id: string): Promise<void> {
  const [found] = await select(db, z.object({ id: z.string() }), sql`select id from deployment where id = ${id}`);
  if (!found) throw notFound("deployment", id);
}
