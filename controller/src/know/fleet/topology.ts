import { type Clock, fail, ok, type Result } from "@breakwater/shared/core";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, queryRows, recordEvents, schema } from "../../store/index.ts";
import { nameSchema, tagSchema } from "./endpoint.ts";
import { fleetProblem } from "./problems.ts";

/** The world outside, as a zone that reaches others. */
const INTERNET = "internet";

export const zoneSchema = z.strictObject({
  id: nameSchema.refine((id) => id !== INTERNET, '"internet" is the world, and no zone of one\'s own'),
  /** Zones whose machines reach this one's; "internet" is the world. */
  reachedFrom: z.array(nameSchema).max(1_000),
});
/** A part of the network, and who is let in. */
type Zone = z.infer<typeof zoneSchema>;

export const loadBalancerSchema = z.strictObject({
  id: nameSchema,
  /** Where its own address lies. */
  exposure: z.enum(["public", "private"]),
  /** Endpoints with any of these tags are behind it. */
  tags: z.array(tagSchema).min(1).max(64),
  /** Ports of these endpoints that it forwards to; none named: any. */
  ports: z.array(z.number().int().min(1).max(65_535)).max(1_000).default([]),
});
/** Something in front of endpoints that forwards what it is sent. */
type LoadBalancer = z.infer<typeof loadBalancerSchema>;

/** Who reaches whom, as operators declare it: what no endpoint can see by itself. */
export interface Topology {
  readonly zones: readonly Zone[];
  readonly loadBalancers: readonly LoadBalancer[];
}

/** Ways from the internet to one endpoint that operators have declared. */
export interface DeclaredPaths {
  /** Its zone, where the internet reaches that. */
  readonly zone: string | null;
  /** Public load balancers in front of it. */
  readonly loadBalancers: readonly { readonly id: string; readonly ports: readonly number[] }[];
}

/** The declared ways from the internet to an endpoint. Pure. */
export function pathsTo(endpoint: { readonly zone: string | null; readonly tags: readonly string[] }, topology: Topology): DeclaredPaths {
  const zone = topology.zones.find((z) => z.id === endpoint.zone);
  const inFront = topology.loadBalancers.filter((b) => b.exposure === "public" && b.tags.some((tag) => endpoint.tags.includes(tag)));
  return {
    zone: zone?.reachedFrom.includes(INTERNET) ? zone.id : null,
    loadBalancers: inFront.map(({ id, ports }) => ({ id, ports })),
  };
}

export async function readTopology(db: Db): Promise<Topology> {
  return {
    zones: await db.select().from(schema.zone).orderBy(schema.zone.id),
    loadBalancers: (await db.select().from(schema.loadBalancer).orderBy(schema.loadBalancer.id)).map((row) =>
      loadBalancerSchema.parse(row),
    ),
  };
}

/** Replaces what is named, in the caller's transaction; what is left out stays. */
export async function setTopology(tx: Db, clock: Clock, wanted: Partial<Topology>, actor: string): Promise<Result<null>> {
  if (wanted.zones === undefined && wanted.loadBalancers === undefined) return ok(null);
  const before = await readTopology(tx);
  const after: Topology = { zones: wanted.zones ?? before.zones, loadBalancers: wanted.loadBalancers ?? before.loadBalancers };
  const ids = new Set([INTERNET, ...after.zones.map((z) => z.id)]);
  if (ids.size !== after.zones.length + 1) return fail(fleetProblem.topology("a zone is named twice"));
  if (new Set(after.loadBalancers.map((b) => b.id)).size !== after.loadBalancers.length)
    return fail(fleetProblem.topology("a load balancer is named twice"));
  for (const zone of after.zones) {
    const stray = zone.reachedFrom.find((from) => !ids.has(from));
    if (stray !== undefined) return fail(fleetProblem.topology(`zone "${zone.id}" is reached from "${stray}", which is no zone`));
  }
  await tx.delete(schema.zone);
  await tx.delete(schema.loadBalancer);
  if (after.zones.length > 0) await tx.insert(schema.zone).values(after.zones.map((z) => ({ ...z })));
  if (after.loadBalancers.length > 0) await tx.insert(schema.loadBalancer).values(after.loadBalancers.map((b) => ({ ...b })));
  if (JSON.stringify(before) !== JSON.stringify(await readTopology(tx)))
    await recordEvents(tx, [{ at: clock.now(), type: "topology.changed", actor, subject: "fleet:topology", data: { before, after } }]);
  return ok(null);
}

/** Endpoints must not stand in zones that are not there. */
export async function checkZones(tx: Db): Promise<Result<null>> {
  const [stray] = await queryRows(
    tx,
    z.object({ zone: z.string(), hostname: z.string() }),
    sql`select e.zone, e.hostname from endpoint e where e.zone is not null and e.revoked_at is null
      and not exists (select 1 from zone z where z.id = e.zone) order by e.hostname limit 1`,
  );
  return stray ? fail(fleetProblem.topology(`${stray.hostname} stands in zone "${stray.zone}", which is not there`)) : ok(null);
}
