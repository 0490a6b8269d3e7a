import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, queryRows } from "../../store/index.ts";
import { batches, groupBy } from "../rows.ts";
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
/** Endpoints whose packages are read in one statement. */
const AT_ONCE = 200;

/** An entry of the package catalogue, with the names by which it may be listed. */
interface Known {
  /** Told of every endpoint that has it and does not list it: one and the same, so that it is looked up and filled in once. */
  readonly unlisted: Difference;
  readonly names: readonly string[];
  readonly builtFrom: string;
  readonly version: string;
  readonly builtVersion: string;
}
type Listed = z.infer<typeof ListedRow>;

/**
 * Compares by name what entries list with what is installed on the endpoints that they describe: package, source package or
 * component. Entries that list no software say nothing of it, and are left out.
 */
export async function softwareGaps(db: Db, pairs: readonly Pair[]): Promise<{ gaps: SoftwareGap[]; compared: number }> {
  const found = nothingFound();
  const catalogue = new Map<number, Known>();
  let compared = 0;
  const saying = await entriesWithSoftware(db);
  // All that is said of one endpoint follows one another, so that each is counted once without remembering who was.
  const told = pairs.filter((p) => saying.has(`${p.source}\n${p.place}`)).sort((a, b) => (a.endpointId < b.endpointId ? -1 : 1));
  const read = async (some: readonly Pair[]) => ({ listed: await readListed(db, some), ids: await readPackageIds(db, some) });
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
    const listed = groupBy(here.listed, (row) => `${row.source}\n${row.place}`);
    const installed = await withNames(db, here.ids, catalogue);
    for (const pair of some)
      for (const difference of differences(listed.get(`${pair.source}\n${pair.place}`) ?? [], installed.get(pair.endpointId) ?? []))
        collect(found, pair.endpointId, difference);
    compared += some.length;
  }
  const gaps = Object.values(found)
    .flatMap((kind) => [...kind.byNormal.values()])
    .map(({ kind, name, listed, installed, endpoints, examples }) => ({
      ...{ kind, name, listed: [...listed], installed: [...installed], endpoints, examples },
    }));
  return { gaps, compared };
}

interface Difference {
  readonly kind: SoftwareGap["kind"];
  readonly name: string;
  readonly listed: readonly string[];
  readonly installed: readonly string[];
}

/** Of one endpoint and the entry that describes it. Pure. */
export function* differences(
  listed: readonly Pick<Listed, "normal" | "name" | "version">[],
  installed: readonly Known[],
): Generator<Difference> {
  // Of what is installed only what is listed is of interest by its version: most of it is not.
  const told = new Set(listed.map((l) => l.normal));
  const versions = new Map<string, string[]>();
  const known = new Set<string>();
  for (const { names, builtFrom, version, builtVersion } of installed)
    for (const name of names) {
      if (!told.has(name)) continue;
      known.add(builtFrom);
      const there = versions.get(name);
      if (there) there.push(version, builtVersion);
      else versions.set(name, [version, builtVersion]);
    }
  for (const { normal, name, version } of listed) {
    const there = versions.get(normal);
    if (!there) yield { kind: "software-not-installed", name, listed: [version], installed: [] };
    else if (!there.some((v) => sameVersion(version, v))) yield { kind: "software-version", name, listed: [version], installed: there };
  }
  for (const { builtFrom, unlisted } of installed) if (!known.has(builtFrom)) yield unlisted;
}

interface Collected {
  readonly kind: SoftwareGap["kind"];
  readonly name: string;
  readonly listed: Set<string>;
  readonly installed: Set<string>;
  endpoints: number;
  /** The first of them. */
  readonly examples: string[];
  /** The one that was counted last: all of one follow one another. */
  last: string;
}

/** By kind, then by the name as it is told: a fleet says the same few thousand names again and again. */
interface OfKind {
  readonly byName: Map<string, Collected>;
  readonly byNormal: Map<string, Collected>;
  /** Of those that were told before as the very same object, whose versions are known. */
  readonly byDifference: Map<Difference, Collected>;
}
type Found = Record<SoftwareGap["kind"], OfKind>;
const nothingFound = (): Found => {
  const none = (): OfKind => ({ byName: new Map(), byNormal: new Map(), byDifference: new Map() });
  return { "software-unlisted": none(), "software-not-installed": none(), "software-version": none() };
};

function collect(into: Found, endpointId: string, difference: Difference): void {
  const { kind, name, listed, installed } = difference;
  const { byName, byNormal, byDifference } = into[kind];
  const before = kind === "software-unlisted" ? byDifference.get(difference) : undefined;
  if (before) {
    count(before, endpointId);
    return;
  }
  let known = byName.get(name);
  if (!known) {
    const normal = softwareNormal(name);
    known = byNormal.get(normal) ?? { kind, name, listed: new Set(), installed: new Set(), endpoints: 0, examples: [], last: "" };
    byName.set(name, known);
    byNormal.set(normal, known);
  }
  if (kind === "software-unlisted") byDifference.set(difference, known);
  count(known, endpointId);
  for (const version of listed) if (known.listed.size < MAX_VERSIONS) known.listed.add(version);
  for (const version of installed) if (known.installed.size < MAX_VERSIONS) known.installed.add(version);
}

function count(known: Collected, endpointId: string): void {
  if (known.last === endpointId) return;
  known.last = endpointId;
  known.endpoints++;
  if (known.examples.length < MAX_EXAMPLES) known.examples.push(endpointId);
}

const ListedRow = z.object({ source: z.string(), place: z.coerce.number(), normal: z.string(), name: z.string(), version: z.string() });

async function entriesWithSoftware(db: Db): Promise<ReadonlySet<string>> {
  const row = z.object({ source: z.string(), place: z.coerce.number() });
  const rows = await queryRows(db, row, sql`select distinct source, place from cmdb_software`);
  return new Set(rows.map((r) => `${r.source}\n${r.place}`));
}

/** By the table's key, a source at a time: joined to the pairs, the planner reads the whole table again for every batch. */
async function readListed(db: Db, pairs: readonly Pair[]): Promise<Listed[]> {
  const all: Listed[] = [];
  for (const [source, some] of groupBy(pairs, (p) => p.source)) {
    const places = sql`${sql.param(some.map((p) => String(p.place)))}::text[]::int[]`;
    const rows = await queryRows(
      db,
      ListedRow,
      sql`select source, place, normal, name, version from cmdb_software where source = ${source} and place = any(${places})`,
    );
    for (const row of rows) all.push(row);
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
    // Without weeding out what both parts have, since that would sort every package of every machine: twice the same is the same here.
    sql`select i.endpoint_id as "endpointId", string_agg(i.package_id::text, ',') as "packageIds" from (
        select endpoint_id, package_id from endpoint_package where endpoint_id = any(${sql.param(ids)}::text[]) and status not in ('config-files', 'not-installed')
        union all select distinct endpoint_id, package_id from endpoint_component where endpoint_id = any(${sql.param(ids)}::text[]) and owner = ''
      ) i group by i.endpoint_id`,
  );
  return new Map(rows.map((row) => [row.endpointId, row.packageIds.split(",").map(Number)]));
}

/** What is installed on endpoints, by its ids. Each package of the fleet is read once, and named as often as it is installed. */
async function withNames(
  db: Db,
  idsOf: ReadonlyMap<string, readonly number[]>,
  catalogue: Map<number, Known>,
): Promise<ReadonlyMap<string, readonly Known[]>> {
  const missing = new Set<number>();
  for (const ids of idsOf.values()) for (const id of ids) if (!catalogue.has(id)) missing.add(id);
  const read =
    missing.size === 0
      ? []
      : await queryRows(
          db,
          CatalogueRow,
          sql`select id, name, version, source_name as "sourceName", source_version as "sourceVersion" from package_catalogue
      where id = any(${sql.param([...missing].map(String))}::text[]::bigint[])`,
        );
  for (const { id, name, version, sourceName, sourceVersion } of read) {
    const builtFrom = sourceName || name;
    const names = [...new Set([softwareNormal(name), softwareNormal(builtFrom)])];
    const builtVersion = sourceVersion || version;
    const unlisted: Difference = { kind: "software-unlisted", name: builtFrom, listed: [], installed: [builtVersion] };
    catalogue.set(id, { names, builtFrom, version, builtVersion, unlisted });
  }
  return new Map([...idsOf].map(([endpointId, all]) => [endpointId, all.flatMap((id) => catalogue.get(id) ?? [])]));
}

/**
 * Whether a listed version says what is installed: the same, the same without epoch and a distribution's revision, or its
 * beginning, since such lists often hold no more than "3.0". A list that says no version contradicts none.
 */
export function sameVersion(listed: string, installed: string): boolean {
  const upstream = installed.replace(/^\d+:/, "").replace(/-[^-]*$/, "");
  const told = listed.replace(/^v(?=\d)/i, "");
  return told === "" || [installed, installed.replace(/^\d+:/, ""), upstream].includes(told) || upstream.startsWith(`${told}.`);
}
