import { sql } from "drizzle-orm";
import { z } from "zod";
import { UNRESOLVED } from "../../../know/matching/index.ts";
import type { Db } from "../../../store/index.ts";
import { contains, select } from "./select.ts";

const hit = z.object({
  kind: z.enum(["endpoint", "vulnerability", "package", "plan", "deployment"]),
  id: z.string(),
  title: z.string(),
  detail: z.string(),
});
/** Hits of each kind. */
const EACH = 8;

/** Everything whose name holds the text; ids match from their start. */
export const search = (db: Db, q: string) =>
  select(
    db,
    hit,
    sql`
    (select 'endpoint' as kind, id, hostname as title, os_name || ', ' || site as detail from endpoint
      where revoked_at is null and (${contains(sql`hostname`, q)} or id = ${q}) order by hostname limit ${EACH})
    union all
    (select 'vulnerability', f.vulnerability_id, f.vulnerability_id, count(distinct f.endpoint_id) || ' endpoints' from finding f
      where f.state in ${UNRESOLVED} and ${contains(sql`f.vulnerability_id`, q)} group by f.vulnerability_id order by max(f.risk) desc limit ${EACH})
    union all
    (select 'package', c.source_name, c.source_name, count(distinct c.version) || ' versions in the fleet' from package_catalogue c
      where ${contains(sql`c.source_name`, q)} or ${contains(sql`c.name`, q)} group by c.source_name order by length(c.source_name) limit ${EACH})
    union all
    (select 'plan', p.id, p.title, p.state from plan p where p.state <> 'superseded' and (${contains(sql`p.title`, q)} or p.id = ${q})
      order by p.created_at desc limit ${EACH})
    union all
    (select 'deployment', d.id, d.title, d.state from deployment d where ${contains(sql`d.title`, q)} or d.id = ${q} order by d.created_at desc limit ${EACH})`,
  );
