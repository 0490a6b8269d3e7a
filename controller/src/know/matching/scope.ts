import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, queryRows } from "../../store/index.ts";
import { bulkRows, groupBy } from "../rows.ts";
import { UNRESOLVED_STATES } from "./finding-states.ts";
import { isKernelBuild } from "./kernel.ts";

/** States of findings that nobody closed or set aside, as a list of SQL after "in". */
export const UNRESOLVED = sql.raw(`(${UNRESOLVED_STATES.map((s) => `'${s}'`).join(", ")})`);

/** What of some endpoints may have to change. */
export interface Touched {
  readonly endpointIds: readonly string[];
  /** Names of packages or of their sources, an endpoint's own. */
  readonly own: ReadonlyMap<string, ReadonlySet<string>>;
  /** Names of packages or sources on all of these endpoints, as {@link loose} has them. */
  readonly names: ReadonlySet<string>;
  /** Vulnerabilities of which something else is known, or decided, than before. */
  readonly vulnerabilities: ReadonlySet<string>;
}

/** Whose findings are looked at: all of every endpoint, all of some, or those of some packages. */
export type Scope = "all" | { readonly endpointIds: readonly string[]; readonly touched?: Touched };

/** A name in a spelling in which all of its spellings are one: too much is looked at rather than too little. */
export const loose = (name: string): string => name.toLowerCase().replace(/[-_.]+/g, "-");
const looseColumn = (column: string) => sql.raw(`regexp_replace(lower(${column}), '[-_.]+', '-', 'g')`);

/** Whether an entry of `package_catalogue c` is one that advisories on these names may be about: by its own or its source's name; the signed kernel is the kernel. */
export function isNamed(names: ReadonlySet<string>) {
  const list = sql`${sql.param([...names])}::text[]`;
  const kernel = [...names].some((p) => p.startsWith("linux")) ? sql` or c.source_name like 'linux-signed%'` : sql``;
  return sql`(${looseColumn("c.name")} = any(${list}) or ${looseColumn("c.source_name")} = any(${list})${kernel})`;
}

const Subject = z.object({ endpointId: z.string(), ecosystem: z.string(), name: z.string() });
/** Packages of one endpoint by ecosystem and name, whatever their versions: its findings of one never depend on those of another, kernels aside. */
export type Subject = z.infer<typeof Subject>;

/** Whatever its status: of a package of which only configuration is left, findings may have to close. */
const INSTALLED_HERE = sql`(select endpoint_id, package_id from endpoint_package
  union all select endpoint_id, package_id from endpoint_component where owner = '')`;

/**
 * The packages on these endpoints that what changed can concern. Where one is a kernel, all kernels of that endpoint are, since which
 * of them counts depends on the others.
 */
export async function subjectsOf(db: Db, endpointIds: readonly string[], touched: Touched): Promise<Map<string, Subject[]>> {
  const here = sql`any(${sql.param([...endpointIds])}::text[])`;
  const installed = (which: ReturnType<typeof sql>, where: ReturnType<typeof sql>) =>
    sql`select e.endpoint_id, c.ecosystem, c.name from ${INSTALLED_HERE} e join package_catalogue c on c.id = e.package_id ${which}
      where e.endpoint_id = ${here}${where}`;
  const parts = [];
  const named = endpointIds.flatMap((endpointId) => [...(touched.own.get(endpointId) ?? [])].map((name) => ({ endpointId, name })));
  if (named.length > 0) {
    const own = bulkRows(named, { endpoint_id: { type: "text", of: (n) => n.endpointId }, name: { type: "text", of: (n) => n.name } });
    const found = (column: string) =>
      sql`select f.endpoint_id, f.ecosystem, f.package_name as name from finding f join ${own} i on i.endpoint_id = f.endpoint_id
        and i.name = f.${sql.raw(column)} where f.endpoint_id = ${here}`;
    parts.push(
      installed(sql`join ${own} i on i.endpoint_id = e.endpoint_id and i.name = c.name`, sql``),
      installed(sql`join ${own} i on i.endpoint_id = e.endpoint_id and i.name = c.source_name`, sql``),
      found("package_name"),
      found("source_name"),
    );
  }
  if (touched.names.size > 0) parts.push(installed(sql``, sql` and ${isNamed(touched.names)}`));
  if (touched.vulnerabilities.size > 0)
    parts.push(
      sql`select f.endpoint_id, f.ecosystem, f.package_name as name from finding f where f.endpoint_id = ${here}
        and (f.state in ${UNRESOLVED} or f.assessment is not null)
        and f.vulnerability_id = any(${sql.param([...touched.vulnerabilities])}::text[])`,
    );
  if (parts.length === 0) return new Map();
  const subjects = await read(db, sql.join(parts, sql` union `));
  const withKernel = [...subjects].flatMap(([endpointId, list]) => (list.some(isKernelBuild) ? [endpointId] : []));
  for (const [endpointId, kernels] of await kernelsOf(db, withKernel))
    subjects.set(endpointId, [...(subjects.get(endpointId) ?? []).filter((s) => !isKernelBuild(s)), ...kernels.filter(isKernelBuild)]);
  return subjects;
}

async function kernelsOf(db: Db, endpointIds: readonly string[]): Promise<Map<string, Subject[]>> {
  if (endpointIds.length === 0) return new Map();
  const here = sql`any(${sql.param([...endpointIds])}::text[])`;
  return read(
    db,
    sql`select e.endpoint_id, c.ecosystem, c.name from endpoint_package e join package_catalogue c on c.id = e.package_id
        where e.endpoint_id = ${here} and (c.name like 'linux-%' or c.name like 'kernel%')
      union select f.endpoint_id, f.ecosystem, f.package_name from finding f
        where f.endpoint_id = ${here} and (f.package_name like 'linux-%' or f.package_name like 'kernel%')`,
  );
}

async function read(db: Db, rows: ReturnType<typeof sql>): Promise<Map<string, Subject[]>> {
  const found = await queryRows(db, Subject, sql`select endpoint_id as "endpointId", ecosystem, name from (${rows}) t order by 1, 2, 3`);
  return groupBy(found, (s) => s.endpointId);
}

/** Subjects as rows `(endpoint_id, ecosystem, name)` for joining. */
export const subjectRows = (subjects: readonly Subject[]) =>
  bulkRows(subjects, {
    endpoint_id: { type: "text", of: (s) => s.endpointId },
    ecosystem: { type: "text", of: (s) => s.ecosystem },
    name: { type: "text", of: (s) => s.name },
  });
