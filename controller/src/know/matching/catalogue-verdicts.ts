import type { Instant } from "@breakwater/shared/core";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, queryRows } from "../../store/index.ts";
import { RANGE_AS_JSON, rangeRow } from "../intel/index.ts";
import { CATALOGUE_COLUMNS, catalogueRow } from "../inventory/index.ts";
import { batches, bulkRows } from "../rows.ts";
import { type AdvisoryIndex, type IndexedAdvisory, indexAdvisories } from "./advisory-index.ts";
import { kinOf, streamsOfBuilds } from "./besides.ts";
import { type EntryFinding, entryFindings } from "./entry-findings.ts";
import { type Evidence, exploitationWords, gatherEvidence } from "./evidence.ts";
import type { Named } from "./identity.ts";
import { moduleLabel } from "./inventory-file/rpm-query.ts";
import { advisedNames, type MatchPackage } from "./source.ts";
import { findingsOf, judgePackage, type Verdict } from "./verdict.ts";

/** A catalogue entry with everything that the advisories say about it, by CVE. */
export interface JudgedPackage {
  readonly pkg: MatchPackage;
  readonly verdicts: ReadonlyMap<string, Verdict>;
  /** Those of the verdicts that are findings wherever the entry is installed. */
  readonly findings: readonly EntryFinding[];
}

/** Judges one entry with an index that holds at least what is said about it. */
export function judgeEntry(packageId: number, pkg: MatchPackage, index: AdvisoryIndex): JudgedPackage {
  let byVulnerability: ReadonlyMap<string, Verdict> | undefined;
  return {
    pkg,
    // Asked for where a finding may close, which is seldom.
    get verdicts() {
      byVulnerability ??= new Map(judgePackage(pkg, index).map((verdict) => [verdict.vulnerability, verdict]));
      return byVulnerability;
    },
    findings: entryFindings(packageId, pkg, findingsOf(pkg, index)),
  };
}

const PackageRow = catalogueRow.extend({ module: z.string() }).transform(({ module, ...pkg }) => ({ ...pkg, ...moduleLabel(module) }));

const AdvisoryRow = z.object({
  id: z.string(),
  feed: z.string(),
  modified: z.string().nullable(),
  withdrawn: z.boolean(),
  vulnerabilities: z.array(z.string()),
  aliases: z.array(z.string()),
  module: z.object({ name: z.string(), stream: z.string() }).nullable(),
  ranges: z.array(rangeRow),
});

/** Judges catalogue entries, each once, however many endpoints have it installed. */
export async function judgeCatalogue(db: Db, packageIds: readonly number[]): Promise<Map<number, JudgedPackage>> {
  const judged = new Map<number, JudgedPackage>();
  if (packageIds.length === 0) return judged;
  const packages = await queryRows(
    db,
    PackageRow,
    sql`
    select ${CATALOGUE_COLUMNS}, c.module from package_catalogue c where c.id = any(${sql.param(packageIds.map(String))}::text[]::bigint[])`,
  );
  const index = await indexAbout(db, packages);
  for (const { id, ...pkg } of packages) judged.set(id, judgeEntry(id, pkg, index));
  return judged;
}

/** What advisories say now of packages, installed anywhere or not. One list a package, in their order. */
export async function judgePackages(db: Db, packages: readonly MatchPackage[]): Promise<Verdict[][]> {
  if (packages.length === 0) return [];
  const index = await indexAbout(db, packages);
  return packages.map((pkg) => judgePackage(pkg, index));
}

/** All advisories about these packages, in one reading. */
async function indexAbout(db: Db, packages: readonly MatchPackage[]): Promise<AdvisoryIndex> {
  const names = [
    ...new Map(packages.flatMap((p) => advisedNames(p)).map((n) => [`${n.distribution}\n${n.ecosystem}\n${n.package}`, n])).values(),
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
    select a.id, a.feed_id as feed, a.modified::text as modified, a.withdrawn, a.vulnerabilities, a.aliases, a.module,
      jsonb_agg(${RANGE_AS_JSON}
        order by r.distribution, r.package, r.ordinal) as ranges
    from ${wanted} w
    join advisory_range r on r.distribution = w.distribution and r.package = w.package and r.ecosystem = w.ecosystem
    join advisory a on a.feed_id = r.feed_id and a.id = r.advisory_id
    group by a.feed_id, a.id order by a.id, a.feed_id`,
  );
  const advisories = rows.map(
    ({ ranges, module, ...a }): IndexedAdvisory => ({
      ...a,
      summary: "",
      published: null,
      affected: ranges,
      ...(module ? { module } : {}),
    }),
  );
  const kin = await kinOf(db, advisories);
  return indexAdvisories(advisories, await rejectedOf(db, [...advisories, ...kin]), { kin, streams: await streamsOfBuilds(db, packages) });
}

async function rejectedOf(db: Db, advisories: readonly Named[]): Promise<Set<string>> {
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

const VulnerabilityRow = z.object({ id: z.string(), cvssVector: z.string(), published: z.string().nullable(), cwe: z.array(z.string()) });
const SignalRow = z.object({
  vulnerabilityId: z.string(),
  kind: z.string(),
  at: z.string().nullable(),
  value: z.number().nullable(),
  data: z
    .record(z.string(), z.unknown())
    .nullable()
    .transform((d) => d ?? {}),
  model: z.string(),
  source: z.string(),
});

/** What feeds know about CVEs, as it stands at a moment. */
export async function loadEvidence(db: Db, vulnerabilityIds: readonly string[], at: Instant): Promise<Evidence> {
  const vulnerabilities: z.output<typeof VulnerabilityRow>[] = [];
  const signals: z.output<typeof SignalRow>[] = [];
  for (const ids of batches(vulnerabilityIds, ID_BATCH)) {
    const wanted = sql`any(${sql.param([...ids])}::text[])`;
    vulnerabilities.push(
      ...(await queryRows(
        db,
        VulnerabilityRow,
        sql`select id, cvss_vector as "cvssVector", published::text as published, cwe from vulnerability where id = ${wanted}`,
      )),
    );
    signals.push(
      ...(await queryRows(
        db,
        SignalRow,
        sql`select s.vulnerability_id as "vulnerabilityId", s.kind, s.at::text as at, s.value, s.data, coalesce(f.model_version, '') as model, s.source
          from signal s left join feed f on f.id = s.source
          where s.vulnerability_id = ${wanted} order by s.vulnerability_id, s.kind, s.source`,
      )),
    );
  }
  return gatherEvidence(vulnerabilities, signals, at);
}

/** What is known of one vulnerability's exploitation, see `exploitationWords`. */
export async function loadExploitation(db: Db, vulnerabilityId: string, at: Instant): Promise<string[]> {
  return exploitationWords((await loadEvidence(db, [vulnerabilityId], at)).get(vulnerabilityId));
}
