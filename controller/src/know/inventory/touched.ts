import { isDeepStrictEqual } from "node:util";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, queryRows } from "../../store/index.ts";
import { groupBy } from "../rows.ts";
import type { EndpointFacts } from "./facts.ts";

/** Names that an event carries: where an endpoint changed more, all of it is looked at. */
const MAX_TOUCHED = 100;

/** What changed on an endpoint, as rows of the catalogues. */
export interface TouchedRows {
  readonly packageIds: readonly number[];
  readonly updateIds: readonly number[];
}

/**
 * Names of packages that findings may have to change of, after a change of an endpoint's inventory: what came or went, by its own name; what
 * a pending update is of, by its source's name too, since it may close findings of everything that is built from that; and what is
 * reached, or mapped by processes, otherwise than before.
 *
 * @param facts the facts after the change; undefined where they did not change
 * @returns null when more changed than is worth naming, or something that every finding depends on
 */
export async function touchedNames(
  tx: Db,
  before: EndpointFacts | null,
  facts: EndpointFacts | undefined,
  { packageIds, updateIds }: TouchedRows,
): Promise<readonly string[] | null> {
  const byFacts = facts === undefined ? [] : touchedByFacts(before, facts);
  if (byFacts === null || new Set(packageIds).size + new Set(updateIds).size + byFacts.length > MAX_TOUCHED) return null;
  const names = new Set(byFacts);
  if (packageIds.length + updateIds.length > 0) {
    const rows = await queryRows(
      tx,
      z.object({ name: z.string() }),
      sql`select name from package_catalogue where id = any(${ids(packageIds)})
        union select unnest(array[name, source_name]) from update_catalogue where id = any(${ids(updateIds)})`,
    );
    for (const { name } of rows) names.add(name);
  }
  return names.size > MAX_TOUCHED ? null : [...names].sort();
}

const ids = (rows: readonly number[]) => sql`${sql.param([...new Set(rows)].map(String))}::text[]::bigint[]`;

/** Collectors whose failure says something of every package: whether it is loaded, or still runs in its old version, is unknown then. */
const OF_EVERY_PACKAGE = new Set(["exposure", "loaded", "loaded-packages", "listeners", "processes"]);

/** Packages that facts say something else of than before; null when it is of all of them. Pure. */
function touchedByFacts(before: EndpointFacts | null, after: EndpointFacts): readonly string[] | null {
  if (before === null) return null;
  const ofAll = (facts: EndpointFacts) => [
    facts.kernel,
    facts.reboot,
    facts.loadedPackages.length === 0,
    facts.problems.filter((p) => OF_EVERY_PACKAGE.has(p.collector)),
  ];
  if (!isDeepStrictEqual(ofAll(before), ofAll(after))) return null;
  const names = new Set<string>();
  // Through which files is told of a finding, and changes none.
  const loaded = (facts: EndpointFacts) =>
    groupBy(
      facts.loadedPackages.map(({ files: _, ...p }) => p),
      (p) => p.name,
    );
  const [loadedBefore, loadedAfter] = [loaded(before), loaded(after)];
  for (const name of different(loadedBefore, loadedAfter)) names.add(name);
  const [heardBefore, heardAfter] = [before, after].map((f) => groupBy(f.listeners, (l) => `${l.package}\n${l.pid}`));
  for (const key of different(heardBefore, heardAfter)) {
    const [name = "", pid] = key.split("\n");
    names.add(name);
    // The running kernel carries what listens, and what a process has mapped is reached through it.
    names.add(after.kernel?.package ?? "");
    for (const p of [...before.loadedPackages, ...after.loadedPackages]) if (p.pids.includes(Number(pid))) names.add(p.name);
  }
  names.delete("");
  return [...names];
}

function* different<T>(before: ReadonlyMap<string, T[]> = new Map(), after: ReadonlyMap<string, T[]> = new Map()): Generator<string> {
  for (const key of new Set([...before.keys(), ...after.keys()])) if (!isDeepStrictEqual(before.get(key), after.get(key))) yield key;
}
