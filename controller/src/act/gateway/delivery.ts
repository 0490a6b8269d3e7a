import { addMs, type Clock, formatInstant } from "@breakwater/shared/core";
import type { Command } from "@breakwater/shared/wire";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, recordEvents, rowsOf, type Store } from "../../store/index.ts";
import { expireRehearsals, GATEWAY, giveUpRehearsals, settleRehearsal } from "../rehearsal/index.ts";
import { TIMES } from "./limits.ts";
import { wireCommand } from "./wire-command.ts";

/** Commands leased in one round, so that one round's transaction stays short. */
const ROUND = 200;

const leasedSchema = z.array(
  z.object({
    id: z.coerce.string(),
    execution_id: z.string(),
    endpoint_id: z.string(),
    payload: z.instanceof(Uint8Array),
  }),
);
const expiredSchema = z.array(z.object({ execution_id: z.string(), endpoint_id: z.string(), kind: z.string(), delivered: z.boolean() }));

/** Hands a command to an endpoint's live stream: "gone" when there is none any more, "too-old" when its agent does not know such a command. */
export type SendCommand = (endpointId: string, command: Command) => "sent" | "gone" | "too-old";

/**
 * Brings commands from the outbox to connected endpoints. A row is leased while its first report is awaited, so any
 * replica may deliver and none delivers twice at once; a lease that runs out means that it is sent again. Rows of
 * endpoints without a stream here (simulated ones, other replicas') are left alone.
 */
export function createDelivery(store: Store, clock: Clock) {
  const { db } = store;
  return {
    /** @returns how many commands were sent */
    async deliver(connected: readonly string[], send: SendCommand): Promise<number> {
      if (connected.length === 0) return 0;
      let sent = 0;
      for (;;) {
        const leased = await lease(db, clock, connected);
        const told = leased.map((row) => ({ row, came: send(row.endpoint_id, wireCommand(row.execution_id, row.payload)) }));
        const those = (came: ReturnType<SendCommand>) => told.filter((t) => t.came === came).map((t) => t.row);
        await markDelivered(db, clock, idsOf(those("sent")));
        await giveBack(db, idsOf(those("gone")));
        await endUnknown(store, clock, those("too-old"));
        sent += those("sent").length;
        if (leased.length < ROUND || those("gone").length > 0) return sent;
      }
    },

    /** A new stream: what was sent on an older one of this endpoint and not answered is sent again at once. */
    async renewFor(endpointId: string): Promise<void> {
      await db.execute(sql`
        update command_outbox set lease_until = null where endpoint_id = ${endpointId} and done_at is null and lease_until is not null`);
    },

    /** Ends what may not begin any more. Its agent would refuse it; the engine learns it from the event. */
    async expire(): Promise<number> {
      return db.transaction(async (tx) => {
        const at = clock.now();
        const rows = expiredSchema.parse(
          rowsOf(
            await tx.execute(sql`
              update command_outbox set done_at = ${formatInstant(at)}::timestamptz
              where done_at is null and not_after <= ${formatInstant(at)}::timestamptz
                and not exists (select 1 from endpoint where endpoint.id = command_outbox.endpoint_id and endpoint.simulated)
              returning execution_id, endpoint_id, kind, delivered_at is not null as delivered`),
          ),
        );
        await expireRehearsals(
          tx as Db,
          at,
          rows.filter((r) => r.kind === "rehearse").map((r) => r.execution_id),
        );
        await giveUpRehearsals(tx as Db, at);
        await recordEvents(
          tx as Db,
          rows.map((row) => ({
            at,
            type: "command.expired",
            actor: GATEWAY,
            subject: `execution:${row.execution_id}`,
            data: { executionId: row.execution_id, endpointId: row.endpoint_id, kind: row.kind, delivered: row.delivered },
          })),
        );
        return rows.length;
      });
    },
  };
}

type Leased = z.infer<typeof leasedSchema>[number];
const idsOf = (rows: readonly Leased[]) => rows.map((row) => row.id);

/** Commands that an elder agent would not understand end here, in words, rather than in silence. */
async function endUnknown(store: Store, clock: Clock, rows: readonly Leased[]): Promise<void> {
  if (rows.length === 0) return;
  await store.db.transaction(async (tx) => {
    const at = clock.now();
    await tx.execute(sql`
      update command_outbox set done_at = ${formatInstant(at)}::timestamptz
      where id in (select unnest(${sql.param(idsOf(rows))}::text[])::bigint)`);
    for (const row of rows)
      await settleRehearsal(
        tx as Db,
        at,
        row.endpoint_id,
        {
          executionId: row.execution_id,
          state: "refused",
          message: "The endpoint's agent is of an elder generation, which knows no rehearsals. Upgrade the agent.",
          failureClass: "agent-too-old",
          terminal: true,
        },
        GATEWAY,
      );
  });
}

async function lease(db: Db, clock: Clock, connected: readonly string[]) {
  const now = formatInstant(clock.now());
  const until = formatInstant(addMs(clock.now(), TIMES.commandLease));
  const rows = await db.execute(sql`
    with due as (
      select id from command_outbox
      where done_at is null and not_after > ${now}::timestamptz and (lease_until is null or lease_until <= ${now}::timestamptz)
        and endpoint_id in (select unnest(${sql.param([...connected])}::text[]))
      order by id limit ${ROUND} for update skip locked)
    update command_outbox set lease_until = ${until}::timestamptz from due where command_outbox.id = due.id
    returning command_outbox.id::text as id, execution_id, endpoint_id, payload`);
  // RETURNING promises no order, and a cancel must not overtake its apply.
  return leasedSchema.parse(rowsOf(rows)).sort((a, b) => Number(a.id) - Number(b.id));
}

async function markDelivered(db: Db, clock: Clock, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await db.execute(sql`
    update command_outbox set delivered_at = coalesce(delivered_at, ${formatInstant(clock.now())}::timestamptz)
    where id in (select unnest(${sql.param([...ids])}::text[])::bigint)`);
}

async function giveBack(db: Db, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await db.execute(sql`update command_outbox set lease_until = null where id in (select unnest(${sql.param([...ids])}::text[])::bigint)`);
}
