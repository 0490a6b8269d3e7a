import { addMs, formatInstant, hours, type Instant } from "@breakwater/shared/core";
import type { z } from "zod";
import type { ActiveDeployment } from "../queries/active.ts";
import type { nextEventSchema } from "../schemas/index.ts";

type NextEvent = z.infer<typeof nextEventSchema>;
const AHEAD = hours(24);

/** What will happen by itself within a day, soonest first. */
export function nextEventsOf(deployments: readonly ActiveDeployment[], now: Instant): NextEvent[] {
  const until = addMs(now, AHEAD);
  return deployments
    .filter(({ state }) => state.phase.kind === "running" || state.phase.kind === "scheduled")
    .flatMap(({ id, title, simulated, state }) =>
      state.plan.waves.flatMap((wave, index): (Omit<NextEvent, "at"> & { at: number })[] => {
        const phase = state.waves[index]?.phase;
        const sites = [...new Set(wave.endpointIds.map((e) => state.plan.endpoints[e]?.site ?? ""))].sort();
        const base = { deploymentId: id, wave: index, sites, endpoints: wave.endpointIds.length, simulated };
        if (phase?.kind === "baking")
          return [
            { ...base, kind: "bake-ends", at: phase.since + wave.gate.bakeMs, title: `${title}: the watch over wave "${wave.name}" ends` },
          ];
        if (phase?.kind !== "pending" && phase?.kind !== "gated") return [];
        return [
          { ...base, kind: "wave-opens", at: Date.parse(wave.notBefore), title: `${title}: wave "${wave.name}" may begin` },
          { ...base, kind: "wave-expires", at: Date.parse(wave.notAfter), title: `${title}: wave "${wave.name}" must have begun` },
        ];
      }),
    )
    .filter((event) => event.at >= now && event.at <= until)
    .sort((a, b) => a.at - b.at)
    .slice(0, 100)
    .map((event) => ({ ...event, at: formatInstant(event.at as Instant) }));
}
