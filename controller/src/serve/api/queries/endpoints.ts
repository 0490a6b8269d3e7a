import type { Instant } from "@breakwater/shared/core";
import { type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import { UNCOVERED, uncovered } from "../../../know/fleet/index.ts";
import { UNRESOLVED } from "../../../know/matching/index.ts";
import type { Db } from "../../../store/index.ts";
import { decodeCursor, offsetPage } from "../cursor.ts";
import { notFound } from "../problems.ts";
import type { endpointQuery, endpointRowSchema, endpointSchema } from "../schemas/index.ts";
import { allOf, contains, int, json, moment, momentOrNull, real, select } from "./select.ts";

const row = z.object({
  id: z.string(),
  hostname: z.string(),
  os: z.string(),
  osId: z.string(),
  osVersion: z.string(),
  architecture: z.string(),
  kernelRelease: z.string(),
  agentVersion: z.string(),
  site: z.string(),
  timezone: z.string(),
  tags: json(z.array(z.string())),
  criticality: int,
  redundancyGroup: z.string().nullable(),
  policyMode: z.string(),
  connected: z.boolean(),
  lastSeenAt: momentOrNull,
  inventoryAt: momentOrNull,
  packages: int,
  pendingUpdates: int,
  unreadUpdates: int,
  openFindings: int,
  riskHighest: real,
  riskSum: real,
  knownExploited: int,
  uncovered: z.enum(UNCOVERED).nullable(),
  exposure: z.enum(["loopback", "private", "public", "unknown"]),
  rebootRequired: z.boolean().nullable(),
  halted: z.boolean().nullable(),
  simulated: z.boolean(),
  revokedAt: momentOrNull,
});

/** Evidence first: the widest listener; else what an operator declared; else unknown, which is not "none". */
const exposure = sql`coalesce(
  (select (array['loopback', 'private', 'public'])[max(array_position(array['loopback', 'private', 'public'], l->>'scope'))]
   from jsonb_array_elements(case when jsonb_typeof(e.facts->'listeners') = 'array' then e.facts->'listeners' else '[]' end) l),
  e.declared_exposure, 'unknown')`;

const pendingUpdates = sql`(select count(*) from pending_update u where u.endpoint_id = e.id)`;
const columnsAt = (now: Instant) => sql`
  ${uncovered(now)} as uncovered, e.id, e.hostname, e.os_name as os, e.os_id as "osId", e.os_version as "osVersion", e.architecture, e.kernel_release as "kernelRelease",
  e.agent_version as "agentVersion", e.site, e.timezone, e.tags, e.criticality, e.redundancy_group as "redundancyGroup",
  e.policy_mode as "policyMode", e.connected, e.last_seen_at as "lastSeenAt", e.inventory_at as "inventoryAt",
  (select count(*) from endpoint_package p where p.endpoint_id = e.id) as packages,
  w.pending as "pendingUpdates", w.unread as "unreadUpdates",
  f.open as "openFindings", coalesce(f.highest, 0) as "riskHighest", coalesce(f.total, 0) as "riskSum", f.kev as "knownExploited",
  ${exposure} as exposure, e.reboot_needed as "rebootRequired",
  jsonb_path_exists(e.brakes, '$.halts[*]') as halted, e.simulated, e.revoked_at as "revokedAt"`;

/** Its pending updates, of one endpoint. */
const itsUpdates = sql`
  select count(*) as pending, count(*) filter (where u.described_at is null and u.id is not null) as unread
  from pending_update p left join update_catalogue u on u.id = p.update_id where p.endpoint_id = e.id`;
/** Its open findings, of one endpoint. */
const itsFindings = sql`
  select count(*) as open, max(f.risk) as highest, sum(f.risk) as total,
    count(*) filter (where exists (select 1 from signal s where s.kind = 'kev' and s.vulnerability_id = f.vulnerability_id)) as kev
  from finding f where f.state in ${UNRESOLVED} and f.endpoint_id = e.id`;
/** Of all that have some: what lists are ordered and filtered by. */
const allFindings = sql`
  select f.endpoint_id, count(*) as open, sum(f.risk) as total from finding f where f.state in ${UNRESOLVED} group by f.endpoint_id`;

const ORDER: Readonly<Record<z.output<typeof endpointQuery>["sort"], SQL>> = {
  hostname: sql`e.hostname, e.id`,
  "-hostname": sql`e.hostname desc, e.id`,
  risk: sql`coalesce(f.total, 0), e.hostname, e.id`,
  "-risk": sql`coalesce(f.total, 0) desc, e.hostname, e.id`,
  findings: sql`coalesce(f.open, 0), e.hostname, e.id`,
  "-findings": sql`coalesce(f.open, 0) desc, e.hostname, e.id`,
  lastSeen: sql`e.last_seen_at nulls first, e.id`,
  "-lastSeen": sql`e.last_seen_at desc nulls last, e.id`,
  updates: sql`${pendingUpdates}, e.hostname, e.id`,
  "-updates": sql`${pendingUpdates} desc, e.hostname, e.id`,
  criticality: sql`e.criticality, e.hostname, e.id`,
  "-criticality": sql`e.criticality desc, e.hostname, e.id`,
};

/** Conditions that are asked for either way; what is unknown holds neither way. */
const CONDITIONS = {
  restartNeeded: sql`e.restart_needed`,
  rebootRequired: sql`e.reboot_needed`,
  kernelNotRunning: sql`e.kernel_not_running`,
};

export async function listEndpoints(db: Db, query: z.output<typeof endpointQuery>, now: Instant) {
  const [osId, osVersion] = query.os?.split(":") ?? [];
  const where = allOf(
    query.revoked ? sql`e.revoked_at is not null` : sql`e.revoked_at is null`,
    query.q !== undefined && sql`(${contains(sql`e.hostname`, query.q)} or ${contains(sql`e.id`, query.q)})`,
    query.tag !== undefined && sql`e.tags @> ${JSON.stringify([query.tag])}::jsonb`,
    query.site !== undefined && sql`e.site = ${query.site}`,
    osId !== undefined && sql`e.os_id = ${osId}`,
    osVersion !== undefined && sql`e.os_version = ${osVersion}`,
    query.connected !== undefined && sql`e.connected = ${query.connected}`,
    query.simulated !== undefined && sql`e.simulated = ${query.simulated}`,
    ...(["restartNeeded", "rebootRequired", "kernelNotRunning"] as const).map(
      (name) => query[name] !== undefined && sql`${CONDITIONS[name]} = ${query[name]}`,
    ),
    query.uncovered !== undefined && sql`${uncovered(now)} = ${query.uncovered}`,
    query.withFindings !== undefined && (query.withFindings ? sql`f.open > 0` : sql`f.open is null`),
  );
  const byFindings = query.withFindings !== undefined || /risk|findings/.test(query.sort);
  const from = sql`from endpoint e ${byFindings ? sql`left join (${allFindings}) f on f.endpoint_id = e.id` : sql``} where ${where}`;
  // First which endpoints the page has: what it says of each is read for these alone, not for those before them.
  const rows = await select(
    db,
    row,
    sql`with page as materialized (
        select e.id, row_number() over (order by ${ORDER[query.sort]}) as nth ${from} order by 2 limit ${query.limit} offset ${decodeCursor(query.cursor) ?? 0}
      )
      select ${columnsAt(now)} from page join endpoint e on e.id = page.id cross join lateral (${itsFindings}) f cross join lateral (${itsUpdates}) w order by page.nth`,
  );
  const [total] = await select(db, z.object({ n: int }), sql`select count(*) as n ${from}`);
  return offsetPage<z.infer<typeof endpointRowSchema>>(rows, query, total?.n ?? 0);
}

const detail = row.extend({
  machineId: z.string(),
  codename: z.string(),
  virtualization: z.string(),
  bootId: z.string(),
  capabilities: json(z.array(z.string())),
  pinnedKeyIds: json(z.array(z.string())),
  declaredExposure: z.enum(["loopback", "private", "public"]).nullable(),
  zone: z.string().nullable(),
  window: json(z.unknown()),
  checks: json(z.array(z.unknown())),
  enrolledAt: moment,
  clockOffsetMs: real,
  certificateExpiresAt: momentOrNull,
  inventoryDigest: z.string(),
  facts: json(z.unknown()),
});

/** @throws not-found */
export async function readEndpoint(db: Db, id: string, now: Instant): Promise<Omit<z.input<typeof endpointSchema>, "brakes">> {
  const [found] = await select(
    db,
    detail,
    sql`select ${columnsAt(now)}, e.machine_id as "machineId", e.os_codename as codename, e.virtualization, e.boot_id as "bootId", e.capabilities,
      e.pinned_key_ids as "pinnedKeyIds", e.declared_exposure as "declaredExposure", e.zone, e."window", e.checks, e.enrolled_at as "enrolledAt",
      e.clock_offset_ms as "clockOffsetMs", e.inventory_digest as "inventoryDigest", e.facts,
      (select max(c.expires_at) from certificate c where c.endpoint_id = e.id and c.revoked_at is null) as "certificateExpiresAt"
      from endpoint e cross join lateral (${itsFindings}) f cross join lateral (${itsUpdates}) w where e.id = ${id}`,
  );
  if (!found) throw notFound("endpoint", id);
  return found as Omit<z.input<typeof endpointSchema>, "brakes">;
}

/** @throws not-found */
export async function requireEndpoint(db: Db, id: string): Promise<void> {
  const [found] = await select(db, z.object({ id: z.string() }), sql`select id from endpoint where id = ${id}`);
  if (!found) throw notFound("endpoint", id);
}
