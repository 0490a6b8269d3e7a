import { rehearsalReportSchema } from "@breakwater/shared/command";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { rehearsalStanding } from "../../../act/rollout/index.ts";
import type { Db } from "../../../store/index.ts";
import type { rehearsalsSchema } from "../schemas/index.ts";
import { int, json, moment, momentOrNull, select } from "./select.ts";

const row = z.object({
  id: z.string(),
  endpointId: z.string(),
  hostname: z.string(),
  revision: int,
  requestedAt: moment,
  requestedBy: z.string(),
  finishedAt: momentOrNull,
  state: z.enum(["requested", "accepted", "rehearsing", "ended"]),
  step: z.string(),
  verdict: z.enum(["passed", "failed", "not-rehearsable", ""]),
  failureClass: z.string(),
  reason: z.string(),
  superseded: z.boolean(),
  report: json(rehearsalReportSchema.nullable()),
});

/** Rehearsals of one revision of a plan, newest first, with what they say together. */
export async function readRehearsals(db: Db, planId: string, revision: number): Promise<z.infer<typeof rehearsalsSchema>> {
  const rows = await select(
    db,
    row,
    sql`select r.id, r.endpoint_id as "endpointId", coalesce(e.hostname, r.endpoint_id) as hostname, r.plan_revision as revision,
      r.requested_at as "requestedAt", r.requested_by as "requestedBy", r.finished_at as "finishedAt", r.state, r.step, r.verdict,
      r.failure_class as "failureClass", r.reason, r.superseded, r.report
      from rehearsal r left join endpoint e on e.id = r.endpoint_id
      where r.plan_id = ${planId} and r.plan_revision = ${revision} order by r.requested_at desc, r.id limit 200`,
  );
  return { standing: rehearsalStanding(rows.filter((r) => !r.superseded)), rows };
}
