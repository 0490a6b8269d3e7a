import { addMs, formatInstant, type Instant, minutes } from "@breakwater/shared/core";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Uncovered, uncovered } from "../../../know/fleet/index.ts";
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

export async function fleetCounts(db: Db, now: Instant): Promise<z.infer<typeof countsRow>> {
  const live = sql`from endpoint e where e.revoked_at is null`;
  const of = (word: Uncovered) => sql`(select count(*) ${live} and ${uncovered(now)} = ${word})`;
  const unresolved = sql`from finding f where f.state in ${UNRESOLVED}`;
  const [row] = await select(
    db,
    countsRow,
    sql`select (select count(*) ${live}) as endpoints, (select count(*) ${live} and e.simulated) as "simulatedEndpoints",
      (select count(*) ${live} and e.connected) as connected, (select count(*) ${live} and ${silentWhere(now)}) as silent,
      (select count(*) ${live} and e.inventory_at is null) as "withoutInventory",
      ${of("end-of-life")} as "endOfLife", ${of("no-security-source")} as "withoutSecuritySource", ${of("unknown")} as "securitySourceUnknown",
      (select count(*) ${live} and (e.facts->'reboot'->>'needed')::boolean) as "rebootRequired",
      (select count(*) ${live} and (e.facts->'reboot'->>'needed') is null) as "rebootUnknown",
      (select count(distinct f.endpoint_id) ${unresolved}) as "withOpenFindings", (select count(*) ${unresolved}) as "openFindings",
      (select count(*) from finding f where f.state = 'no-fix') as "withoutFix",
      (select count(*) from finding f where f.state = 'restart-needed') as "restartNeeded",
      (select count(*) from finding f where f.state = 'suppressed') as suppressed,
      (select count(*) from finding f where f.state = 'not-affected') as "notAffected",
      (select count(*) ${unresolved} and exists (select 1 from signal s where s.vulnerability_id = f.vulnerability_id and s.kind = 'kev')) as "knownExploited",
      (select coalesce(sum(f.risk), 0) ${unresolved}) as risk, (select count(*) from pending_update) as "pendingUpdates",
      (select count(*) from pending_update p join update_catalogue u on u.id = p.update_id where u.described_at is null) as "unreadUpdates"`,
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
