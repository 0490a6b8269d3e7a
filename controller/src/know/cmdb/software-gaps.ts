import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, queryRows, schema } from "../../store/index.ts";
import { batches, groupBy } from "../rows.ts";
import { type ListedSoftware, type SoftwareGap, SoftwareTally, type TalliedPackage } from "./software-tally.ts";

/** An endpoint and the entry that describes it. */
export interface Pair {
  readonly endpointId: string;
  readonly source: string;
  readonly place: number;
}

/** Endpoints whose packages are read in one statement. */
const AT_ONCE = 200;

/**
 * Compares by name what entries list with what is installed on the endpoints that they describe: package, source package or
 * component. Entries that list no software say nothing of it, and are left out.
 */
export async function softwareGaps(db: Db, pairs: readonly Pair[]): Promise<{ gaps: SoftwareGap[]; compared: number }> {
  const tally = new SoftwareTally();
  const catalogue = new Map<number, TalliedPackage>();
  let compared = 0;
  const saying = await entriesWithSoftware(db);
  // All that is said of one endpoint follows one another, so that each is counted once without remembering who was.
  const told = pairs.filter((p) => saying.has(`${p.source}\n${p.place}`)).sort((a, b) => (a.endpointId < b.endpointId ? -1 : 1));
  const read = async (some: readonly Pair[]) => {
    const [listed, ids] = await Promise.all([readListed(db, some), readPackageIds(db, some)]);
    return { listed, ids };
  };
  const parts = [...batches(told, AT_ONCE)];
  // The next part is read while one is compared: the database and this process each have work.
  let coming = parts[0] && read(parts[0]);
  for (const [i, some] of parts.entries()) {
    const next = parts[i + 1];
    const here = await coming;
    if (!here) break;
    const ahead = next && read(next);
    // Whatever fails before it is awaited must not end the process; it is told when it is awaited.
    ahead?.catch(() => {});
    coming = ahead;
    const installed = await withNames(db, here.ids, catalogue, tally);
    for (const { endpointId, source, place } of some)
      tally.compare(endpointId, here.listed.get(source)?.get(place) ?? [], installed.get(endpointId) ?? []);
    compared += some.length;
  }
  return { gaps: tally.gaps(), compared };
}

const ListedRow = z.object({ place: z.coerce.number(), normal: z.string(), name: z.string(), version: z.string() });
/** By source and place. */
type Listed = ReadonlyMap<string, ReadonlyMap<number, readonly ListedSoftware[]>>;

async function entriesWithSoftware(db: Db): Promise<ReadonlySet<string>> {
  const row = z.object({ source: z.string(), place: z.coerce.number() });
  const rows = await queryRows(db, row, sql`select distinct source, place from cmdb_software`);
  return new Set(rows.map((r) => `${r.source}\n${r.place}`));
}

/** By the table's key, a source at a time: joined to the pairs, the planner reads the whole table again for every batch. */
async function readListed(db: Db, pairs: readonly Pair[]): Promise<Listed> {
  const all = new Map<string, ReadonlyMap<number, readonly ListedSoftware[]>>();
  for (const [source, some] of groupBy(pairs, (p) => p.source)) {
    const places = sql`${sql.param(some.map((p) => String(p.place)))}::text[]::int[]`;
    const rows = await queryRows(
      db,
      ListedRow,
      sql`select place, normal, name, version from cmdb_software where source = ${source} and place = any(${places})`,
    );
    all.set(
      source,
      groupBy(rows, (row) => row.place),
    );
  }
  return all;
}

const InstalledRow = z.object({ endpointId: z.string(), packageIds: z.string() });
const CatalogueRow = z.object({
  id: z.coerce.number(),
  name: z.string(),
  version: z.string(),
  sourceName: z.string(),
  sourceVersion: z.string(),
});

/** The ids of what is installed on endpoints. */
async function readPackageIds(db: Db, pairs: readonly Pair[]): Promise<ReadonlyMap<string, readonly number[]>> {
  const ids = [...new Set(pairs.map((p) => p.endpointId))];
  const rows = await queryRows(
    db,
    InstalledRow,
    // Endpoint by endpoint in the key's order, with nothing to sort or to group, from the key alone: the rows themselves may lie anywhere in a table of
    // millions. A component in many files is told many times, which is the same here.
    sql`select e.id as "endpointId", array(
        select package_id from endpoint_package where endpoint_id = e.id
          and package_id <> all(array(select package_id from endpoint_package where endpoint_id = e.id and ${sql.raw(schema.NOT_THERE)}))
        union all select package_id from endpoint_component where endpoint_id = e.id and owner = ''
      )::text as "packageIds" from unnest(${sql.param(ids)}::text[]) e(id)`,
  );
  return new Map(rows.map((row) => [row.endpointId, numbersOf(row.packageIds)]));
}

const ZERO = "0".charCodeAt(0);

/** The numbers of "{3,12,450}". By hand: splitting makes a text of each of some millions. */
function numbersOf(array: string): number[] {
  const numbers: number[] = [];
  let [number, digits] = [0, 0];
  for (let i = 0; i < array.length; i++) {
    const digit = array.charCodeAt(i) - ZERO;
    if (digit >= 0 && digit <= 9) {
      number = number * 10 + digit;
      digits++;
    } else if (digits > 0) {
      numbers.push(number);
      [number, digits] = [0, 0];
    }
  }
  return numbers;
}

/** What is installed on endpoints, by its ids. Each package of the fleet is read once, and looked up as often as it is installed. */
async function withNames(
  db: Db,
  idsOf: ReadonlyMap<string, readonly number[]>,
  catalogue: Map<number, TalliedPackage>,
  tally: SoftwareTally,
): Promise<ReadonlyMap<string, readonly TalliedPackage[]>> {
  const missing = new Set<number>();
  const named = new Map([...idsOf].map(([endpointId, ids]) => [endpointId, lookUp(ids, catalogue, missing)]));
  if (missing.size === 0) return named;
  const rows = await queryRows(
    db,
    CatalogueRow,
    sql`select id, name, version, source_name as "sourceName", source_version as "sourceVersion" from package_catalogue
      where id = any(${sql.param([...missing].map(String))}::text[]::bigint[])`,
  );
  for (const { id, ...pkg } of rows) catalogue.set(id, tally.package(pkg));
  return new Map([...idsOf].map(([endpointId, ids]) => [endpointId, lookUp(ids, catalogue, missing)]));
}

function lookUp(ids: readonly number[], catalogue: ReadonlyMap<number, TalliedPackage>, missing: Set<number>): TalliedPackage[] {
  const found: TalliedPackage[] = [];
  for (const id of ids) {
    const pkg = catalogue.get(id);
    if (pkg) found.push(pkg);
    else missing.add(id);
  }
  return found;
}
