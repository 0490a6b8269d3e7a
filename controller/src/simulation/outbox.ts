import { formatInstant, type Instant } from "@breakwater/shared/core";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { decodeOutboxCommand, type OutboxCommand } from "../act/rollout/index.ts";
import type { Store } from "../store/index.ts";

/** A command for a simulated endpoint. */
export interface SimulatedCommand {
  readonly executionId: string;
  readonly endpointId: string;
  readonly command: OutboxCommand;
}

const commandRows = z.array(
  z.object({ id: z.coerce.number(), execution_id: z.string(), endpoint_id: z.string(), payload: z.instanceof(Uint8Array) }),
);
const storedRows = z.array(
  z.object({
    id: z.coerce.number(),
    execution_id: z.string(),
    endpoint_id: z.string(),
    payload: z.instanceof(Uint8Array),
    steps: z.coerce.number(),
    last_state: z.string().nullable(),
    last_at: z.coerce.number().nullable(),
    delivered: z.boolean(),
  }),
);

/** Takes commands for simulated endpoints out of the outbox, as the gateway does for connected ones. */
export async function collectCommands(store: Store, now: Instant): Promise<SimulatedCommand[]> {
  const at = formatInstant(now);
  const result = await store.db.execute(sql`
    update command_outbox o set delivered_at = ${at}::timestamptz from endpoint e
    where e.id = o.endpoint_id and e.simulated and o.done_at is null and o.delivered_at is null and o.not_after > ${at}::timestamptz
    returning o.id::text as id, o.execution_id, o.endpoint_id, o.payload`);
  const rows = commandRows.parse(rowsOf(result)).sort((a, b) => a.id - b.id);
  return rows.map((row) => ({ executionId: row.execution_id, endpointId: row.endpoint_id, command: decodeOutboxCommand(row.payload) }));
}

export interface StoredCommand extends SimulatedCommand {
  /** Steps that were reported. */
  readonly steps: number;
  readonly lastState: string | null;
  readonly lastAt: Instant | null;
}

/** Every command that was ever handed to a simulated endpoint, oldest first, with how far it got: what their journals would say after a restart. */
export async function deliveredCommands(store: Store): Promise<StoredCommand[]> {
  const result = await store.db.execute(sql`
    select o.id::text as id, o.execution_id, o.endpoint_id, o.payload, o.delivered_at is not null as delivered,
      coalesce(r.step, 0) as steps, r.state as last_state, (extract(epoch from r.at) * 1000)::bigint::text as last_at
    from command_outbox o join endpoint e on e.id = o.endpoint_id and e.simulated
    left join lateral (select step, state, at from execution_report where execution_id = o.execution_id order by step desc limit 1) r on true
    where o.delivered_at is not null order by o.id`);
  return storedRows.parse(rowsOf(result)).map((row) => ({
    executionId: row.execution_id,
    endpointId: row.endpoint_id,
    command: decodeOutboxCommand(row.payload),
    steps: row.steps,
    lastState: row.last_state,
    lastAt: row.last_at as Instant | null,
  }));
}

const rowsOf = (result: unknown): unknown[] => (Array.isArray(result) ? [...result] : (result as { rows: unknown[] }).rows);
