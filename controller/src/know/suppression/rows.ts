import { formatInstant, type Instant, instant } from "@breakwater/shared/core";
import { z } from "zod";
import type { Db, schema } from "../../store/index.ts";
import { recordEvents } from "../../store/index.ts";
import { SUPPRESSION_JUSTIFICATIONS, type Suppression, type SuppressionScope } from "./suppression.ts";

type Row = typeof schema.suppression.$inferSelect;

const at = (text: string): Instant => instant(Date.parse(text));

export function fromRow(row: Row): Suppression {
  return {
    id: row.id,
    vulnerabilityId: row.vulnerabilityId,
    target: { ecosystem: row.targetEcosystem, kind: z.enum(["package", "source"]).parse(row.targetKind), name: row.target },
    scope: scopeOfRow(row),
    justification: z.enum(SUPPRESSION_JUSTIFICATIONS).parse(row.justification),
    reason: row.reason,
    createdAt: at(row.createdAt),
    createdBy: row.createdBy,
    expiresAt: at(row.expiresAt),
    versions: row.versions,
    exploitation: row.exploitation,
    ended: row.endedAt === null ? null : { at: at(row.endedAt), by: row.endedBy ?? "", because: row.endedBecause ?? "" },
  };
}

function scopeOfRow({ scopeKind, scope }: Row): SuppressionScope {
  const kind = z.enum(["endpoint", "tag", "group", "fleet"]).parse(scopeKind);
  return kind === "fleet" ? { kind } : { kind, id: scope };
}

export function toRow(s: Suppression): Row {
  return {
    id: s.id,
    vulnerabilityId: s.vulnerabilityId,
    targetEcosystem: s.target.ecosystem,
    targetKind: s.target.kind,
    target: s.target.name,
    scopeKind: s.scope.kind,
    scope: s.scope.kind === "fleet" ? "" : s.scope.id,
    justification: s.justification,
    reason: s.reason,
    createdAt: formatInstant(s.createdAt),
    createdBy: s.createdBy,
    expiresAt: formatInstant(s.expiresAt),
    versions: [...s.versions],
    exploitation: [...s.exploitation],
    endedAt: s.ended && formatInstant(s.ended.at),
    endedBy: s.ended?.by ?? null,
    endedBecause: s.ended?.because ?? null,
  };
}

/** For the audit chain, and for whoever looks again at the findings that it concerns. */
export const tellEnded = (tx: Db, ended: readonly Suppression[]): Promise<void> =>
  recordEvents(
    tx,
    ended.flatMap((s) =>
      s.ended === null
        ? []
        : [
            {
              ...{ at: s.ended.at, type: "suppression.ended", actor: s.ended.by, subject: `suppression:${s.id}` },
              data: { vulnerability: s.vulnerabilityId, target: s.target, scope: s.scope, because: s.ended.because },
            },
          ],
    ),
  );
