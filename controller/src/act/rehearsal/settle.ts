import type { RehearsalReport } from "@breakwater/shared/command";
import { addMs, formatInstant, hours, type Instant } from "@breakwater/shared/core";
import { and, eq, inArray, lte, ne } from "drizzle-orm";
import { type Db, recordEvents, schema } from "../../store/index.ts";

const { rehearsal } = schema;
/** Who ends what an endpoint says nothing of. */
export const GATEWAY = "gateway";

/** A step of what may be a rehearsal, as its endpoint told it. */
export interface RehearsalStepTold {
  readonly executionId: string;
  readonly state: string;
  readonly message: string;
  readonly failureClass: string;
  readonly terminal: boolean;
  readonly rehearsal?: RehearsalReport | null | undefined;
}

/** Takes a report over into the rehearsal it belongs to, in the transaction that stores it. Other executions are none of its business. */
export async function settleRehearsal(
  tx: Db,
  at: Instant,
  endpointId: string,
  told: RehearsalStepTold,
  actor = `endpoint:${endpointId}`,
): Promise<void> {
  const open = and(eq(rehearsal.id, told.executionId), eq(rehearsal.endpointId, endpointId), ne(rehearsal.state, "ended"));
  if (!told.terminal) {
    await tx
      .update(rehearsal)
      .set({ state: told.state === "rehearsing" ? "rehearsing" : "accepted", step: told.message.slice(0, 64) })
      .where(open);
    return;
  }
  // A refusal, or an end without a report, says nothing of the patch.
  const verdict = told.rehearsal?.verdict ?? "not-rehearsable";
  const [ended] = await tx
    .update(rehearsal)
    .set({
      ...{ state: "ended", verdict, failureClass: told.failureClass, reason: told.message, report: told.rehearsal ?? null },
      finishedAt: formatInstant(at),
    })
    .where(open)
    .returning();
  if (!ended) return;
  await recordEvents(tx, [
    {
      at,
      type: "rehearsal.ended",
      actor,
      subject: `plan:${ended.planId}`,
      data: {
        rehearsalId: ended.id,
        revision: ended.planRevision,
        endpointId,
        verdict,
        failureClass: told.failureClass,
        reason: told.message.slice(0, 500),
        level: told.rehearsal?.level ?? "",
        hostUntouched: told.rehearsal?.host.untouched ?? null,
      },
    },
  ]);
}

/** A copy is given up after 20 min; downloads on a slow line come before it. */
const SILENCE = hours(3);

/** Rehearsals of which nothing was heard for so long that nothing will be: a machine that is gone leaves no question open for ever. */
export async function giveUpRehearsals(tx: Db, at: Instant): Promise<void> {
  const rows = await tx
    .select({ id: rehearsal.id, endpointId: rehearsal.endpointId })
    .from(rehearsal)
    .where(and(ne(rehearsal.state, "ended"), lte(rehearsal.requestedAt, formatInstant(addMs(at, -SILENCE)))));
  for (const row of rows)
    await settleRehearsal(
      tx,
      at,
      row.endpointId,
      {
        executionId: row.id,
        state: "refused",
        message: "The endpoint has not said within three hours how the rehearsal went. Ask again when it is connected.",
        failureClass: "interrupted",
        terminal: true,
      },
      GATEWAY,
    );
}

/** Rehearsals whose command can no longer begin: nobody knows anything of the patch by them. */
export async function expireRehearsals(tx: Db, at: Instant, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const rows = await tx
    .select({ id: rehearsal.id, endpointId: rehearsal.endpointId })
    .from(rehearsal)
    .where(and(inArray(rehearsal.id, [...ids]), eq(rehearsal.state, "requested")));
  for (const row of rows)
    await settleRehearsal(
      tx,
      at,
      row.endpointId,
      {
        executionId: row.id,
        state: "refused",
        message: "The endpoint did not begin within the hour.",
        failureClass: "expired",
        terminal: true,
      },
      GATEWAY,
    );
}
