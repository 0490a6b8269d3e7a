import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, queryRows } from "../../store/index.ts";
import { MODULE_BUILD, RELATED } from "../intel/index.ts";
import { isCve, type Named } from "./identity.ts";
import { moduleTag, streamName } from "./module-stream.ts";
import type { MatchPackage } from "./source.ts";

const KinRow = z.object({ id: z.string(), vulnerabilities: z.array(z.string()), aliases: z.array(z.string()) });

/**
 * All records of the vulnerabilities that some advisories describe without a CVE, whatever packages they are about, so that what a
 * vulnerability is called does not depend on which other packages are judged together with this one.
 */
export async function kinOf(db: Db, advisories: readonly Named[]): Promise<Named[]> {
  const unnamed = advisories.filter((a) => a.vulnerabilities.length > 0 && !a.vulnerabilities.some(isCve));
  if (unnamed.length === 0) return [];
  const ids = [...new Set(unnamed.flatMap((a) => [a.id, ...(a.aliases ?? [])]))];
  return queryRows(
    db,
    KinRow,
    sql`${RELATED(ids)} select distinct a.id, a.vulnerabilities, a.aliases from related k join advisory a on a.id = k.id order by a.id`,
  );
}

const StreamRow = z.object({ tag: z.string(), name: z.string(), stream: z.string() });

/** The module streams in which any advisory names the builds that installed rpms come from, of those that do not tell it themselves. */
export async function streamsOfBuilds(db: Db, packages: readonly MatchPackage[]): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const tags = new Set(packages.flatMap((p) => (p.ecosystem === "rpm" && !p.module ? (moduleTag(p.version) ?? []) : [])));
  const streams = new Map<string, Set<string>>([...tags].map((tag) => [tag, new Set()]));
  if (tags.size === 0) return streams;
  const rows = await queryRows(
    db,
    StreamRow,
    sql`select distinct ${MODULE_BUILD} as tag, a.module->>'name' as name, a.module->>'stream' as stream
      from advisory_range r join advisory a on a.feed_id = r.feed_id and a.id = r.advisory_id
      where r.fixed like '%.module%' and ${MODULE_BUILD} = any(${sql.param([...tags])}::text[]) and a.module is not null`,
  );
  for (const { tag, ...module } of rows) streams.get(tag)?.add(streamName(module));
  return streams;
}
