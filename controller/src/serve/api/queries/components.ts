import { sql } from "drizzle-orm";
import { z } from "zod";
import { readFacts } from "../../../know/inventory/index.ts";
import { UNRESOLVED } from "../../../know/matching/index.ts";
import type { Db } from "../../../store/index.ts";
import { decodeCursor, offsetPage } from "../cursor.ts";
import { notFound } from "../problems.ts";
import type { componentPage, componentQuery } from "../schemas/index.ts";
import { allOf, contains, int, json, momentOrNull, select } from "./select.ts";

const row = z.object({
  ecosystem: z.string(),
  name: z.string(),
  version: z.string().nullable(),
  path: z.string(),
  evidence: z.string(),
  sha1: z.string().nullable(),
  owner: z.string().nullable(),
  uses: json(z.array(z.object({ pid: z.number().int(), process: z.string(), unit: z.string(), how: z.string() })).catch([])),
  reach: z.string().nullable(),
  unseenSince: momentOrNull,
  openFindings: int,
});

/** Kinds of which no feed speaks: what is wrong with them is unknown. */
const UNSPOKEN_OF: ReadonlySet<string> = new Set(["snap", "flatpak"]);

const openFindings = sql`(select count(*) from finding f where f.endpoint_id = ec.endpoint_id and f.ecosystem = c.ecosystem
  and f.package_name = c.name and f.state in ${UNRESOLVED} and ec.owner = ''
  and (f.proofs @> jsonb_build_array(jsonb_build_object('record', ec.path))
    or f.proofs @> jsonb_build_array(jsonb_build_object('record', c.name || ' ' || c.version || ' elsewhere'))))`;

/** What was found in an endpoint's files, those with findings and in use first, with the look that found it. @throws not-found */
export async function listComponents(
  db: Db,
  endpointId: string,
  query: z.output<typeof componentQuery>,
): Promise<z.infer<typeof componentPage>> {
  const [endpoint] = await select(db, z.object({ facts: json(z.unknown()) }), sql`select facts from endpoint where id = ${endpointId}`);
  if (!endpoint) throw notFound("endpoint", endpointId);
  const from = sql`
    from endpoint_component ec join package_catalogue c on c.id = ec.package_id
    where ${allOf(
      sql`ec.endpoint_id = ${endpointId}`,
      query.q !== undefined && sql`(${contains(sql`c.name`, query.q)} or ${contains(sql`ec.path`, query.q)})`,
      query.ecosystem !== undefined && sql`c.ecosystem = ${query.ecosystem}`,
      query.used !== undefined && (query.used ? sql`ec.reach <> ''` : sql`ec.reach = ''`),
      query.withFindings && sql`${openFindings} > 0`,
    )}`;
  const rows = await select(
    db,
    row,
    sql`select c.ecosystem, c.name, nullif(c.version, '') as version, ec.path, ec.evidence, nullif(ec.sha1, '') as sha1,
      nullif(ec.owner, '') as owner, ec.uses, nullif(ec.reach, '') as reach, ec.unseen_since as "unseenSince", ${openFindings} as "openFindings"
      ${from} order by "openFindings" desc, ec.reach = '', c.ecosystem, c.name, c.version, ec.path
      limit ${query.limit} offset ${decodeCursor(query.cursor) ?? 0}`,
  );
  const [total] = await select(db, z.object({ n: int }), sql`select count(*) as n ${from}`);
  const told = rows.map((r) => (UNSPOKEN_OF.has(r.ecosystem) ? { ...r, openFindings: null } : r));
  return { ...offsetPage(told, query, total?.n ?? 0), scan: readFacts(endpoint.facts)?.componentScan ?? null };
}
