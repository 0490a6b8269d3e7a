import { addMs, formatInstant, type Instant, minutes, parseInstant } from "@breakwater/shared/core";
import type { z } from "zod";
import { bandOf, groupsOf, offeredMetrics } from "../deployments/comparison.ts";
import { badRequest } from "../problems.ts";
import type { comparisonSchema, seriesQuery } from "../schemas/index.ts";
import type { Services } from "../services.ts";
import type { RolloutStates } from "./rollout-state.ts";

/** Shown before the first patch: what normal looked like. */
const BEFORE = minutes(30);
/** Endpoints of each side that are read; more say nothing new to the eye. */
const MAX_SIDE = 200;

export async function compare(
  { health, clock }: Services,
  states: RolloutStates,
  deploymentId: string,
  query: z.output<typeof seriesQuery>,
): Promise<z.infer<typeof comparisonSchema>> {
  const state = await states.of(deploymentId);
  if (!state.plan.waves[query.wave]) throw badRequest(`The deployment has no wave ${query.wave}.`, "Waves count from 0.");
  const { treated, control } = groupsOf(state, query.wave);
  const patched = [...treated.values()].sort((a, b) => a - b);
  const now = clock.now();
  const to = (query.to === undefined ? undefined : parseInstant(query.to)) ?? now;
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
    patchedFrom: moment(patched[0]),
    patchedTo: moment(patched.at(-1)),
    treatedEndpoints: treated.size,
    controlEndpoints: control.length,
    treated: bandOf(wanted(await read(sides[0], [metric]))),
    control: bandOf(wanted(await read(sides[1], [metric]))),
    metrics: one === undefined ? [] : offeredMetrics(await read([one], undefined)),
  };
}

const moment = (at: Instant | undefined): string | null => (at === undefined ? null : formatInstant(at));
