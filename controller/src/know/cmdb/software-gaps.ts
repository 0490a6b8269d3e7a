import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, queryRows } from "../../store/index.ts";
import { INSTALLED } from "../inventory/index.ts";
import { bulkRows } from "../rows.ts";
import { softwareNormal } from "./identifiers.ts";

/** An endpoint and the entry that describes it. */
export interface Pair {
  readonly endpointId: string;
  readonly source: string;
  readonly place: number;
}

/** Software on which a configuration database and the endpoints that it describes do not agree. */
export interface SoftwareGap {
  readonly kind: "software-unlisted" | "software-not-installed" | "software-version";
  readonly name: string;
  /** Of all endpoints where it is so, in no order; at most {@link MAX_VERSIONS} each. */
  readonly listed: readonly string[];
  readonly installed: readonly string[];
  readonly endpoints: number;
  /** Some of these endpoints. */
  readonly examples: readonly string[];
}

const MAX_VERSIONS = 5;
const MAX_EXAMPLES = 5;
/** Pairs that are compared in one statement. */
const AT_ONCE = 200;

const Row = z.object({
  endpointId: z.string(),
  name: z.string(),
  listed: z.string().nullable(),
  installed: z.array(z.string()).nullable(),
});

/**
 * Compares by name what entries list with what is installed on the endpoints that they describe: package, source package or
 * component. Entries that list no software say nothing of it, and are left out.
 */
export async function softwareGaps(db: Db, pairs: readonly Pair[]): Promise<{ gaps: SoftwareGap[]; compared: number }> {
  const found = new Map<string, Collected>();
  let compared = 0;
  for (let i = 0; i < pairs.length; i += AT_ONCE) {
    const some = pairs.slice(i, i + AT_ONCE);
    compared += await comparable(db, some);
    for (const row of await differing(db, some)) {
      const kind = row.listed === null ? "software-unlisted" : row.installed === null ? "software-not-installed" : "software-version";
      if (kind === "software-version" && row.installed?.some((version) => sameVersion(row.listed ?? "", version))) continue;
      const key = `${kind} ${softwareNormal(row.name)}`;
      const known = found.get(key) ?? { kind, name: row.name, listed: new Set(), installed: new Set(), endpoints: new Set() };
      known.endpoints.add(row.endpointId);
      if (row.listed && known.listed.size < MAX_VERSIONS) known.listed.add(row.listed);
      for (const version of row.installed ?? []) if (known.installed.size < MAX_VERSIONS) known.installed.add(version);
      found.set(key, known);
    }
  }
  const gaps = [...found.values()].map(({ kind, name, listed, installed, endpoints }) => ({
    ...{ kind, name, listed: [...listed], installed: [...installed], endpoints: endpoints.size },
    examples: [...endpoints].slice(0, MAX_EXAMPLES),
  }));
  return { gaps, compared };
}

interface Collected {
  readonly kind: SoftwareGap["kind"];
  readonly name: string;
  readonly listed: Set<string>;
  readonly installed: Set<string>;
  readonly endpoints: Set<string>;
}

const pairRows = (pairs: readonly Pair[]) =>
  bulkRows(pairs, {
    endpoint_id: { type: "text", of: (p) => p.endpointId },
    source: { type: "text", of: (p) => p.source },
    place: { type: "int", of: (p) => p.place },
  });

async function comparable(db: Db, pairs: readonly Pair[]): Promise<number> {
  const [row] = await queryRows(
    db,
    z.object({ n: z.coerce.number() }),
    sql`select count(*) as n from ${pairRows(pairs)} p
      where exists (select 1 from cmdb_software s where s.source = p.source and s.place = p.place)`,
  );
  return row?.n ?? 0;
}

/** `softwareNormal` of a column. */
const normalOf = (column: string) => sql.raw(`regexp_replace(lower(${column}), '[^a-z0-9+#]', '', 'g')`);

/** Each name on either side, with the versions on each; null where that side does not have it. */
const differing = (db: Db, pairs: readonly Pair[]) =>
  queryRows(
    db,
    Row,
    sql`with pair as (select * from ${pairRows(pairs)} q
        where exists (select 1 from cmdb_software s where s.source = q.source and s.place = q.place)),
      present as (select distinct p.endpoint_id, p.source, c.name, c.version,
          coalesce(nullif(c.source_name, ''), c.name) as built_from, coalesce(nullif(c.source_version, ''), c.version) as built_version
        from pair p join ${INSTALLED} i on i.endpoint_id = p.endpoint_id join package_catalogue c on c.id = i.package_id),
      named as (select endpoint_id, source, built_from, ${normalOf("name")} as normal, version from present
        union select endpoint_id, source, built_from, ${normalOf("built_from")}, built_version from present),
      listed as (select p.endpoint_id, p.source, s.normal, s.name, s.version
        from pair p join cmdb_software s on s.source = p.source and s.place = p.place),
      known as (select distinct n.endpoint_id, n.source, n.built_from
        from named n join listed l on l.endpoint_id = n.endpoint_id and l.source = n.source and l.normal = n.normal)
      select l.endpoint_id as "endpointId", l.name, l.version as listed,
          jsonb_agg(distinct n.version) filter (where n.version is not null) as installed
        from listed l left join named n on n.endpoint_id = l.endpoint_id and n.source = l.source and n.normal = l.normal
        group by l.endpoint_id, l.source, l.normal, l.name, l.version
      union all
      select u.endpoint_id, u.built_from, null, jsonb_agg(distinct u.built_version)
        from present u left join known k on k.endpoint_id = u.endpoint_id and k.source = u.source and k.built_from = u.built_from
        where k.built_from is null
        group by u.endpoint_id, u.source, u.built_from`,
  );

/**
 * Whether a listed version says what is installed: the same, the same without epoch and a distribution's revision, or its
 * beginning, since such lists often hold no more than "3.0". A list that says no version contradicts none.
 */
export function sameVersion(listed: string, installed: string): boolean {
  const upstream = installed.replace(/^\d+:/, "").replace(/-[^-]*$/, "");
  const told = listed.replace(/^v(?=\d)/i, "");
  return told === "" || [installed, installed.replace(/^\d+:/, ""), upstream].includes(told) || upstream.startsWith(`${told}.`);
}
