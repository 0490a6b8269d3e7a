import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, queryRows } from "../../store/index.ts";
import { batches, bulkRows } from "../rows.ts";
import { type IndexedAdvisory, indexAdvisories } from "./advisory-index.ts";
import { gatherEvidence, type VulnerabilityEvidence } from "./evidence.ts";
import { advisedName, type MatchPackage } from "./source.ts";
import { judgePackage, type Verdict } from "./verdict.ts";

/** A catalogue entry with everything that the advisories say about it, by CVE. */
export interface JudgedPackage {
  readonly pkg: MatchPackage;
  readonly verdicts: ReadonlyMap<string, Verdict>;
}

const PackageRow = z.object({
  id: z.coerce.number(),
  ecosystem: z.string(),
  name: z.string(),
  version: z.string(),
  architecture: z.string(),
  sourceName: z.string(),
  sourceVersion: z.string(),
  vendor: z.string(),
  distribution: z.string(),
});

const AdvisoryRow = z.object({
  id: z.string(),
  feed: z.string(),
  modified: z.string().nullable(),
  withdrawn: z.boolean(),
  vulnerabilities: z.array(z.string()),
  ranges: z.array(
    z.object({
      distribution: z.string(),
      ecosystem: z.string(),
      package: z.string(),
      introduced: z.string(),
      fixed: z.string().nullable(),
      lastAffected: z.string().nullable(),
      urgency: z.string(),
    }),
  ),
});

/** Judges catalogue entries, each once, however many endpoints have it installed. */
export async function judgeCatalogue(db: Db, packageIds: readonly number[]): Promise<Map<number, JudgedPackage>> {
  const judged = new Map<number, JudgedPackage>();
  if (packageIds.length === 0) return judged;
  const packages = await queryRows(
    db,
    PackageRow,
    sql`
    select id, ecosystem, name, version, architecture, source_name as "sourceName", source_version as "sourceVersion", vendor, distribution
    from package_catalogue where id = any(${sql.param(packageIds.map(String))}::text[]::bigint[])`,
  );
  const names = [
    ...new Map(packages.map((p) => advisedName(p)).map((n) => [`${n.distribution}\n${n.ecosystem}\n${n.package}`, n])).values(),
  ];
  const wanted = bulkRows(names, {
    distribution: { type: "text", of: (n) => n.distribution },
    ecosystem: { type: "text", of: (n) => n.ecosystem },
    package: { type: "text", of: (n) => n.package },
  });
  const rows = await queryRows(
    db,
    AdvisoryRow,
    sql`
    select a.id, a.feed_id as feed, a.modified::text as modified, a.withdrawn, a.vulnerabilities,
      jsonb_agg(jsonb_build_object('distribution', r.distribution, 'ecosystem', r.ecosystem, 'package', r.package,
        'introduced', r.introduced, 'fixed', r.fixed, 'lastAffected', r.last_affected, 'urgency', r.urgency)
        order by r.distribution, r.package, r.ordinal) as ranges
    from ${wanted} w
    join advisory_range r on r.distribution = w.distribution and r.package = w.package and r.ecosystem = w.ecosystem
    join advisory a on a.id = r.advisory_id
    group by a.id order by a.id`,
  );
  const advisories = rows.map(({ ranges, ...a }): IndexedAdvisory => ({ ...a, summary: "", published: null, affected: ranges }));
  const index = indexAdvisories(advisories, await rejectedOf(db, advisories));
  for (const { id, ...pkg } of packages)
    judged.set(id, { pkg, verdicts: new Map(judgePackage(pkg, index).map((verdict) => [verdict.vulnerability, verdict])) });
  return judged;
}

async function rejectedOf(db: Db, advisories: readonly IndexedAdvisory[]): Promise<Set<string>> {
  const ids = [...new Set(advisories.flatMap((a) => a.vulnerabilities))];
  const rows = await queryRows(
    db,
    z.object({ id: z.string() }),
    sql`select id from vulnerability where withdrawn and id = any(${sql.param(ids)}::text[])`,
  );
  return new Set(rows.map((r) => r.id));
}

/** Ids in one statement. */
const ID_BATCH = 20_000;

/** What feeds know about CVEs, by id. */
export async function loadEvidence(db: Db, vulnerabilityIds: readonly string[]): Promise<Map<string, VulnerabilityEvidence>> {
  const vectors: { id: string; cvssVector: string }[] = [];
  const signals: { vulnerabilityId: string; kind: string; at: string | null; value: number | null; data: Record<string, unknown> }[] = [];
  for (const ids of batches(vulnerabilityIds, ID_BATCH)) {
    vectors.push(
      ...(await queryRows(
        db,
        z.object({ id: z.string(), cvssVector: z.string() }),
        sql`select id, cvss_vector as "cvssVector" from vulnerability
          where cvss_vector <> '' and id = any(${sql.param([...ids])}::text[])`,
      )),
    );
    signals.push(
      ...(await queryRows(
        db,
        z.object({
          vulnerabilityId: z.string(),
          kind: z.string(),
          at: z.string().nullable(),
          value: z.number().nullable(),
          data: z
            .record(z.string(), z.unknown())
            .nullable()
            .transform((d) => d ?? {}),
        }),
        sql`select vulnerability_id as "vulnerabilityId", kind, at::text as at, value, data from signal
          where vulnerability_id = any(${sql.param([...ids])}::text[]) order by vulnerability_id, kind, source`,
      )),
    );
  }
  return gatherEvidence(vectors, signals);
}
