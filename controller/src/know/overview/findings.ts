import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "../../store/index.ts";
import { queryRows } from "../rows.ts";

export const Factor = z.object({ name: z.string(), effect: z.number(), why: z.string(), value: z.string().optional() });
const Proof = z.object({
  kind: z.string(),
  record: z.string(),
  feed: z.string(),
  modified: z.string().nullable(),
  statement: z.string(),
});

/** Drivers and PostgreSQL write moments differently; outside they are RFC 3339 in UTC. */
export const Moment = z.string().transform((text) => new Date(Date.parse(text)).toISOString());

const FindingItem = z.object({
  id: z.coerce.number(),
  endpointId: z.string(),
  hostname: z.string(),
  packageName: z.string(),
  sourceName: z.string(),
  installedVersion: z.string(),
  vulnerabilityId: z.string(),
  summary: z.string(),
  fixedVersion: z.string().nullable(),
  state: z.string(),
  risk: z.number(),
  factors: z
    .array(Factor)
    .nullable()
    .transform((f) => f ?? []),
  proofs: z.array(Proof),
  updateId: z.coerce.number().nullable(),
  /** Probability of exploitation within 30 days; null when no feed gave one. */
  epss: z.number().nullable(),
  kev: z.boolean(),
  openedAt: Moment,
  closedAt: Moment.nullable(),
  closedBy: z.string().nullable(),
});
export type FindingItem = z.infer<typeof FindingItem>;

export interface FindingFilter {
  readonly endpointId?: string | undefined;
  /** One state; without it, open and no-fix. */
  readonly state?: string | undefined;
  readonly cve?: string | undefined;
  /** Binary or source package. */
  readonly package?: string | undefined;
  /** 1 to 500; 50 without it. */
  readonly limit?: number | undefined;
  /** From `next` of the page before. */
  readonly cursor?: string | undefined;
}

const MAX_PAGE = 500;
const Cursor = z.tuple([z.number(), z.number()]);

/** Findings, riskiest first. A cursor that cannot be read begins at the start. */
export async function findings(db: Db, filter: FindingFilter): Promise<{ readonly items: FindingItem[]; readonly next: string | null }> {
  const limit = Math.min(MAX_PAGE, Math.max(1, filter.limit ?? 50));
  const conditions = [filter.state ? sql`f.state = ${filter.state}` : sql`f.state in ('open', 'no-fix')`];
  if (filter.endpointId) conditions.push(sql`f.endpoint_id = ${filter.endpointId}`);
  if (filter.cve) conditions.push(sql`f.vulnerability_id = ${filter.cve.toUpperCase()}`);
  if (filter.package) conditions.push(sql`(f.package_name = ${filter.package} or f.source_name = ${filter.package})`);
  const after = readCursor(filter.cursor);
  if (after) conditions.push(sql`(f.risk, -f.id) < (${String(after[0])}::text::float8, ${String(-after[1])}::text::bigint)`);
  const rows = await queryRows(
    db,
    FindingItem,
    sql`
    select f.id, f.endpoint_id as "endpointId", e.hostname, f.package_name as "packageName", f.source_name as "sourceName",
      f.installed_version as "installedVersion", f.vulnerability_id as "vulnerabilityId", coalesce(v.summary, '') as summary,
      f.fixed_version as "fixedVersion", f.state, f.risk, f.factors, f.proofs, f.update_id as "updateId",
      (select max(s.value) from signal s where s.vulnerability_id = f.vulnerability_id and s.kind = 'epss') as epss,
      exists (select 1 from signal s where s.vulnerability_id = f.vulnerability_id and s.kind = 'kev') as kev,
      f.opened_at::text as "openedAt", f.closed_at::text as "closedAt", f.closed_by as "closedBy"
    from finding f join endpoint e on e.id = f.endpoint_id left join vulnerability v on v.id = f.vulnerability_id
    where ${sql.join(conditions, sql` and `)}
    order by f.risk desc, f.id limit ${limit + 1}`,
  );
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last ? writeCursor([last.risk, last.id]) : null };
}

const writeCursor = (position: z.infer<typeof Cursor>) => Buffer.from(JSON.stringify(position)).toString("base64url");

function readCursor(cursor: string | undefined): z.infer<typeof Cursor> | undefined {
  if (!cursor) return undefined;
  try {
    return Cursor.parse(JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")));
  } catch {
    return undefined;
  }
}
