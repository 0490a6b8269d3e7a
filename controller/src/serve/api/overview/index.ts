import { addMs, formatInstant, hours } from "@breakwater/shared/core";
import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "../../../store/index.ts";
import { type ActiveDeployment, activeDeployments } from "../queries/active.ts";
import { fleetCounts, silentAgents } from "../queries/counts.ts";
import { listFeeds } from "../queries/feeds.ts";
import { riskHistory } from "../queries/risk-history.ts";
import type { RolloutStates } from "../queries/rollout-state.ts";
import { int, moment, select } from "../queries/select.ts";
import { type overviewSchema, verdictWord } from "../schemas/index.ts";
import type { Services } from "../services.ts";
import { decisionsOf } from "./decisions.ts";
import { nextEventsOf } from "./next-events.ts";
import { stateSentence } from "./sentence.ts";

/** Feeds are read at least daily; twice that without success is worth a word. */
const FEED_STALE_AFTER = hours(48);

const planRow = z.object({
  id: z.string(),
  title: z.string(),
  state: z.enum(["draft", "approved"]),
  createdAt: moment,
  endpoints: int,
  waves: int,
  simulated: z.boolean(),
});
const openPlans = (db: Db) =>
  select(
    db,
    planRow,
    sql`select p.id, p.title, p.state, p.created_at as "createdAt", p.simulated, jsonb_array_length(p.rollout->'waves') as waves,
      (select count(*) from plan_action a where a.plan_id = p.id and a.revision = p.revision) as endpoints
      from plan p where p.state in ('draft', 'approved') and p.revision = (select max(q.revision) from plan q where q.id = p.id)
        and not exists (select 1 from deployment d where d.plan_id = p.id and d.plan_revision = p.revision)
      order by p.created_at desc limit 100`,
  );

const verdictRow = z.object({
  deploymentId: z.string(),
  title: z.string(),
  wave: int,
  at: moment,
  verdict: verdictWord,
  simulated: z.boolean(),
});
/** What the judge thinks of each of the waves that were judged last; its changes of mind are on the deployment. */
const lastVerdicts = (db: Db) =>
  select(
    db,
    verdictRow,
    sql`select v.deployment_id as "deploymentId", d.title, v.wave, v.at, v.verdict, d.simulated
      from (select distinct on (deployment_id, wave) * from verdict order by deployment_id, wave, id desc) v
      join deployment d on d.id = v.deployment_id order by v.at desc, v.id desc limit 5`,
  );

export async function readOverview(
  { store: { db }, clock, rollout, intel }: Services,
  states: RolloutStates,
): Promise<z.infer<typeof overviewSchema>> {
  const now = clock.now();
  const { risk, ...fleet } = await fleetCounts(db, now);
  const active = await activeDeployments(db, states);
  const frozen = await rollout.frozen();
  const freeze = frozen && { reason: frozen.reason, by: frozen.by, since: frozen.at };
  const decisions = decisionsOf(active, await openPlans(db));
  const staleBefore = formatInstant(addMs(now, -FEED_STALE_AFTER));
  const feeds = await listFeeds(db, intel);
  const feedsNotWell = feeds
    .filter((f) => f.lastProblem !== "" || f.lastSuccessAt === null || f.lastSuccessAt < staleBefore)
    .map((f) => ({
      id: f.id,
      lastSuccessAt: f.lastSuccessAt,
      problem: f.lastProblem || (f.lastSuccessAt === null ? "Never read." : "Not read for two days."),
    }));
  const exploitationRead = feeds.some((f) => f.kind === "kev" && f.lastSuccessAt !== null);
  const counts = { ...fleet, exploitationRead, ...motion(active) };
  return {
    at: formatInstant(now),
    ...stateSentence(counts, decisions.length, freeze, feedsNotWell.length),
    freeze,
    counts,
    decisions,
    next: nextEventsOf(active, now),
    risk: { now: risk, history: await riskHistory(db, now) },
    feedsNotWell,
    agentsNotWell: await silentAgents(db, now),
    lastVerdicts: await lastVerdicts(db),
  };
}

function motion(active: readonly ActiveDeployment[]) {
  const waves = active.filter((a) => a.state.phase.kind === "running" || a.state.phase.kind === "paused").flatMap((a) => a.state.waves);
  return {
    runningDeployments: active.filter((a) => a.state.phase.kind === "running").length,
    bakingWaves: waves.filter((w) => w.phase.kind === "baking").length,
    harmfulWaves: waves.filter((w) => w.verdict?.verdict === "harmful" && !w.overrides.some((o) => o.kind === "harmful")).length,
  };
}
