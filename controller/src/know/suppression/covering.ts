import { addMs, days, formatInstant, type Instant } from "@breakwater/shared/core";
import { and, eq, gt, inArray, isNull, or, sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, queryRows, schema } from "../../store/index.ts";
import type { Decidable } from "../matching/index.ts";
import { groupBy } from "../rows.ts";
import { fromRow, tellEnded, toRow } from "./rows.ts";
import { concerns, lapse, type Placement, type Suppression } from "./suppression.ts";

const { suppression } = schema;

const PlacementRow = z.object({ id: z.string(), tags: z.array(z.string()), group: z.string().nullable() });

/** What the suppressions that hold say of findings of these endpoints and vulnerabilities. */
export interface Covering {
  /** How many may be about them. */
  readonly size: number;
  /** The suppression that covers a finding, the one that lasts longest; or why one that is about it does not. */
  of(finding: Decidable): { readonly suppression: Suppression | null; readonly lapsed: string | null };
  /** Of those that were asked about: what new evidence took the ground from, by id, with the reason. */
  readonly overtaken: ReadonlyMap<string, string>;
}

/** What ended within this long is still looked at, to say why a finding came back. */
const REMEMBERED_MS = days(1);

export async function readSuppressions(
  tx: Db,
  {
    endpointIds,
    vulnerabilityIds,
    now,
  }: { readonly endpointIds: readonly string[]; readonly vulnerabilityIds: readonly string[]; readonly now: Instant },
): Promise<Covering> {
  const rows = await tx
    .select()
    .from(suppression)
    .where(
      and(
        or(isNull(suppression.endedAt), gt(suppression.endedAt, formatInstant(addMs(now, -REMEMBERED_MS)))),
        sql`${suppression.vulnerabilityId} = any(${sql.param([...vulnerabilityIds])}::text[])`,
      ),
    );
  const overtaken = new Map<string, string>();
  if (rows.length === 0) return { of: () => ({ suppression: null, lapsed: null }), overtaken, size: 0 };
  const byVulnerability = groupBy(rows.map(fromRow), (s) => s.vulnerabilityId);
  const placements = new Map<string, Placement>(
    (
      await queryRows(
        tx,
        PlacementRow,
        sql`select id, tags, redundancy_group as "group" from endpoint where id = any(${sql.param([...endpointIds])}::text[])`,
      )
    ).map((row) => [row.id, row]),
  );
  return {
    overtaken,
    size: rows.length,
    of(finding) {
      let best: Suppression | null = null;
      let lapsed: string | null = null;
      for (const s of byVulnerability.get(finding.vulnerabilityId) ?? []) {
        const placement = placements.get(finding.endpointId);
        if (!placement || !concerns(s, finding, placement)) continue;
        const over = lapse(s, finding, now);
        if (over?.everywhere && !s.ended) overtaken.set(s.id, over.because);
        if (over) lapsed = over.because;
        else if (best === null || s.expiresAt > best.expiresAt) best = s;
      }
      return { suppression: best, lapsed: best ? null : lapsed };
    },
  };
}

/**
 * Ends for good what new evidence took the ground from: were it only not applied, it would come back by itself when a feed loses a
 * record or a version goes back. To be called when the findings' rows say what they should.
 */
export async function endSuppressions(tx: Db, lapsed: ReadonlyMap<string, string>, now: Instant): Promise<void> {
  if (lapsed.size === 0) return;
  const rows = await tx
    .select()
    .from(suppression)
    .where(and(isNull(suppression.endedAt), inArray(suppression.id, [...lapsed.keys()])))
    .for("update");
  const ended = rows.map((row): Suppression => ({ ...fromRow(row), ended: { at: now, by: "intel", because: lapsed.get(row.id) ?? "" } }));
  for (const s of ended) await tx.update(suppression).set(toRow(s)).where(eq(suppression.id, s.id));
  await tellEnded(tx, ended);
}
