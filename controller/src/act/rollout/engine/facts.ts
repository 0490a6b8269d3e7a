import type { Instant } from "@breakwater/shared/core";
import { eq, sql } from "drizzle-orm";
import { z } from "zod";
import type { RolloutPlan } from "../../../decide/planning/index.ts";
import { brakedEndpoints } from "../../../know/halts/index.ts";
import { type Db, rowsOf, schema } from "../../../store/index.ts";
import type { Facts, HeardVerdict, WindowClock } from "../core/index.ts";
import { readBusy, readElsewhere } from "./elsewhere.ts";
import { FREEZE_SETTING, freezeSchema } from "./freeze.ts";

const endpointRows = z.array(
  z.object({ id: z.string(), connected: z.boolean(), last_seen: z.coerce.number().nullable(), revoked: z.boolean() }),
);

/** Reads what the core must know about the world for one deployment. */
export async function readFacts(
  db: Db,
  deploymentId: string,
  plan: RolloutPlan,
  rest: {
    readonly windows: WindowClock;
    readonly planDigest: string;
    readonly verdicts: ReadonlyMap<number, HeardVerdict>;
    readonly superseded: ReadonlyMap<string, string>;
    readonly now: Instant;
    /** What other deployments ended before then cannot matter to this one any more. */
    readonly since: Instant;
  },
): Promise<Facts> {
  const planned = Object.keys(plan.endpoints);
  const members = Object.values(plan.redundancyGroups).flatMap((g) => g.members);
  const ids = [...new Set([...planned, ...members])];
  const seen = endpointRows.parse(
    rowsOf(
      await db.execute(sql`
        select id, connected and revoked_at is null as connected, revoked_at is not null as revoked,
          (extract(epoch from last_seen_at) * 1000)::bigint::text as last_seen
        from endpoint where id in (select unnest(${sql.param(ids)}::text[]))`),
    ),
  );
  const elsewhere = await readElsewhere(db, deploymentId, planned, rest.since);
  const busy = await readBusy(db, deploymentId);
  const busyElsewhere = new Set(busy.map((b) => b.endpointId));
  const siteBusyElsewhere = new Map<string, number>();
  for (const { site } of busy) siteBusyElsewhere.set(site, (siteBusyElsewhere.get(site) ?? 0) + 1);
  const braked = await brakedEndpoints(db, planned, rest.planDigest, rest.now);
  const [frozen] = await db.select({ value: schema.setting.value }).from(schema.setting).where(eq(schema.setting.key, FREEZE_SETTING));
  const freeze = freezeSchema.parse(frozen?.value ?? null);
  const { now: _now, since: _since, ...facts } = rest;
  return {
    ...facts,
    braked,
    endpoints: new Map(
      seen.map((e) => [e.id, { connected: e.connected, ...(e.last_seen === null ? {} : { lastSeenAt: e.last_seen as Instant }) }]),
    ),
    healthyMembers: new Set(seen.filter((e) => e.connected && !busyElsewhere.has(e.id)).map((e) => e.id)),
    elsewhere,
    siteBusyElsewhere,
    ...(freeze ? { frozen: { reason: freeze.reason, by: freeze.by } } : {}),
  };
}
