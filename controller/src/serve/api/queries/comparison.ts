import { addMs, formatInstant, type Instant, minutes, parseInstant } from "@breakwater/shared/core";
import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "../../../store/index.ts";
import { bandOf, groupsOf, offeredMetrics } from "../deployments/comparison.ts";
import { badRequest } from "../problems.ts";
import type { comparisonSchema, seriesQuery } from "../schemas/index.ts";
import type { Services } from "../services.ts";
import type { RolloutStates } from "./rollout-state.ts";
import { moment, select } from "./select.ts";

/** Shown before the first patch: what normal looked like. */
const BEFORE = minutes(30);
/** Endpoints of each side that are read; more say nothing new to the eye. */
const MAX_SIDE = 200;
/** Shown after the last verdict of a wave that is no longer watched. */
const AFTER = minutes(15);

export async function compare(
  { store: { db }, health, clock }: Services,
  states: RolloutStates,
  deploymentId: string,
  query: z.output<typeof seriesQuery>,
): Promise<z.infer<typeof comparisonSchema>> {
  const state = await states.of(deploymentId);
  if (!state.plan.waves[query.wave]) throw badRequest(`The deployment has no wave ${query.wave}.`, "Waves count from 0.");
  const now = clock.now();
  const progress = state.waves[query.wave];
  const watched = progress?.phase.kind === "running" || progress?.phase.kind === "baking";
  const until = watched ? now : (progress?.verdict?.at ?? now);
  const { treated, control } = groupsOf(state, query.wave, await patchMoments(db, deploymentId), until);
  const patched = [...treated.values()].sort((a, b) => a - b);
  const to = (query.to === undefined ? undefined : parseInstant(query.to)) ?? (Math.min(now, addMs(until, AFTER)) as Instant);
  const from = (query.from === undefined ? undefined : parseInstant(query.from)) ?? addMs(patched[0] ?? now, -BEFORE);
  const [metric = "", ...rest] = query.metric.split("/");
  const subject = rest.join("/");
  const sides = [[...treated.keys()].slice(0, MAX_SIDE), control.slice(0, MAX_SIDE)] as const;
  const read = (endpointIds: readonly string[], metrics: readonly string[] | undefined) =>
    endpointIds.length === 0 ? [] : health.series({ endpointIds, from, to, ...(metrics ? { metrics } : {}) });
  const wanted = (all: Awaited<ReturnType<typeof read>>) => all.filter((s) => s.subject === subject);
  const one = sides[0][0] ?? sides[1][0];
  return {
    metric,
    subject,
    from: formatInstant(from),
    to: formatInstant(to),
    patchedFrom: written(patched[0]),
    patchedTo: written(patched.at(-1)),
    treatedEndpoints: treated.size,
    controlEndpoints: control.length,
    treated: bandOf(wanted(await read(sides[0], [metric]))),
    control: bandOf(wanted(await read(sides[1], [metric]))),
    metrics: one === undefined ? [] : offeredMetrics(await read([one], undefined)),
  };
}

const written = (at: Instant | undefined): string | null => (at === undefined ? null : formatInstant(at));

const momentRow = z.object({ endpointId: z.string(), at: moment });
/** When the new version was first in place, by endpoint; kept also where it was taken back afterwards. */
async function patchMoments(db: Db, deploymentId: string): Promise<Map<string, Instant>> {
  const rows = await select(
    db,
    momentRow,
    sql`select x.endpoint_id as "endpointId", min(r.at) as at from execution x join execution_report r on r.execution_id = x.id
      where x.deployment_id = ${deploymentId} and r.state in ('verifying', 'succeeded') group by 1`,
  );
  return new Map(rows.map((r) => [r.endpointId, Date.parse(r.at) as Instant]));
}
