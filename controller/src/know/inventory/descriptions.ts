import { type Clock, formatInstant, minutes } from "@breakwater/shared/core";
import type { UpdateDescription__Output } from "@breakwater/shared/wire";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { queryRows, recordEvents, type Store } from "../../store/index.ts";
import { bulkRows } from "../rows.ts";

/** How long one endpoint is given to answer before another is asked. */
const ANSWER_TIME = minutes(5);
/** How long an update that could not be read is left alone: its repository may be fixed by then. */
const RETRY_AFTER = minutes(60);
const MAX_CVES = 1_000;
const MAX_CHANGELOG = 16_384;

const UpdateToDescribe = z.object({
  ecosystem: z.string(),
  name: z.string(),
  architecture: z.string(),
  fromVersion: z.string(),
  toVersion: z.string(),
});
/** An update of which an endpoint is asked what it fixes. */
export type UpdateToDescribe = z.infer<typeof UpdateToDescribe>;

/** The descriptions half of the inventory: each distinct update in the fleet is read by one endpoint, once. */
export function createDescriptions({ store, clock }: { readonly store: Store; readonly clock: Clock }) {
  return {
    /** Picks updates of the endpoint that nobody described yet, security first, and marks them as asked for. */
    async updatesToDescribe(endpointId: string, limit: number): Promise<UpdateToDescribe[]> {
      const now = clock.now();
      const before = (ms: number) => new Date(now - ms).toISOString();
      const rows = await queryRows(
        store.db,
        UpdateToDescribe.extend({ id: z.coerce.number(), security: z.boolean() }),
        sql`
        update update_catalogue set describe_requested_at = ${formatInstant(now)}::timestamptz where id in (
          select u.id from update_catalogue u
          where u.id in (select update_id from pending_update where endpoint_id = ${endpointId})
            and u.described_at is null
            and (u.describe_requested_at is null or u.describe_requested_at <=
              case when u.problem = '' then ${before(ANSWER_TIME)}::timestamptz else ${before(RETRY_AFTER)}::timestamptz end)
          order by u.security desc, u.id limit ${limit} for update skip locked)
        returning id, security, ecosystem, name, architecture, from_version as "fromVersion", to_version as "toVersion"`,
      );
      return rows
        .sort((a, b) => Number(b.security) - Number(a.security) || a.id - b.id)
        .map(({ id: _id, security: _security, ...update }) => update);
    },

    /**
     * Stores what an endpoint read. Only updates that are pending on that very endpoint are taken: it cannot speak for
     * packages that it does not see. What could not be read stays undescribed, with the reason.
     */
    async takeDescriptions(
      endpointId: string,
      descriptions: readonly UpdateDescription__Output[],
    ): Promise<{ readonly described: number }> {
      const complete = descriptions.filter((d) => d.update);
      if (complete.length === 0) return { described: 0 };
      const now = clock.now();
      const input = bulkRows(complete, {
        ecosystem: { type: "text", of: (d) => d.update?.ecosystem },
        name: { type: "text", of: (d) => d.update?.name },
        architecture: { type: "text", of: (d) => d.update?.architecture },
        from_version: { type: "text", of: (d) => d.update?.fromVersion },
        to_version: { type: "text", of: (d) => d.update?.toVersion },
        cves: { type: "jsonb", of: (d) => JSON.stringify(d.problem ? [] : cvesOf(d.cves)) },
        urgency: { type: "text", of: (d) => (d.problem ? "" : d.urgency.slice(0, 40)) },
        changelog: { type: "text", of: (d) => (d.problem ? "" : d.changelog.slice(0, MAX_CHANGELOG)) },
        scripts: { type: "jsonb", of: (d) => JSON.stringify(d.problem ? [] : d.maintainerScripts.slice(0, 10)) },
        problem: { type: "text", of: (d) => d.problem.slice(0, 500) },
      });
      return store.db.transaction(async (tx) => {
        const rows = await queryRows(
          tx,
          z.object({ id: z.coerce.number(), problem: z.string() }),
          sql`
          update update_catalogue u set cves = i.cves, urgency = i.urgency, changelog = i.changelog, maintainer_scripts = i.scripts,
            problem = i.problem, described_at = case when i.problem = '' then ${formatInstant(now)}::timestamptz end
          from ${input} i, pending_update p
          where p.endpoint_id = ${endpointId} and p.update_id = u.id and u.described_at is null
            and u.ecosystem = i.ecosystem and u.name = i.name and u.architecture = i.architecture
            and u.from_version = i.from_version and u.to_version = i.to_version
          returning u.id, u.problem`,
        );
        const described = rows.filter((r) => r.problem === "").map((r) => r.id);
        if (described.length > 0)
          await recordEvents(tx, [
            {
              at: now,
              type: "updates.described",
              actor: `endpoint:${endpointId}`,
              subject: `endpoint:${endpointId}`,
              data: { count: described.length, updateIds: described.slice(0, 100) },
            },
          ]);
        return { described: described.length };
      });
    },
  };
}

const cvesOf = (ids: readonly string[]) =>
  [...new Set(ids.map((id) => id.toUpperCase()).filter((id) => /^CVE-\d{4}-\d{4,}$/.test(id)))].sort().slice(0, MAX_CVES);
