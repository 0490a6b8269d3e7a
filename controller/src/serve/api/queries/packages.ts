import { sql } from "drizzle-orm";
import { z } from "zod";
import { whyLeftOut } from "../../../decide/planning/index.ts";
import { UNRESOLVED } from "../../../know/matching/index.ts";
import type { Db } from "../../../store/index.ts";
import { decodeCursor, offsetPage } from "../cursor.ts";
import type { packageQuery } from "../schemas/index.ts";
import { allOf, contains, int, json, select } from "./select.ts";

const row = z.object({
  name: z.string(),
  version: z.string(),
  architecture: z.string(),
  ecosystem: z.string(),
  sourceName: z.string(),
  sourceVersion: z.string(),
  status: z.string(),
  held: z.boolean(),
  openFindings: int,
  toVersion: z.string().nullable(),
  security: z.boolean().nullable(),
  origin: z.string().nullable(),
  suite: z.string().nullable(),
  updateHeld: z.boolean().nullable(),
  phasedPercent: z.union([z.null(), int]),
  brings: json(z.array(z.object({ name: z.string(), architecture: z.string(), version: z.string() })).nullable()),
  bringsUnknown: z.boolean().nullable(),
  capabilities: json(z.array(z.string())),
  simulated: z.boolean(),
  described: z.boolean().nullable(),
  cves: json(z.array(z.string()).nullable()),
});

/** Installed packages of one endpoint with what its repositories offer. */
export async function listPackages(db: Db, endpointId: string, query: z.output<typeof packageQuery>) {
  const from = sql`
    from endpoint_package ep join package_catalogue c on c.id = ep.package_id join endpoint e on e.id = ep.endpoint_id
    left join pending_update pu on pu.endpoint_id = ep.endpoint_id and pu.name = c.name and pu.architecture = c.architecture
    left join update_catalogue u on u.id = pu.update_id
    where ${allOf(
      sql`ep.endpoint_id = ${endpointId}`,
      query.q !== undefined && sql`(${contains(sql`c.name`, query.q)} or ${contains(sql`c.source_name`, query.q)})`,
      query.updatesOnly && sql`u.id is not null`,
    )}`;
  const found = await select(
    db,
    row,
    sql`select c.name, c.version, c.architecture, c.ecosystem, c.source_name as "sourceName", c.source_version as "sourceVersion", ep.status, ep.held,
      u.to_version as "toVersion", u.security, u.origin, u.suite, pu.held as "updateHeld", pu.phased_percent as "phasedPercent", pu.brings, pu.brings_unknown as "bringsUnknown",
      e.capabilities, e.simulated,
      u.described_at is not null and u.problem = '' as described, u.cves,
      (select count(*) from finding f where f.endpoint_id = ep.endpoint_id and f.ecosystem = c.ecosystem and f.package_name = c.name and f.state in ${UNRESOLVED}) as "openFindings"
      ${from} order by c.name, c.architecture, c.id limit ${query.limit} offset ${decodeCursor(query.cursor) ?? 0}`,
  );
  const [total] = await select(db, z.object({ n: int }), sql`select count(*) as n ${from}`);
  const rows = found.map(
    ({
      toVersion,
      security,
      origin,
      suite,
      updateHeld,
      phasedPercent,
      brings,
      bringsUnknown,
      capabilities,
      simulated,
      described,
      cves,
      ...installed
    }) => ({
      ...installed,
      update:
        toVersion === null
          ? null
          : {
              to: toVersion,
              security: security ?? false,
              origin: origin ?? "",
              suite: suite ?? "",
              held: updateHeld ?? false,
              phasedPercent: phasedPercent ?? 100,
              brings: (brings ?? []).map((b) => `${b.name} ${b.version}`),
              notPlanned:
                whyLeftOut({ capabilities, simulated }, installed.ecosystem, {
                  brings: brings ?? [],
                  bringsUnknown: bringsUnknown ?? false,
                }) ?? null,
              cves: described ? (cves ?? []) : null,
            },
    }),
  );
  return offsetPage(rows, query, total?.n ?? 0);
}
