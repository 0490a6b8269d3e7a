import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "../../../store/index.ts";
import { decodeCursor, offsetPage } from "../cursor.ts";
import { notFound } from "../problems.ts";
import { justificationSchema, type suppressionQuery, type suppressionSchema, suppressionScopeSchema } from "../schemas/index.ts";
import { allOf, int, json, moment, momentOrNull, select } from "./select.ts";

const row = z.object({
  id: z.string(),
  vulnerabilityId: z.string(),
  targetEcosystem: z.string(),
  targetKind: z.enum(["package", "source"]),
  target: z.string(),
  scopeKind: z.string(),
  scope: z.string(),
  justification: justificationSchema,
  reason: z.string(),
  createdAt: moment,
  createdBy: z.string(),
  expiresAt: moment,
  versions: json(z.array(z.string())),
  exploitation: json(z.array(z.string())),
  findings: int,
  endedAt: momentOrNull,
  endedBy: z.string().nullable(),
  endedBecause: z.string().nullable(),
});
type Row = z.output<typeof row>;

const columns = sql`s.id, s.vulnerability_id as "vulnerabilityId", s.target_ecosystem as "targetEcosystem", s.target_kind as "targetKind", s.target, s.scope_kind as "scopeKind", s.scope,
  s.justification, s.reason, s.created_at as "createdAt", s.created_by as "createdBy", s.expires_at as "expiresAt", s.versions, s.exploitation,
  (select count(*) from finding f where f.vulnerability_id = s.vulnerability_id and f.state = 'suppressed' and f.assessment->'suppression'->>'id' = s.id) as findings,
  s.ended_at as "endedAt", s.ended_by as "endedBy", s.ended_because as "endedBecause"`;

function shown({
  targetEcosystem,
  targetKind,
  target,
  scopeKind,
  scope,
  endedAt,
  endedBy,
  endedBecause,
  ...rest
}: Row): z.input<typeof suppressionSchema> {
  return {
    ...rest,
    target: { ecosystem: targetEcosystem, kind: targetKind, name: target },
    scope: suppressionScopeSchema.parse(scopeKind === "fleet" ? { kind: "fleet" } : { kind: scopeKind, id: scope }),
    ended: endedAt === null ? null : { at: endedAt, by: endedBy ?? "", because: endedBecause ?? "" },
  };
}

/** Those that end soonest first, then those that ended, the latest first. */
export async function listSuppressions(db: Db, query: z.output<typeof suppressionQuery>) {
  const where = allOf(
    query.state === "holding" && sql`s.ended_at is null`,
    query.state === "ended" && sql`s.ended_at is not null`,
    query.vulnerability !== undefined && sql`s.vulnerability_id = ${query.vulnerability}`,
  );
  const rows = await select(
    db,
    row,
    sql`select ${columns} from suppression s where ${where} order by s.ended_at desc nulls first, s.expires_at, s.id limit ${query.limit} offset ${decodeCursor(query.cursor) ?? 0}`,
  );
  const [total] = await select(db, z.object({ n: int }), sql`select count(*) as n from suppression s where ${where}`);
  return offsetPage(rows.map(shown), query, total?.n ?? 0);
}

/** @throws not-found */
export async function readSuppression(db: Db, id: string): Promise<z.input<typeof suppressionSchema>> {
  const [found] = await select(db, row, sql`select ${columns} from suppression s where s.id = ${id}`);
  if (!found) throw notFound("suppression", id);
  return shown(found);
}
