import { type Check, checkSchema } from "@breakwater/shared/command";
import { businessRuleSchema, isZone, type MaintenanceWindow, windowSchema } from "@breakwater/shared/window";
import { and, eq, inArray, isNull, type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, schema } from "../../../store/index.ts";
import type { CalendarEvent } from "../fleet-view.ts";
import type { ReadIntent } from "../intent.ts";
import { groupBy } from "./group-by.ts";

const { calendarEvent, endpoint, finding, pendingUpdate, redundancyGroup, site, updateCatalogue } = schema;

/** The parts of an endpoint's reported facts that planning looks at. What cannot be read is unknown. */
const factsSchema = z.object({
  services: z.array(z.object({ unit: z.string(), activeState: z.string(), package: z.string() })).catch([]),
  loadedPackages: z.array(z.object({ name: z.string(), units: z.array(z.string()) })).catch([]),
  listeners: z.array(z.object({ scope: z.string() })).catch([]),
  kernel: z.object({ running: z.string(), newestInstalled: z.string(), package: z.string() }).optional().catch(undefined),
  reboot: z
    .object({ needed: z.boolean(), reasons: z.array(z.string()), kernelFallback: z.string().default("") })
    .optional()
    .catch(undefined),
  lostVersions: z.array(z.object({ name: z.string(), architecture: z.string(), version: z.string() })).catch([]),
});
export type PlanningFacts = z.infer<typeof factsSchema>;

export type EndpointRow = Omit<typeof endpoint.$inferSelect, "facts" | "window" | "checks"> & {
  readonly facts: PlanningFacts | undefined;
  readonly window: MaintenanceWindow | undefined;
  readonly checks: readonly Check[];
  /** What stands in the row and cannot be used: an unknown zone, an unreadable window. */
  readonly unusable: string | undefined;
};
export interface UpdateRow {
  readonly endpointId: string;
  readonly held: boolean;
  readonly phasedPercent: number;
  /** What it would install and the endpoint does not have. */
  readonly brings: readonly schema.NewPackage[];
  readonly bringsUnknown: boolean;
  readonly update: typeof updateCatalogue.$inferSelect;
}
export type FindingRow = Pick<
  typeof finding.$inferSelect,
  "endpointId" | "vulnerabilityId" | "sourceName" | "packageName" | "updateId" | "risk" | "factors" | "fixedVersion"
>;

/** The live fleet as it stands in the store, one query a table. */
export interface FleetRows {
  readonly endpoints: readonly EndpointRow[];
  readonly updates: ReadonlyMap<string, readonly UpdateRow[]>;
  readonly findings: ReadonlyMap<string, readonly FindingRow[]>;
  readonly redundancyGroups: Readonly<Record<string, { minHealthy: number; members: string[] }>>;
  readonly sites: Readonly<Record<string, { maxConcurrent: number }>>;
  readonly calendar: readonly CalendarEvent[];
  /** Calendar entries whose rule cannot be read, by name: planning as if they were not there would break a promise. */
  readonly unreadableEvents: readonly string[];
}

export async function readFleetRows(db: Db, select: ReadIntent["select"]): Promise<FleetRows> {
  const conditions: SQL[] = [isNull(endpoint.revokedAt)];
  if (select.endpointIds) conditions.push(sql`${endpoint.id} = any(${sql.param(select.endpointIds)}::text[])`);
  else conditions.push(eq(endpoint.simulated, select.simulated ?? false));
  if (select.tags && select.tags.length > 0) conditions.push(sql`${endpoint.tags} @> ${JSON.stringify(select.tags)}::jsonb`);
  if (select.sites && select.sites.length > 0) conditions.push(inArray(endpoint.site, select.sites));
  const rows = await db
    .select()
    .from(endpoint)
    .where(and(...conditions))
    .orderBy(endpoint.id);
  const endpoints = rows.map(readEndpoint);
  const ids = sql`(${sql.param(endpoints.map((e) => e.id))}::text[])`;
  const updates = await db
    .select({
      endpointId: pendingUpdate.endpointId,
      held: pendingUpdate.held,
      phasedPercent: pendingUpdate.phasedPercent,
      brings: pendingUpdate.brings,
      bringsUnknown: pendingUpdate.bringsUnknown,
      update: updateCatalogue,
    })
    .from(pendingUpdate)
    .innerJoin(updateCatalogue, eq(updateCatalogue.id, pendingUpdate.updateId))
    .where(sql`${pendingUpdate.endpointId} = any${ids}`)
    .orderBy(pendingUpdate.endpointId, pendingUpdate.name, pendingUpdate.architecture);
  const findings = await db
    .select({
      endpointId: finding.endpointId,
      vulnerabilityId: finding.vulnerabilityId,
      sourceName: finding.sourceName,
      packageName: finding.packageName,
      updateId: finding.updateId,
      risk: finding.risk,
      factors: finding.factors,
      fixedVersion: finding.fixedVersion,
    })
    .from(finding)
    .where(and(inArray(finding.state, ["open", "no-fix"]), sql`${finding.endpointId} = any${ids}`))
    .orderBy(finding.endpointId, finding.vulnerabilityId);
  const events = await db.select().from(calendarEvent).orderBy(calendarEvent.id);
  const readable = events.map((e) => ({ row: e, rule: businessRuleSchema.safeParse(e.rule) }));
  return {
    endpoints,
    updates: groupBy(updates, (u) => u.endpointId),
    findings: groupBy(findings, (f) => f.endpointId),
    redundancyGroups: await readGroups(db),
    sites: Object.fromEntries((await db.select().from(site)).map((s) => [s.id, { maxConcurrent: Math.max(1, s.maxConcurrent) }])),
    calendar: readable.flatMap(({ row, rule }) =>
      rule.success && isZone(row.timezone) ? [{ name: row.name, zone: row.timezone, rule: rule.data, tags: row.tags }] : [],
    ),
    unreadableEvents: readable.filter(({ row, rule }) => !rule.success || !isZone(row.timezone)).map(({ row }) => row.name),
  };
}

async function readGroups(db: Db): Promise<Record<string, { minHealthy: number; members: string[] }>> {
  const members = await db
    .select({ id: endpoint.id, group: endpoint.redundancyGroup })
    .from(endpoint)
    .where(and(isNull(endpoint.revokedAt), sql`${endpoint.redundancyGroup} is not null`))
    .orderBy(endpoint.id);
  const byGroup = groupBy(members, (m) => m.group as string);
  const known = new Map((await db.select().from(redundancyGroup)).map((g) => [g.id, g.minHealthy]));
  /** A group that nobody gave a number keeps all but one of its members. */
  return Object.fromEntries(
    [...byGroup].map(([id, all]) => [id, { minHealthy: known.get(id) ?? Math.max(0, all.length - 1), members: all.map((m) => m.id) }]),
  );
}

function readEndpoint(row: typeof endpoint.$inferSelect): EndpointRow {
  const window = row.window === null ? undefined : windowSchema.safeParse(row.window);
  const facts = factsSchema.safeParse(row.facts);
  const unusable = !isZone(row.timezone)
    ? `its time zone "${row.timezone}" is not known`
    : window && !window.success
      ? "its maintenance window cannot be read"
      : undefined;
  return {
    ...row,
    facts: facts.success ? facts.data : undefined,
    window: window?.success ? window.data : undefined,
    checks: row.checks.flatMap((c) => checkSchema.safeParse(c).data ?? []),
    unusable,
  };
}
