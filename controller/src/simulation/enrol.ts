import { type Clock, expectOk, formatInstant } from "@breakwater/shared/core";
import { inArray } from "drizzle-orm";
import type { Fleet } from "../know/fleet/index.ts";
import { type Db, recordEvents, type Store, schema } from "../store/index.ts";
import { SITES, type SimulatedEndpoint } from "./fleet.ts";

const ACTOR = "simulation";
/** Of seven web servers and three caches at a site, so many must serve. */
const MIN_HEALTHY = { web: 5, cache: 2 } as const;

/** Brings the simulated machines, their sites and groups into the fleet, once. @returns how many were new */
export async function enrolSimulated(store: Store, clock: Clock, fleet: Fleet, endpoints: readonly SimulatedEndpoint[]): Promise<number> {
  for (const site of SITES) expectOk(await fleet.sites.set({ id: site.id, maxConcurrent: site.maxConcurrent }, ACTOR));
  const groups = new Map(
    endpoints.flatMap((e) => (e.redundancyGroup ? [[e.redundancyGroup, e.role === "web" ? MIN_HEALTHY.web : MIN_HEALTHY.cache]] : [])),
  );
  for (const [id, minHealthy] of groups) expectOk(await fleet.redundancyGroups.set({ id, minHealthy }, ACTOR));
  return store.db.transaction(async (raw) => {
    const tx = raw as Db;
    const at = clock.now();
    const known = await tx
      .select({ id: schema.endpoint.id })
      .from(schema.endpoint)
      .where(
        inArray(
          schema.endpoint.id,
          endpoints.map((e) => e.id),
        ),
      );
    const knownIds = new Set(known.map((k) => k.id));
    const fresh = endpoints.filter((e) => !knownIds.has(e.id));
    if (fresh.length === 0) return 0;
    await tx.insert(schema.endpoint).values(
      fresh.map((e) => ({
        id: e.id,
        hostname: e.hostname,
        machineId: e.machineId,
        osId: "debian",
        osVersion: "12",
        osName: "Debian GNU/Linux 12 (bookworm)",
        osCodename: "bookworm",
        architecture: "amd64",
        kernelRelease: "6.1.0-25-amd64",
        virtualization: "simulated",
        agentVersion: "simulated",
        timezone: e.timezone,
        policyMode: "patch",
        capabilities: ["apt"],
        site: e.site,
        tags: [...e.tags],
        criticality: e.criticality,
        declaredExposure: e.exposure,
        redundancyGroup: e.redundancyGroup ?? null,
        window: e.window ?? null,
        checks: [e.check],
        enrolledAt: formatInstant(at),
        lastSeenAt: formatInstant(at),
        connected: true,
        simulated: true,
      })),
    );
    await recordEvents(
      tx,
      fresh.map((e) => ({
        at,
        type: "endpoint.enrolled",
        actor: ACTOR,
        subject: `endpoint:${e.id}`,
        data: { hostname: e.hostname, simulated: true },
      })),
    );
    return fresh.length;
  });
}
