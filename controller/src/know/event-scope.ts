import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, queryRows, type RecordedEvent } from "../store/index.ts";
import { isNamed, loose, type Scope, UNRESOLVED } from "./matching/index.ts";

/** Events after which findings may have to change, and only these. */
export const FINDING_EVENTS: ReadonlySet<string> = new Set([
  "inventory.changed",
  "updates.described",
  "intel.changed",
  "endpoint.updated",
  "endpoint.enrolled",
  "topology.changed",
  "suppression.created",
  "suppression.ended",
  "vex.imported",
  "vex.removed",
  "vex.trust-changed",
]);

/** An event that says what changed; older ones say nothing, so everything may have. */
const Intel = z.object({ packages: z.array(z.string()), vulnerabilities: z.array(z.string()) });
/** Decisions about vulnerabilities, wherever they are found. */
const Suppressed = z.object({ vulnerability: z.string() });
const Stated = z.object({ count: z.number(), vulnerabilities: z.array(z.string()) });
const Described = z.object({ count: z.number(), updateIds: z.array(z.number()) });
/** null, and no word of an older one: any package of the endpoint. */
const Inventory = z.object({ packages: z.array(z.string()) });

/** Of more names than this, which packages of an endpoint they concern costs more to find out than to look at all of them. */
const MAX_APART = 200;

/** Whose findings a batch of events concerns, and of which packages; undefined when nobody's. */
export async function scopeOf(db: Db, events: readonly RecordedEvent[]): Promise<Scope | undefined> {
  const whole = new Set<string>();
  const own = new Map<string, Set<string>>();
  const updateIds = new Set<number>();
  const packages = new Set<string>();
  const vulnerabilities = new Set<string>();
  for (const event of events) {
    if (!FINDING_EVENTS.has(event.type)) continue;
    // Who reaches whom concerns whoever stands there, before and after.
    if (event.type === "topology.changed") return "all";
    if (event.type === "intel.changed") {
      const changed = Intel.safeParse(event.data);
      if (!changed.success) return "all";
      for (const name of changed.data.packages) packages.add(loose(name));
      for (const id of changed.data.vulnerabilities) vulnerabilities.add(id);
      continue;
    }
    if (event.type.startsWith("suppression.")) {
      const suppressed = Suppressed.safeParse(event.data);
      if (!suppressed.success) return "all";
      vulnerabilities.add(suppressed.data.vulnerability);
      continue;
    }
    if (event.type.startsWith("vex.")) {
      const stated = Stated.safeParse(event.data);
      // Whom to believe concerns every statement; a large document names only some of what it is about.
      if (!stated.success || stated.data.count > stated.data.vulnerabilities.length) return "all";
      for (const id of stated.data.vulnerabilities) vulnerabilities.add(id);
      continue;
    }
    if (event.type === "updates.described") {
      const described = Described.safeParse(event.data);
      // The event names a limited number of updates: when it had more, everybody may be concerned.
      if (!described.success || described.data.count > described.data.updateIds.length) return "all";
      for (const id of described.data.updateIds) updateIds.add(id);
      continue;
    }
    if (!event.subject.startsWith("endpoint:")) continue;
    const endpointId = event.subject.slice("endpoint:".length);
    const changed = event.type === "inventory.changed" ? Inventory.safeParse(event.data) : undefined;
    if (changed?.success) addTo(own, endpointId, changed.data.packages);
    else whole.add(endpointId);
  }
  for (const { id, names } of await endpointsOffered(db, updateIds)) addTo(own, id, names);
  const concerned = [...(await endpointsWith(db, packages)), ...(await endpointsOpenTo(db, vulnerabilities))];
  const apart = packages.size + vulnerabilities.size <= MAX_APART;
  if (!apart) for (const id of concerned) whole.add(id);
  const touched = new Set([...own.keys(), ...(apart ? concerned : [])]);
  for (const [id, names] of own) if (names.size > MAX_APART) whole.add(id);
  for (const id of whole) touched.delete(id);
  if (whole.size + touched.size === 0) return undefined;
  const endpointIds = [...whole].sort();
  if (touched.size === 0) return { endpointIds };
  const [names, ids] = apart ? [packages, vulnerabilities] : [new Set<string>(), new Set<string>()];
  return { endpointIds, touched: { endpointIds: [...touched].sort(), own, names, vulnerabilities: ids } };
}

function addTo(own: Map<string, Set<string>>, endpointId: string, names: readonly string[]): void {
  const known = own.get(endpointId) ?? new Set();
  own.set(endpointId, known);
  for (const name of names) known.add(name);
}

/** Endpoints that some updates are pending on, each with the names of what they update, and of their sources. */
async function endpointsOffered(db: Db, updateIds: ReadonlySet<number>): Promise<{ id: string; names: string[] }[]> {
  if (updateIds.size === 0) return [];
  return queryRows(
    db,
    z.object({ id: z.string(), names: z.array(z.string()) }),
    sql`select p.endpoint_id as id, jsonb_agg(u.name) || jsonb_agg(u.source_name) as names
      from pending_update p join update_catalogue u on u.id = p.update_id
      where p.update_id = any(${sql.param([...updateIds].map(String))}::text[]::bigint[]) group by p.endpoint_id`,
  );
}

/** Endpoints that have a package of one of these names installed. */
async function endpointsWith(db: Db, packages: ReadonlySet<string>): Promise<string[]> {
  if (packages.size === 0) return [];
  const rows = await queryRows(
    db,
    z.object({ id: z.string() }),
    sql`select distinct e.endpoint_id as id from package_catalogue c
      join (select endpoint_id, package_id from endpoint_package
        union all select endpoint_id, package_id from endpoint_component where owner = '') e on e.package_id = c.id
      where ${isNamed(packages)}`,
  );
  return rows.map((r) => r.id);
}

/** Endpoints whose findings name one of these vulnerabilities: what is known of it changes their risk. */
async function endpointsOpenTo(db: Db, vulnerabilities: ReadonlySet<string>): Promise<string[]> {
  if (vulnerabilities.size === 0) return [];
  const rows = await queryRows(
    db,
    z.object({ id: z.string() }),
    sql`select distinct endpoint_id as id from finding
      where (state in ${UNRESOLVED} or assessment is not null) and vulnerability_id = any(${sql.param([...vulnerabilities])}::text[])`,
  );
  return rows.map((r) => r.id);
}
