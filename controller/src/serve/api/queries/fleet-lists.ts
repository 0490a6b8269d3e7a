import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "../../../store/index.ts";
import { int, json, moment, momentOrNull, select } from "./select.ts";

const joinTokenRow = z.object({
  id: z.string(),
  createdBy: z.string(),
  createdAt: moment,
  expiresAt: moment,
  usesLeft: int,
  tags: json(z.array(z.string())),
  site: z.string(),
  revokedAt: momentOrNull,
});
export const listJoinTokens = (db: Db) =>
  select(
    db,
    joinTokenRow,
    sql`select id, created_by as "createdBy", created_at as "createdAt", expires_at as "expiresAt", uses_left as "usesLeft", tags, site,
      revoked_at as "revokedAt" from join_token order by created_at desc, id limit 500`,
  );

const siteRow = z.object({ id: z.string(), maxConcurrent: int, endpoints: int });
export const listSites = (db: Db) =>
  select(
    db,
    siteRow,
    sql`select s.id, s.max_concurrent as "maxConcurrent",
      (select count(*) from endpoint e where e.site = s.id and e.revoked_at is null) as endpoints from site s order by s.id limit 1000`,
  );

const groupRow = z.object({ id: z.string(), minHealthy: int, members: int, connected: int });
export const listRedundancyGroups = (db: Db) =>
  select(
    db,
    groupRow,
    sql`select g.id, g.min_healthy as "minHealthy", count(e.id) as members, count(e.id) filter (where e.connected) as connected
      from redundancy_group g left join endpoint e on e.redundancy_group = g.id and e.revoked_at is null group by g.id order by g.id limit 1000`,
  );
