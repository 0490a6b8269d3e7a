import { type Clock, fail, ok, ProblemError, type Result } from "@breakwater/shared/core";
import { and, eq, isNull, or } from "drizzle-orm";
import { stringify } from "yaml";
import { z } from "zod";
import { type Db, recordEvents, type Store, schema } from "../../store/index.ts";
import { addCalendarEntry, calendarEntrySchema } from "./calendar.ts";
import { operatorFactsSchema } from "./endpoint.ts";
import { updateFacts } from "./endpoints.ts";
import { fleetFileProblem, type PlaceOf, readFleetText } from "./fleet-file-text.ts";
import { redundancyGroupSchema, setGroup, setSite, siteSchema } from "./groups.ts";
import { checkZones, loadBalancerSchema, readTopology, setTopology, zoneSchema } from "./topology.ts";

const { endpoint } = schema;

const fleetFileSchema = z.strictObject({
  version: z.literal(1),
  sites: z.array(siteSchema).max(10_000).default([]),
  redundancyGroups: z.array(redundancyGroupSchema).max(10_000).default([]),
  calendar: z.array(calendarEntrySchema).max(10_000).default([]),
  /** Who reaches whom. Left out, what was said before stays; else the file's takes its place. */
  zones: z.array(zoneSchema).max(1_000).optional(),
  loadBalancers: z.array(loadBalancerSchema).max(1_000).optional(),
  /** `endpoint` is a host name or an id of an enrolled endpoint: a file cannot bring machines into the fleet. */
  endpoints: z
    .array(operatorFactsSchema.extend({ endpoint: z.string().min(1).max(253) }))
    .max(200_000)
    .default([]),
});
/** Everything that operators have said about their fleet, as one file. */
export type FleetFile = z.infer<typeof fleetFileSchema>;

export function fleetFileOperations(store: Store, clock: Clock) {
  const { db } = store;
  return {
    /** Takes in the whole file or nothing; each error names its line. The calendar is replaced by the file's. */
    async importFile(
      text: string,
      actor: string,
    ): Promise<Result<{ sites: number; redundancyGroups: number; calendar: number; endpoints: number }>> {
      const read = readFleetText(text, fleetFileSchema);
      if (!read.ok) return read;
      const { file, placeOf } = read.value;
      try {
        await db.transaction((tx) => apply(tx as Db, clock, file, placeOf, actor));
      } catch (cause) {
        if (cause instanceof ProblemError) return fail(cause.problem);
        throw cause;
      }
      const counts = {
        sites: file.sites.length,
        redundancyGroups: file.redundancyGroups.length,
        calendar: file.calendar.length,
        endpoints: file.endpoints.length,
      };
      return ok(counts);
    },

    /** The file that `importFile` would read back to what stands now. */
    async exportFile(format: "yaml" | "json"): Promise<string> {
      const rows = await db.select().from(endpoint).where(isNull(endpoint.revokedAt)).orderBy(endpoint.hostname, endpoint.id);
      const seen = new Map<string, number>();
      for (const row of rows) seen.set(row.hostname, (seen.get(row.hostname) ?? 0) + 1);
      const file = {
        version: 1,
        sites: await db.select().from(schema.site).orderBy(schema.site.id),
        redundancyGroups: await db.select().from(schema.redundancyGroup).orderBy(schema.redundancyGroup.id),
        ...(await readTopology(db)),
        calendar: (await db.select().from(schema.calendarEvent).orderBy(schema.calendarEvent.name)).map(({ id: _id, ...entry }) => entry),
        endpoints: rows.map((row) => ({
          endpoint: seen.get(row.hostname) === 1 ? row.hostname : row.id,
          site: row.site,
          tags: row.tags,
          criticality: row.criticality,
          declaredExposure: row.declaredExposure,
          redundancyGroup: row.redundancyGroup,
          zone: row.zone,
          window: row.window,
          checks: row.checks,
        })),
      };
      return format === "json" ? `${JSON.stringify(file, null, 2)}\n` : stringify(file);
    },
  };
}

async function apply(tx: Db, clock: Clock, file: FleetFile, placeOf: PlaceOf, actor: string): Promise<void> {
  for (const site of file.sites) await setSite(tx, clock, site, actor);
  for (const group of file.redundancyGroups) await setGroup(tx, clock, group, actor);
  const placed = await setTopology(
    tx,
    clock,
    { ...(file.zones ? { zones: file.zones } : {}), ...(file.loadBalancers ? { loadBalancers: file.loadBalancers } : {}) },
    actor,
  );
  if (!placed.ok) throw new ProblemError(placed.problem);
  await tx.delete(schema.calendarEvent);
  for (const entry of file.calendar) await addCalendarEntry(tx, clock, entry, actor);
  for (const [index, { endpoint: name, ...facts }] of file.endpoints.entries()) {
    const matches = await tx
      .select({ id: endpoint.id })
      .from(endpoint)
      .where(and(isNull(endpoint.revokedAt), or(eq(endpoint.id, name), eq(endpoint.hostname, name))));
    const only = matches.length === 1 ? matches[0] : undefined;
    if (!only)
      throw new ProblemError(
        fleetFileProblem(
          placeOf(["endpoints", index]),
          matches.length === 0 ? `no endpoint is called "${name}"` : `${matches.length} endpoints are called "${name}": use an id`,
        ),
      );
    const updated = await updateFacts(tx, clock, only.id, facts, actor);
    if (!updated.ok) throw new ProblemError(fleetFileProblem(placeOf(["endpoints", index]), updated.problem.message));
  }
  const standing = await checkZones(tx);
  if (!standing.ok) throw new ProblemError(standing.problem);
  await recordEvents(tx, [
    {
      at: clock.now(),
      type: "fleet.imported",
      actor,
      subject: "fleet:file",
      data: {
        sites: file.sites.length,
        redundancyGroups: file.redundancyGroups.length,
        calendar: file.calendar.length,
        endpoints: file.endpoints.length,
      },
    },
  ]);
}
