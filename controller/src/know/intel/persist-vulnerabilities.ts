import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, queryRows } from "../../store/index.ts";
import { bulkRows } from "../rows.ts";
import type { VulnerabilityRecord } from "./records.ts";

const Id = z.object({ id: z.string() });

/**
 * Stores what a feed says of vulnerabilities as such, and the bare ids that its advisories name. What several feeds say adds up: an empty value
 * overwrites nothing, a source of less weight nothing of one of more, and only the feed that called a vulnerability withdrawn takes that back.
 * @returns ids of those that are described otherwise than before
 */
export async function putVulnerabilities(
  tx: Db,
  feedId: string,
  named: readonly string[],
  described: readonly VulnerabilityRecord[],
  weight: number,
): Promise<string[]> {
  if (named.length > 0)
    await tx.execute(
      sql`insert into vulnerability (id) select distinct t.id from unnest(${sql.param([...named])}::text[]) as t(id) on conflict do nothing`,
    );
  if (described.length === 0) return [];
  const input = bulkRows([...new Map(described.map((v) => [v.id, v])).values()], {
    id: { type: "text", of: (v) => v.id },
    summary: { type: "text", of: (v) => v.summary },
    published: { type: "timestamptz", of: (v) => v.published },
    cvss_vector: { type: "text", of: (v) => v.cvssVector },
    cwe: { type: "jsonb", of: (v) => JSON.stringify(v.cwe) },
    withdrawn: { type: "boolean", of: (v) => v.withdrawn },
  });
  const takes = sql`(excluded.weight >= vulnerability.weight)`;
  const summary = sql`case when excluded.summary <> '' and (${takes} or vulnerability.summary = '') then excluded.summary else vulnerability.summary end`;
  const published = sql`case when excluded.published is not null and (${takes} or vulnerability.published is null) then excluded.published else vulnerability.published end`;
  const vector = sql`case when excluded.cvss_vector <> '' and (${takes} or vulnerability.cvss_vector = '') then excluded.cvss_vector else vulnerability.cvss_vector end`;
  const cwe = sql`case when excluded.cwe <> '[]'::jsonb and (${takes} or vulnerability.cwe = '[]'::jsonb) then excluded.cwe else vulnerability.cwe end`;
  const speaks = sql`(excluded.withdrawn or vulnerability.withdrawn_by in ('', ${feedId}))`;
  const withdrawn = sql`case when ${speaks} then excluded.withdrawn else vulnerability.withdrawn end`;
  const rows = await queryRows(
    tx,
    Id,
    sql`
    insert into vulnerability (id, summary, published, cvss_vector, cwe, withdrawn, withdrawn_by, weight)
    select id, summary, published, cvss_vector, cwe, withdrawn, case when withdrawn then ${feedId} else '' end, ${weight}::int from ${input} i
    on conflict (id) do update set
      summary = ${summary}, published = ${published}, cvss_vector = ${vector}, cwe = ${cwe}, withdrawn = ${withdrawn},
      withdrawn_by = case when ${speaks} then excluded.withdrawn_by else vulnerability.withdrawn_by end,
      weight = greatest(excluded.weight, vulnerability.weight)
    where (vulnerability.summary, vulnerability.published, vulnerability.cvss_vector, vulnerability.cwe, vulnerability.withdrawn)
      is distinct from (${summary}, ${published}, ${vector}, ${cwe}, ${withdrawn})
    returning id`,
  );
  return rows.map((r) => r.id);
}

/** Those of the described vulnerabilities that are called withdrawn here and are not stored so, or the other way round. */
export async function differentlyWithdrawn(tx: Db, described: readonly VulnerabilityRecord[]): Promise<string[]> {
  if (described.length === 0) return [];
  const input = bulkRows(described, { id: { type: "text", of: (v) => v.id }, withdrawn: { type: "boolean", of: (v) => v.withdrawn } });
  const rows = await queryRows(
    tx,
    Id,
    sql`select distinct v.id from ${input} i join vulnerability v on v.id = i.id where v.withdrawn <> i.withdrawn`,
  );
  return rows.map((r) => r.id);
}
