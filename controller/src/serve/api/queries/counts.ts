import { addMs, formatInstant, type Instant, minutes } from "@breakwater/shared/core";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { type UNCOVERED, uncovered } from "../../../know/fleet/index.ts";
import { UNRESOLVED } from "../../../know/matching/index.ts";
import type { Db } from "../../../store/index.ts";
import { int, momentOrNull, real, select } from "./select.ts";

/** Agents send every 15 s; after this long without a word something is wrong with one. */
const SILENT_AFTER = minutes(5);
const countsRow = z.object({
  endpoints: int,
  simulatedEndpoints: int,
  connected: int,
  silent: int,
  withoutInventory: int,
  endOfLife: int,
  withoutSecuritySource: int,
  securitySourceUnknown: int,
  releaseUnknown: int,
  withOpenFindings: int,
  openFindings: int,
  withoutFix: int,
  restartNeeded: int,
  suppressed: int,
  notAffected: int,
  knownExploited: int,
  pendingUpdates: int,
  unreadUpdates: int,
  rebootRequired: int,
  rebootUnknown: int,
  risk: real,
});
const silentWhere = (now: Instant) =>
  sql`not e.connected and (e.last_seen_at is null or e.last_seen_at < ${formatInstant(addMs(now, -SILENT_AFTER))}::timestamptz)`;

/** Of endpoints grouped by why they get no security updates: counted group by group, the word of each endpoint is worked out once. */
const times = (word: (typeof UNCOVERED)[number]) => sql`coalesce(sum(n) filter (where word = ${word}), 0)`;

export async function fleetCounts(db: Db, now: Instant): Promise<z.infer<typeof countsRow>> {
  const [row] = await select(
    db,
    countsRow,
    sql`select e.*, c.*, f.*, u.*,
      (select count(*) from finding where state = 'suppressed') as suppressed, (select count(*) from finding where state = 'not-affected') as "notAffected"
      from (
        select count(*) as endpoints, count(*) filter (where e.simulated) as "simulatedEndpoints", count(*) filter (where e.connected) as connected,
          count(*) filter (where ${silentWhere(now)}) as silent, count(*) filter (where e.inventory_at is null) as "withoutInventory",
          count(*) filter (where e.reboot_needed) as "rebootRequired", count(*) filter (where e.reboot_needed is null) as "rebootUnknown"
        from endpoint e where e.revoked_at is null
      ) e, (
        select ${times("end-of-life")} as "endOfLife", ${times("no-security-source")} as "withoutSecuritySource",
          ${times("unknown")} as "securitySourceUnknown", ${times("release-unknown")} as "releaseUnknown"
        from (select ${uncovered(now)} as word, count(*) as n from endpoint e where e.revoked_at is null group by 1) each
      ) c, (
        select count(*) as "withOpenFindings", coalesce(sum(n), 0) as "openFindings", coalesce(sum(no_fix), 0) as "withoutFix", coalesce(sum(waiting), 0) as "restartNeeded",
          coalesce(sum(exploited), 0) as "knownExploited", coalesce(sum(risk), 0) as risk
        from (
          select count(*) as n, count(*) filter (where f.state = 'no-fix') as no_fix, count(*) filter (where f.state = 'restart-needed') as waiting,
            count(k.vulnerability_id) as exploited, sum(f.risk) as risk
          from finding f left join (select distinct vulnerability_id from signal where kind = 'kev') k on k.vulnerability_id = f.vulnerability_id
          where f.state in ${UNRESOLVED} group by f.endpoint_id
        ) each
      ) f, (
        select count(*) as "pendingUpdates", count(*) filter (where u.described_at is null and u.id is not null) as "unreadUpdates"
        from pending_update p left join update_catalogue u on u.id = p.update_id
      ) u`,
  );
  if (!row) throw new Error("counting answered nothing");
  return row;
}

const agentRow = z.object({ endpointId: z.string(), hostname: z.string(), lastSeenAt: momentOrNull, simulated: z.boolean() });
export const silentAgents = (db: Db, now: Instant) =>
  select(
    db,
    agentRow,
    sql`select e.id as "endpointId", e.hostname, e.last_seen_at as "lastSeenAt", e.simulated from endpoint e
      where e.revoked_at is null and ${silentWhere(now)} order by e.last_seen_at nulls first, e.id limit 50`,
  );
