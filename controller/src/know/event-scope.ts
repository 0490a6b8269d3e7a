import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, queryRows, type RecordedEvent } from "../store/index.ts";
import type { Scope } from "./matching/index.ts";

/** Events after which findings may have to change, and only these. */
export const FINDING_EVENTS: ReadonlySet<string> = new Set([
  "inventory.changed",
  "updates.described",
  "intel.changed",
  "endpoint.updated",
  "endpoint.enrolled",
]);

const Described = z.object({ count: z.number(), updateIds: z.array(z.number()) });

/** Whose findings a batch of events concerns; undefined when nobody's. */
export async function scopeOf(db: Db, events: readonly RecordedEvent[]): Promise<Scope | undefined> {
  const endpointIds = new Set<string>();
  const updateIds = new Set<number>();
  for (const event of events) {
    if (!FINDING_EVENTS.has(event.type)) continue;
    if (event.type === "intel.changed") return "all";
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
  return endpointIds.size > 0 ? { endpointIds: [...endpointIds].sort() } : undefined;
}
