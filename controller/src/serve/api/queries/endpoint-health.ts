import { addMs, formatInstant, hours, parseInstant } from "@breakwater/shared/core";
import { sql } from "drizzle-orm";
import { z } from "zod";
import type { healthQuery, healthSchema } from "../schemas/index.ts";
import type { Services } from "../services.ts";
import { moment, select } from "./select.ts";

const patchRow = z.object({ executionId: z.string(), deploymentId: z.string(), at: moment, state: z.string() });

export async function endpointHealth(
  { store, health, clock }: Services,
  endpointId: string,
  query: z.output<typeof healthQuery>,
): Promise<z.infer<typeof healthSchema>> {
  const to = (query.to === undefined ? undefined : parseInstant(query.to)) ?? clock.now();
  const from = (query.from === undefined ? undefined : parseInstant(query.from)) ?? addMs(to, -hours(1));
  const metrics = query.metrics?.split(",").filter((m) => m !== "");
  const series = await health.series({ endpointIds: [endpointId], from, to, ...(metrics ? { metrics } : {}) });
  const latest = await health.latest(endpointId);
  const patches = await select(
    store.db,
    patchRow,
    sql`select id as "executionId", deployment_id as "deploymentId", finished_at as at, state from execution
      where endpoint_id = ${endpointId} and id not like '%\\_rb' and finished_at between ${formatInstant(from)}::timestamptz and ${formatInstant(to)}::timestamptz
      order by finished_at limit 100`,
  );
  return {
    from: formatInstant(from),
    to: formatInstant(to),
    latest: latest.map((sample) => ({ ...sample, at: formatInstant(sample.at) })),
    series: series.map(({ metric, subject, points }) => ({
      metric,
      subject,
      points: points.map((p) => ({ at: formatInstant(p.at), mean: p.mean, min: p.min, max: p.max })),
    })),
    patches,
  };
}
