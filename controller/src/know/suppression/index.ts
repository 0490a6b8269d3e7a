import { addMs, type Clock, days, fail, formatInstant, type Instant, newId, ok, type Result } from "@breakwater/shared/core";
import { and, count, desc, eq, inArray, isNull, lte, sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, queryRows, recordEvents, type Store, schema } from "../../store/index.ts";
import { loadExploitation } from "../matching/index.ts";
import { suppressionProblem } from "./problems.ts";
import { fromRow, tellEnded, toRow } from "./rows.ts";
import {
  concerns,
  MAX_SUPPRESSION_DAYS,
  type Suppression,
  type SuppressionJustification,
  type SuppressionScope,
  type SuppressionTarget,
} from "./suppression.ts";

export { endSuppressions, readSuppressions } from "./covering.ts";
export { JUSTIFICATIONS, SUPPRESSION_JUSTIFICATIONS, type Suppression, scopeSchema } from "./suppression.ts";

const { suppression } = schema;
/** All that hold are looked through at every refresh. */
const MAX_HOLDING = 20_000;
/** Ended at once in one transaction. */
const EXPIRED_AT_ONCE = 500;

export interface SuppressionWish {
  readonly vulnerabilityId: string;
  readonly target: SuppressionTarget;
  readonly scope: SuppressionScope;
  readonly justification: SuppressionJustification;
  readonly reason: string;
  readonly expiresAt: Instant;
}

/** People's decisions that findings need not be acted on. What they cover is settled by the refresh that follows their events. */
export function createSuppressions({ store, clock }: { readonly store: Store; readonly clock: Clock }) {
  const { db } = store;
  return {
    /** Decides it, on the evidence as it stands now. @returns the suppression, and how many findings it sets aside */
    async create(wish: SuppressionWish, actor: string): Promise<Result<{ readonly suppression: Suppression; readonly findings: number }>> {
      const now = clock.now();
      if (wish.expiresAt <= now || wish.expiresAt > addMs(now, days(MAX_SUPPRESSION_DAYS))) return fail(suppressionProblem.expiry());
      return db.transaction(async (tx): Promise<Result<{ suppression: Suppression; findings: number }>> => {
        await tx.execute(sql`select pg_advisory_xact_lock(7264020)`);
        const [held] = await tx.select({ n: count() }).from(suppression).where(isNull(suppression.endedAt));
        if ((held?.n ?? 0) >= MAX_HOLDING) return fail(suppressionProblem.tooMany(MAX_HOLDING));
        const same = (await holdingOf(tx, wish.vulnerabilityId)).find(
          (s) => JSON.stringify([s.target, s.scope]) === JSON.stringify([wish.target, wish.scope]),
        );
        if (same) return fail(suppressionProblem.exists(same.id));
        const findings = await findingsOf(tx, wish);
        if (findings.length === 0)
          return fail(
            suppressionProblem.nothing(
              `${wish.vulnerabilityId} in the ${wish.target.ecosystem} ${wish.target.kind} ${wish.target.name} ${tellScope(wish.scope)}`,
            ),
          );
        const made: Suppression = {
          ...wish,
          id: newId<string>("sp"),
          createdAt: now,
          createdBy: actor,
          versions: [...new Set(findings.map((f) => f.installedVersion))].sort(),
          exploitation: await loadExploitation(tx, wish.vulnerabilityId, now),
          ended: null,
        };
        await tx.insert(suppression).values(toRow(made));
        await recordEvents(tx, [
          {
            ...{ at: now, type: "suppression.created", actor, subject: `suppression:${made.id}` },
            data: {
              ...{ vulnerability: made.vulnerabilityId, target: made.target, scope: made.scope, justification: made.justification },
              ...{ reason: made.reason, expiresAt: formatInstant(made.expiresAt), versions: made.versions, findings: findings.length },
            },
          },
        ]);
        return ok({ suppression: made, findings: findings.length });
      });
    },

    /** Takes it back before its time: its findings are open again. */
    async end(id: string, reason: string, actor: string): Promise<Result<Suppression>> {
      return db.transaction(async (tx): Promise<Result<Suppression>> => {
        const [row] = await tx.select().from(suppression).where(eq(suppression.id, id)).for("update");
        if (!row) return fail(suppressionProblem.unknown(id));
        const before = fromRow(row);
        if (before.ended) return fail(suppressionProblem.ended(id, before.ended.because));
        const after: Suppression = { ...before, ended: { at: clock.now(), by: actor, because: reason } };
        await tx.update(suppression).set(toRow(after)).where(eq(suppression.id, id));
        await tellEnded(tx, [after]);
        return ok(after);
      });
    },

    /** Ends those whose time is over. @returns how many there were */
    async expire(): Promise<number> {
      const now = clock.now();
      return db.transaction(async (tx) => {
        const due = await tx
          .select()
          .from(suppression)
          .where(and(isNull(suppression.endedAt), lte(suppression.expiresAt, formatInstant(now))))
          .limit(EXPIRED_AT_ONCE)
          .for("update", { skipLocked: true });
        const ended = due.map((row): Suppression => ({ ...fromRow(row), ended: { at: now, by: "intel", because: "it expired" } }));
        for (const s of ended) await tx.update(suppression).set(toRow(s)).where(eq(suppression.id, s.id));
        await tellEnded(tx, ended);
        return ended.length;
      });
    },

    /** Those that hold, the newest first, or also those that ended. */
    async list(all: boolean, limit = 1_000): Promise<Suppression[]> {
      const rows = await db
        .select()
        .from(suppression)
        .where(all ? undefined : isNull(suppression.endedAt))
        .orderBy(desc(suppression.createdAt), desc(suppression.id))
        .limit(limit);
      return rows.map(fromRow);
    },

    async find(id: string): Promise<Suppression | undefined> {
      const [row] = await db.select().from(suppression).where(eq(suppression.id, id));
      return row && fromRow(row);
    },
  };
}

async function holdingOf(tx: Db, vulnerabilityId: string): Promise<Suppression[]> {
  const rows = await tx
    .select()
    .from(suppression)
    .where(and(isNull(suppression.endedAt), inArray(suppression.vulnerabilityId, [vulnerabilityId])));
  return rows.map(fromRow);
}

const FindingRow = z.object({
  endpointId: z.string(),
  ecosystem: z.string(),
  packageName: z.string(),
  sourceName: z.string(),
  vulnerabilityId: z.string(),
  installedVersion: z.string(),
  tags: z.array(z.string()),
  group: z.string().nullable(),
});

/** Findings that are open, or set aside by another decision, and that a wish is about. */
async function findingsOf(tx: Db, wish: SuppressionWish): Promise<z.infer<typeof FindingRow>[]> {
  const rows = await queryRows(
    tx,
    FindingRow,
    sql`select f.endpoint_id as "endpointId", f.ecosystem, f.package_name as "packageName", f.source_name as "sourceName", f.vulnerability_id as "vulnerabilityId",
      f.installed_version as "installedVersion", e.tags, e.redundancy_group as "group"
      from finding f join endpoint e on e.id = f.endpoint_id and e.revoked_at is null
      where f.vulnerability_id = ${wish.vulnerabilityId} and f.state in ('open', 'no-fix', 'restart-needed', 'suppressed')`,
  );
  return rows.filter((row) => concerns(wish, row, row));
}

export function tellScope(scope: SuppressionScope): string {
  switch (scope.kind) {
    case "endpoint":
      return `on endpoint ${scope.id}`;
    case "tag":
      return `on endpoints with the tag ${scope.id}`;
    case "group":
      return `in the redundancy group ${scope.id}`;
    case "fleet":
      return "anywhere in the fleet";
  }
}
