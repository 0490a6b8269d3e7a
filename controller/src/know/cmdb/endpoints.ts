import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, queryRows } from "../../store/index.ts";
import { addressOf, machineIdOf, macOf, serialOf, tellsMachinesApart } from "./identifiers.ts";
import type { EndpointIdentity } from "./reconcile.ts";

/** Endpoints of which the networks are read at once. */
const AT_ONCE = 1_000;

/** An endpoint with what the page of gaps tells of it. */
export interface KnownEndpoint extends EndpointIdentity {
  readonly osName: string;
  readonly lastSeenAt: string | null;
  readonly simulated: boolean;
}
/** What an endpoint saw of others, with itself. */
export interface SeenNeighbour {
  readonly by: string;
  readonly address: string;
  readonly mac: string;
  readonly router: boolean;
}

const list = z.array(z.unknown()).nullish();
const Row = z.object({
  id: z.string(),
  hostname: z.string(),
  machineId: z.string(),
  serial: z.string().nullable(),
  uuid: z.string().nullable(),
  interfaces: list,
  neighbours: list,
  neighboursTotal: z.coerce.number().nullable(),
  osName: z.string(),
  lastSeenAt: z.string().nullable(),
  inventoried: z.boolean(),
  simulated: z.boolean(),
});
const Interface = z.object({ mac: z.string().catch(""), addresses: z.array(z.string()).catch([]) });
const Neighbour = z.object({ address: z.string().catch(""), mac: z.string().catch(""), router: z.boolean().catch(false) });

/** All endpoints with what tells them apart, and what those whose owners allow it have seen as neighbours. */
export async function readEndpoints(db: Db): Promise<{
  endpoints: KnownEndpoint[];
  /** Those that have told what they have installed. */
  inventoried: ReadonlySet<string>;
  seen: SeenNeighbour[];
  watching: number;
  cut: number;
}> {
  const endpoints: KnownEndpoint[] = [];
  const inventoried = new Set<string>();
  const seen: SeenNeighbour[] = [];
  let [watching, cut] = [0, 0];
  for (let last = ""; ; ) {
    const rows = await queryRows(
      db,
      Row,
      // Facts are unpacked once an endpoint: each "->" on the column itself would do it again. Without "offset 0" the two would become one again.
      sql`select id, hostname, machine_id as "machineId", f.facts->'hardware'->>'serialNumber' as serial,
        f.facts->'hardware'->>'systemUuid' as uuid, f.facts->'network'->'interfaces' as interfaces,
        f.facts->'network'->'neighbourhood'->'neighbours' as neighbours, f.facts->'network'->'neighbourhood'->>'total' as "neighboursTotal",
        os_name as "osName", last_seen_at::text as "lastSeenAt", inventory_at is not null as inventoried, simulated
        from endpoint e cross join lateral (select e.facts || '{}' as facts offset 0) f
        where revoked_at is null and id > ${last} order by id limit ${AT_ONCE}`,
    );
    for (const row of rows) {
      const interfaces = (row.interfaces ?? []).flatMap((i) => Interface.safeParse(i).data ?? []);
      endpoints.push({
        ...{ id: row.id, hostname: row.hostname, osName: row.osName, simulated: row.simulated },
        machineIds: [...new Set([machineIdOf(row.machineId), machineIdOf(row.uuid ?? "")])].filter((id) => id !== ""),
        serial: serialOf(row.serial ?? ""),
        macs: [...new Set(interfaces.map((i) => macOf(i.mac)))].filter((mac) => mac !== ""),
        addresses: [...new Set(interfaces.flatMap((i) => i.addresses.map(addressOf)))].filter(tellsMachinesApart),
        lastSeenAt: row.lastSeenAt === null ? null : new Date(Date.parse(row.lastSeenAt)).toISOString(),
      });
      if (row.inventoried) inventoried.add(row.id);
      if (!row.neighbours) continue;
      watching++;
      for (const neighbour of row.neighbours) {
        const read = Neighbour.safeParse(neighbour).data;
        if (read) seen.push({ by: row.id, address: addressOf(read.address), mac: macOf(read.mac), router: read.router });
      }
      if ((row.neighboursTotal ?? 0) > row.neighbours.length) cut++;
    }
    const end = rows.at(-1);
    if (!end || rows.length < AT_ONCE) return { endpoints, inventoried, seen, watching, cut };
    last = end.id;
  }
}
