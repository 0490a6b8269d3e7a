import { type Clock, type EndpointId, fail, formatInstant, ok, ProblemError, type Result } from "@breakwater/shared/core";
import { and, asc, count, eq, ilike, inArray, isNull, or, type SQL, sql } from "drizzle-orm";
import { type Db, recordEvents, type Store, schema } from "../../store/index.ts";
import { revokeCertificatesOf } from "./certificates.ts";
import { type Endpoint, type OperatorFacts, operatorFactsSchema, toEndpoint } from "./endpoint.ts";
import { checkPlacement } from "./groups.ts";
import { fleetProblem } from "./problems.ts";
import { checkZones } from "./topology.ts";

const MAX_PAGE = 1_000;
const { endpoint } = schema;

/** Which endpoints to list; every field that is set must match. */
export interface EndpointFilter {
  readonly ids?: readonly string[];
  readonly tag?: string;
  readonly site?: string;
  /** os-release ID, or "debian:12" for one release. */
  readonly os?: string;
  /** Part of the host name or the start of the id. */
  readonly text?: string;
  readonly connected?: boolean;
  readonly simulated?: boolean;
  readonly redundancyGroup?: string;
}

export interface Page {
  /** At most 1000; 100 when left out. */
  readonly limit?: number;
  readonly offset?: number;
}

export function endpointOperations(store: Store, clock: Clock) {
  const { db } = store;
  return {
    /** Endpoints by host name, without the removed ones. `total` counts all that match. */
    async list(filter: EndpointFilter = {}, page: Page = {}): Promise<{ endpoints: Endpoint[]; total: number }> {
      const where = and(isNull(endpoint.revokedAt), ...conditions(filter));
      const limit = Math.min(MAX_PAGE, Math.max(1, page.limit ?? 100));
      const rows = await db
        .select()
        .from(endpoint)
        .where(where)
        .orderBy(asc(endpoint.hostname), asc(endpoint.id))
        .limit(limit)
        .offset(Math.max(0, page.offset ?? 0));
      const [total] = await db.select({ n: count() }).from(endpoint).where(where);
      return { endpoints: rows.map(toEndpoint), total: total?.n ?? 0 };
    },

    async get(id: string): Promise<Result<Endpoint>> {
      const row = await liveRow(db, id);
      return row ? ok(toEndpoint(row)) : fail(fleetProblem.endpointUnknown(id));
    },

    /** Sets facts that only operators know. What did not change is not told. */
    async update(id: string, facts: unknown, actor: string): Promise<Result<Endpoint>> {
      const parsed = operatorFactsSchema.safeParse(facts);
      if (!parsed.success) return fail(fleetProblem.invalid("The endpoint cannot be changed like this", parsed.error));
      return db
        .transaction(async (tx) => {
          const updated = await updateFacts(tx as Db, clock, id, parsed.data, actor);
          if (!updated.ok || !parsed.data.zone) return updated;
          // Checked last, as a whole fleet file is; thrown, so that nothing of the change stays.
          const standing = await checkZones(tx as Db);
          if (!standing.ok) throw new ProblemError(standing.problem);
          return updated;
        })
        .catch((cause: unknown) => {
          if (cause instanceof ProblemError) return fail(cause.problem);
          throw cause;
        });
    },

    /** Takes an endpoint out of the fleet for good: certificates revoked, inventory dropped, findings closed. Its history stays. */
    async remove(id: string, actor: string): Promise<Result<null>> {
      return db.transaction(async (tx): Promise<Result<null>> => {
        const row = await liveRow(tx as Db, id);
        if (!row) return fail(fleetProblem.endpointUnknown(id));
        const at = clock.now();
        const moment = formatInstant(at);
        await tx.update(endpoint).set({ revokedAt: moment, connected: false }).where(eq(endpoint.id, id));
        await tx.delete(schema.endpointPackage).where(eq(schema.endpointPackage.endpointId, id));
        await tx.delete(schema.endpointComponent).where(eq(schema.endpointComponent.endpointId, id));
        await tx.delete(schema.pendingUpdate).where(eq(schema.pendingUpdate.endpointId, id));
        await tx
          .update(schema.finding)
          .set({ state: "gone", closedAt: moment, closedBy: actor })
          .where(and(eq(schema.finding.endpointId, id), isNull(schema.finding.closedAt)));
        await revokeCertificatesOf(tx as Db, at, id, actor, "the endpoint was removed");
        await recordEvents(tx as Db, [
          { at, type: "endpoint.removed", actor, subject: `endpoint:${id}`, data: { hostname: row.hostname } },
        ]);
        return ok(null);
      });
    },
  };
}

/** The change itself, in the caller's transaction, so that a whole fleet file is one. */
export async function updateFacts(tx: Db, clock: Clock, id: string, facts: OperatorFacts, actor: string): Promise<Result<Endpoint>> {
  const row = await liveRow(tx, id);
  if (!row) return fail(fleetProblem.endpointUnknown(id));
  const placed = await checkPlacement(tx, facts.site, facts.redundancyGroup);
  if (!placed.ok) return placed;
  const changed = changesOf(row, facts);
  if (Object.keys(changed).length === 0) return ok(toEndpoint(row));
  const set = Object.fromEntries(Object.entries(facts).filter(([key]) => key in changed));
  const [after] = await tx.update(endpoint).set(set).where(eq(endpoint.id, id)).returning();
  if (!after) return fail(fleetProblem.endpointUnknown(id));
  await recordEvents(tx, [{ at: clock.now(), type: "endpoint.updated", actor, subject: `endpoint:${id}`, data: { changed } }]);
  return ok(toEndpoint(after));
}

function changesOf(row: typeof endpoint.$inferSelect, facts: OperatorFacts): Record<string, { from: unknown; to: unknown }> {
  const changed: Record<string, { from: unknown; to: unknown }> = {};
  for (const key of Object.keys(facts) as (keyof OperatorFacts)[]) {
    const [from, to] = [row[key], facts[key]];
    if (to !== undefined && JSON.stringify(from) !== JSON.stringify(to)) changed[key] = { from, to };
  }
  return changed;
}

export async function liveRow(db: Db, id: string): Promise<typeof endpoint.$inferSelect | undefined> {
  const [row] = await db
    .select()
    .from(endpoint)
    .where(and(eq(endpoint.id, id), isNull(endpoint.revokedAt)));
  return row;
}

function conditions(filter: EndpointFilter): (SQL | undefined)[] {
  const [osId, osVersion] = filter.os?.split(":") ?? [];
  return [
    filter.ids && inArray(endpoint.id, [...filter.ids] as EndpointId[]),
    filter.tag === undefined ? undefined : sql`${endpoint.tags} @> ${JSON.stringify([filter.tag])}::jsonb`,
    filter.site === undefined ? undefined : eq(endpoint.site, filter.site),
    osId ? eq(endpoint.osId, osId) : undefined,
    osVersion ? eq(endpoint.osVersion, osVersion) : undefined,
    filter.text
      ? or(ilike(endpoint.hostname, `%${escapeLike(filter.text)}%`), ilike(endpoint.id, `${escapeLike(filter.text)}%`))
      : undefined,
    filter.connected === undefined ? undefined : eq(endpoint.connected, filter.connected),
    filter.simulated === undefined ? undefined : eq(endpoint.simulated, filter.simulated),
    filter.redundancyGroup === undefined ? undefined : eq(endpoint.redundancyGroup, filter.redundancyGroup),
  ];
}

const escapeLike = (text: string): string => text.replace(/[\\%_]/g, "\\$&");
