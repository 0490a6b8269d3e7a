import { addMs, type Clock, type DurationMs, fail, formatInstant, ok, type Result } from "@breakwater/shared/core";
import { and, eq, isNull, lt, sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, recordEvents, type Store, schema } from "../../store/index.ts";
import { liveRow } from "./endpoints.ts";
import { identityColumns, identitySchema } from "./enrolment.ts";
import { fleetProblem } from "./problems.ts";

const { endpoint } = schema;

/** What an agent says when it connects. */
export const helloFactsSchema = z.object({
  /** The machine id stays what it was at enrolment. */
  identity: identitySchema,
  bootId: z.string().max(64),
  timezone: z.string().max(64),
  policyMode: z.enum(["observe", "rehearse", "patch"]),
  capabilities: z.array(z.string().max(64)).max(64),
  pinnedKeyIds: z.array(z.string().max(64)).max(64),
  /** The agent's clock less ours. */
  clockOffsetMs: z.number().int(),
});
export type HelloFacts = z.infer<typeof helloFactsSchema>;

export function connectionOperations(store: Store, clock: Clock) {
  const { db } = store;
  return {
    /** Records that an endpoint came (with what it says of itself) or went. Going twice is told once. */
    async setConnection(endpointId: string, connected: boolean, facts?: HelloFacts): Promise<Result<null>> {
      return db.transaction(async (tx): Promise<Result<null>> => {
        const row = await liveRow(tx as Db, endpointId);
        if (!row) return fail(fleetProblem.endpointUnknown(endpointId));
        const at = clock.now();
        await tx
          .update(endpoint)
          .set({ connected, lastSeenAt: formatInstant(at), ...(facts ? factColumns(facts) : {}) })
          .where(eq(endpoint.id, endpointId));
        if (row.connected !== connected || connected) {
          await recordEvents(tx as Db, [
            {
              at,
              type: connected ? "endpoint.connected" : "endpoint.disconnected",
              actor: `endpoint:${endpointId}`,
              subject: `endpoint:${endpointId}`,
              data: facts
                ? {
                    agentVersion: facts.identity.agentVersion,
                    rebooted: row.bootId !== "" && row.bootId !== facts.bootId,
                    policyMode: facts.policyMode,
                    clockOffsetMs: facts.clockOffsetMs,
                  }
                : {},
            },
          ]);
        }
        return ok(null);
      });
    },

    /** These endpoints hold a live stream now. */
    async touch(endpointIds: readonly string[]): Promise<void> {
      if (endpointIds.length === 0) return;
      await db.execute(sql`
        update endpoint set last_seen_at = ${formatInstant(clock.now())}::timestamptz, connected = true
        where id in (select unnest(${sql.param([...endpointIds])}::text[])) and revoked_at is null`);
    },

    /** Endpoints whose stream died with the controller that held it: nobody has touched them for this long. */
    async sweepSilent(olderThan: DurationMs): Promise<number> {
      return db.transaction(async (tx) => {
        const at = clock.now();
        const gone = await tx
          .update(endpoint)
          .set({ connected: false })
          .where(
            and(
              eq(endpoint.connected, true),
              eq(endpoint.simulated, false),
              isNull(endpoint.revokedAt),
              lt(endpoint.lastSeenAt, formatInstant(addMs(at, -olderThan))),
            ),
          )
          .returning({ id: endpoint.id });
        await recordEvents(
          tx as Db,
          gone.map(({ id }) => ({
            at,
            type: "endpoint.disconnected",
            actor: "gateway",
            subject: `endpoint:${id}`,
            data: { reason: "no controller holds its stream" },
          })),
        );
        return gone.length;
      });
    },

    /** Something about a session that a person should know, e.g. two machines with one key. */
    async tell(type: string, endpointId: string, data: Record<string, unknown>): Promise<void> {
      await db.transaction((tx) =>
        recordEvents(tx as Db, [{ at: clock.now(), type, actor: "gateway", subject: `endpoint:${endpointId}`, data }]),
      );
    },
  };
}

function factColumns(facts: HelloFacts) {
  const { machineId: _enrolled, ...columns } = identityColumns(facts.identity);
  return {
    ...columns,
    bootId: facts.bootId,
    timezone: facts.timezone,
    policyMode: facts.policyMode,
    capabilities: facts.capabilities,
    pinnedKeyIds: facts.pinnedKeyIds,
    clockOffsetMs: facts.clockOffsetMs,
  };
}
