import { type Clock, fail, ok, type Result } from "@breakwater/shared/core";
import { and, asc, count, eq, isNull } from "drizzle-orm";
import { z } from "zod";
import { type Db, recordEvents, type Store, schema } from "../../store/index.ts";
import { nameSchema } from "./endpoint.ts";
import { fleetProblem } from "./problems.ts";

export const redundancyGroupSchema = z.strictObject({ id: nameSchema, minHealthy: z.number().int().min(0).max(100_000) });
/** Endpoints that stand in for each other: never fewer than `minHealthy` of them are healthy during a deployment. */
export type RedundancyGroup = z.infer<typeof redundancyGroupSchema>;

export const siteSchema = z.strictObject({ id: nameSchema, maxConcurrent: z.number().int().min(1).max(100_000) });
/** A place with a limit on how many endpoints may be changed at once. */
export type Site = z.infer<typeof siteSchema>;

/** The site of endpoints that nobody placed; it needs no row. */
export const DEFAULT_SITE = "default";

export function groupOperations(store: Store, clock: Clock) {
  const { db } = store;
  return {
    redundancyGroups: {
      list: (): Promise<RedundancyGroup[]> => db.select().from(schema.redundancyGroup).orderBy(asc(schema.redundancyGroup.id)),
      async set(input: unknown, actor: string): Promise<Result<RedundancyGroup>> {
        const parsed = redundancyGroupSchema.safeParse(input);
        if (!parsed.success) return fail(fleetProblem.invalid("The redundancy group cannot be saved", parsed.error));
        await db.transaction((tx) => setGroup(tx as Db, clock, parsed.data, actor));
        return ok(parsed.data);
      },
      async remove(id: string, actor: string): Promise<Result<null>> {
        return db.transaction(async (tx): Promise<Result<null>> => {
          const used = await usersOf(tx as Db, "redundancyGroup", id);
          if (used > 0) return fail(fleetProblem.inUse(`The redundancy group "${id}"`, used));
          const gone = await tx.delete(schema.redundancyGroup).where(eq(schema.redundancyGroup.id, id)).returning();
          if (gone.length === 0) return fail(fleetProblem.groupUnknown(id));
          await tell(tx as Db, clock, "redundancy-group.removed", actor, `redundancy-group:${id}`, {});
          return ok(null);
        });
      },
    },
    sites: {
      list: (): Promise<Site[]> => db.select().from(schema.site).orderBy(asc(schema.site.id)),
      async set(input: unknown, actor: string): Promise<Result<Site>> {
        const parsed = siteSchema.safeParse(input);
        if (!parsed.success) return fail(fleetProblem.invalid("The site cannot be saved", parsed.error));
        await db.transaction((tx) => setSite(tx as Db, clock, parsed.data, actor));
        return ok(parsed.data);
      },
      async remove(id: string, actor: string): Promise<Result<null>> {
        return db.transaction(async (tx): Promise<Result<null>> => {
          const used = await usersOf(tx as Db, "site", id);
          if (used > 0 && id !== DEFAULT_SITE) return fail(fleetProblem.inUse(`The site "${id}"`, used));
          const gone = await tx.delete(schema.site).where(eq(schema.site.id, id)).returning();
          if (gone.length === 0) return fail(fleetProblem.siteUnknown(id));
          await tell(tx as Db, clock, "site.removed", actor, `site:${id}`, {});
          return ok(null);
        });
      },
    },
  };
}

export async function setGroup(tx: Db, clock: Clock, group: RedundancyGroup, actor: string): Promise<void> {
  await tx
    .insert(schema.redundancyGroup)
    .values(group)
    .onConflictDoUpdate({ target: schema.redundancyGroup.id, set: { minHealthy: group.minHealthy } });
  await tell(tx, clock, "redundancy-group.saved", actor, `redundancy-group:${group.id}`, { minHealthy: group.minHealthy });
}

export async function setSite(tx: Db, clock: Clock, site: Site, actor: string): Promise<void> {
  await tx
    .insert(schema.site)
    .values(site)
    .onConflictDoUpdate({ target: schema.site.id, set: { maxConcurrent: site.maxConcurrent } });
  await tell(tx, clock, "site.saved", actor, `site:${site.id}`, { maxConcurrent: site.maxConcurrent });
}

/** A site or group that is named must exist: a typing error would silently lift a limit. */
export async function checkPlacement(db: Db, site: string | undefined, group: string | null | undefined): Promise<Result<null>> {
  if (site !== undefined && site !== DEFAULT_SITE) {
    const [known] = await db.select().from(schema.site).where(eq(schema.site.id, site));
    if (!known) return fail(fleetProblem.siteUnknown(site));
  }
  if (group !== undefined && group !== null) {
    const [known] = await db.select().from(schema.redundancyGroup).where(eq(schema.redundancyGroup.id, group));
    if (!known) return fail(fleetProblem.groupUnknown(group));
  }
  return ok(null);
}

async function usersOf(db: Db, column: "site" | "redundancyGroup", value: string): Promise<number> {
  const [row] = await db
    .select({ n: count() })
    .from(schema.endpoint)
    .where(and(eq(schema.endpoint[column], value), isNull(schema.endpoint.revokedAt)));
  return row?.n ?? 0;
}

const tell = (tx: Db, clock: Clock, type: string, actor: string, subject: string, data: Record<string, unknown>) =>
  recordEvents(tx, [{ at: clock.now(), type, actor, subject, data }]);
