import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, queryRows, type RecordedEvent } from "../store/index.ts";
import type { Scope } from "./matching/index.ts";
import { UNRESOLVED } from "./matching/index.ts";

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

/** Whose findings a batch of events concerns; undefined when nobody's. */
export async function scopeOf(db: Db, events: readonly RecordedEvent[]): Promise<Scope | undefined> {
  const endpointIds = new Set<string>();
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
    } else if (event.subject.startsWith("endpoint:")) endpointIds.add(event.subject.slice("endpoint:".length));
  }
  if (updateIds.size > 0) {
    const rows = await queryRows(
      db,
      z.object({ id: z.string() }),
      sql`select distinct endpoint_id as id from pending_update where update_id = any(${sql.param([...updateIds].map(String))}::text[]::bigint[])`,
    );
    for (const { id } of rows) endpointIds.add(id);
  }
  for (const id of [...(await endpointsWith(db, packages)), ...(await endpointsOpenTo(db, vulnerabilities))]) endpointIds.add(id);
  return endpointIds.size > 0 ? { endpointIds: [...endpointIds].sort() } : undefined;
}

/** A name in a spelling in which all of its spellings are one: too many endpoints are looked at rather than too few. */
const loose = (name: string) => name.toLowerCase().replace(/[-_.]+/g, "-");
const looseColumn = (column: string) => sql.raw(`regexp_replace(lower(${column}), '[-_.]+', '-', 'g')`);

/** Endpoints that have a package of one of these names installed, by its own or its source's name; the signed kernel is the kernel. */
async function endpointsWith(db: Db, packages: ReadonlySet<string>): Promise<string[]> {
  if (packages.size === 0) return [];
  const names = sql`${sql.param([...packages])}::text[]`;
  const kernel = [...packages].some((p) => p.startsWith("linux")) ? sql` or c.source_name like 'linux-signed%'` : sql``;
  const rows = await queryRows(
    db,
    z.object({ id: z.string() }),
    sql`select distinct e.endpoint_id as id from package_catalogue c
      join (select endpoint_id, package_id from endpoint_package
        union all select endpoint_id, package_id from endpoint_component where owner = '') e on e.package_id = c.id
      where ${looseColumn("c.name")} = any(${names}) or ${looseColumn("c.source_name")} = any(${names})${kernel}`,
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
