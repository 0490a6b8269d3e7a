import { type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, queryRows } from "../../store/index.ts";

/**
 * Begins a statement with `related (id)`: these ids and all others that records of the same vulnerabilities go by, as far as any
 * record tells (what a record calls its aliases, and what calls it one).
 */
export const RELATED = (ids: readonly string[]): SQL =>
  sql`with recursive related (id) as (
    select unnest(${sql.param([...ids])}::text[])
    union
    select x.id from related k cross join lateral (
      select a.id from advisory a where a.aliases ? k.id and a.vulnerabilities <> '[]'::jsonb
      union all select jsonb_array_elements_text(a.aliases) from advisory a where a.id = k.id and a.vulnerabilities <> '[]'::jsonb
    ) x)`;

/** Of `advisory_range r`: the module build in the release of an rpm's fixed version, e.g. "module+el8.4.0+597+ddf0ddea"; null where there is none. */
export const MODULE_BUILD = sql.raw(`substring(r.fixed from '\\.(module[_+]\\S+)$')`);

const PackageName = z.object({ package: z.string() });

/** Names of packages that records of the same vulnerabilities are about: what one calls it, another may go by. */
export async function packagesOfRelated(tx: Db, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const rows = await queryRows(
    tx,
    PackageName,
    sql`${RELATED(ids)} select distinct r.package from related k join advisory a on a.id = k.id
      join advisory_range r on r.feed_id = a.feed_id and r.advisory_id = a.id`,
  );
  return rows.map((row) => row.package);
}

/** Names of packages that advisories of these modules are about: which stream a build is of, they tell of one another. */
export async function packagesOfModules(tx: Db, modules: readonly string[]): Promise<string[]> {
  if (modules.length === 0) return [];
  const rows = await queryRows(
    tx,
    PackageName,
    sql`select distinct r.package from advisory a join advisory_range r on r.feed_id = a.feed_id and r.advisory_id = a.id
      where a.module is not null and a.module->>'name' = any(${sql.param([...modules])}::text[])`,
  );
  return rows.map((row) => row.package);
}

/** Names of packages that advisories on these vulnerabilities are about, whatever they call them. */
export async function packagesNaming(tx: Db, vulnerabilityIds: readonly string[]): Promise<string[]> {
  if (vulnerabilityIds.length === 0) return [];
  const naming = await queryRows(
    tx,
    z.object({ id: z.string() }),
    sql`select distinct a.id from advisory a where a.vulnerabilities ?| ${sql.param([...vulnerabilityIds])}::text[]`,
  );
  return packagesOfRelated(
    tx,
    naming.map((row) => row.id),
  );
}
