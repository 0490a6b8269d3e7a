import {
  haltConcerns,
  haltDigest,
  haltIsOver,
  type OperatorKey,
  parseOrder,
  type SignedOrder,
  verifyOrder,
} from "@breakwater/shared/command";
import { type Clock, fail, formatInstant, type Instant, ok, type Result } from "@breakwater/shared/core";
import { and, eq, isNull, sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, type DomainEvent, recordEvents, rowsOf, type Store, schema } from "../../store/index.ts";
import { type Braked, type Brakes, brakedBy, brakesSchema, standingOf } from "./brakes.ts";

const { approvalKey, endpoint, halt } = schema;
type HaltRow = typeof halt.$inferSelect;

/** Halts that were signed elsewhere: taken in, told of, and carried to endpoints. Whether one counts is the endpoints' to say. */
export function createHalts({ store, clock }: { store: Store; clock: Clock }) {
  const { db } = store;

  async function take(tx: Db, order: SignedOrder, actor: string): Promise<Result<{ kind: "halt" | "lift"; digest: string }>> {
    const trusted = verifyOrder(order, await keysOf(tx));
    if (!trusted.ok) return trusted;
    const [now, { statement }] = [clock.now(), order];
    const text = JSON.stringify(order);
    if (statement.kind === "lift") {
      const [row] = await tx
        .update(halt)
        .set({ liftOrder: text, liftedAt: formatInstant(now), liftedBy: actor })
        .where(and(eq(halt.digest, statement.halt), isNull(halt.liftedAt)))
        .returning();
      if (!row) {
        const [known] = await tx.select().from(halt).where(eq(halt.digest, statement.halt));
        if (known) return ok({ kind: "lift", digest: statement.halt });
        return fail({
          code: "unknown-halt",
          message: `No halt ${statement.halt.slice(0, 12)} is known here.`,
          next: "Hand in the halt first.",
        });
      }
      await recordEvents(tx, [event(now, "halt.lifted", actor, statement.halt, { keyId: order.keyId, reason: statement.reason })]);
      return ok({ kind: "lift", digest: statement.halt });
    }
    const digest = haltDigest(statement);
    if (haltIsOver(statement, now)) return fail({ code: "halt-over", message: `The halt was over at ${statement.expiresAt}.` });
    const added = await tx
      .insert(halt)
      .values({
        ...{ digest, order: text, scope: statement.scope, reason: statement.reason, keyId: order.keyId, issuedAt: statement.issuedAt },
        ...{ expiresAt: statement.expiresAt ?? null, takenAt: formatInstant(now), takenBy: actor },
      })
      .onConflictDoNothing()
      .returning();
    if (added.length > 0) {
      const { scope, reason, expiresAt = null } = statement;
      await recordEvents(tx, [event(now, "halt.taken", actor, digest, { scope, reason, expiresAt, keyId: order.keyId })]);
      return ok({ kind: "halt", digest });
    }
    const [known] = await tx.select().from(halt).where(eq(halt.digest, digest));
    if (known?.liftedAt) return fail({ code: "halt-replayed", message: `The halt ${digest.slice(0, 12)} was lifted already.` });
    return ok({ kind: "halt", digest });
  }

  /** Halts that are in force, and lifts of those that might still stand somewhere. */
  const inForce = async (tx: Db): Promise<HaltRow[]> => {
    const now = formatInstant(clock.now());
    return tx.select().from(halt).where(sql`${halt.expiresAt} is null or ${halt.expiresAt} > ${now}::timestamptz`);
  };

  return {
    /** Takes in a signed halt or lift. Problems: halt-malformed, -untrusted, -forged, -over, -replayed, unknown-halt. */
    async take(text: string, actor: string): Promise<Result<{ kind: "halt" | "lift"; digest: string }>> {
      const order = parseOrder(text);
      if (!order.ok) return order;
      return db.transaction((tx) => take(tx as Db, order.value, actor));
    },

    /** Newest first. */
    list: (): Promise<HaltRow[]> => db.select().from(halt).orderBy(sql`${halt.takenAt} desc, ${halt.digest}`).limit(500),

    /** The lift of a halt where there is one, else the halt itself. */
    async latestOrder(digest: string): Promise<string | undefined> {
      const [row] = await db.select().from(halt).where(eq(halt.digest, digest));
      return row && (row.liftOrder ?? row.order);
    },

    /** Orders that an endpoint should have and, by what it says of itself, has not. */
    async missingOn(endpointId: string, said: Brakes): Promise<string[]> {
      const [standing, lifted] = [new Set(said.halts.map((h) => h.digest)), new Set(said.lifted)];
      return (await inForce(db)).flatMap((row) => {
        const order = parseOrder(row.order);
        if (!order.ok || order.value.statement.kind !== "halt") return [];
        if (row.liftOrder !== null) return standing.has(row.digest) ? [row.liftOrder] : [];
        const concerned = row.scope.startsWith("plan:") || haltConcerns(order.value.statement, endpointId, undefined);
        return concerned && !standing.has(row.digest) && !lifted.has(row.digest) ? [row.order] : [];
      });
    },

    /** Records what an endpoint says of its brakes, tells what is new of it, and takes in what was brought to it by hand. */
    async takeBrakes(endpointId: string, said: Brakes): Promise<void> {
      await db.transaction(async (raw) => {
        const tx = raw as Db;
        const now = clock.now();
        const [row] = await tx.select({ brakes: endpoint.brakes }).from(endpoint).where(eq(endpoint.id, endpointId)).for("update");
        if (!row) return;
        const before = brakesSchema.safeParse(row.brakes);
        await tx
          .update(endpoint)
          .set({ brakes: said, brakesAt: formatInstant(now) })
          .where(eq(endpoint.id, endpointId));
        await recordEvents(tx, newsOf(before.success ? before.data : undefined, said, endpointId, now));
        for (const { order } of said.halts) {
          const read = parseOrder(order);
          // An endpoint can bring a halt to light, as its signature is proof enough; it can make up none.
          if (read.ok) await take(tx, read.value, `endpoint:${endpointId}`);
        }
      });
    },
  };
}
export type Halts = ReturnType<typeof createHalts>;

/** Endpoints that would refuse a change under this plan, by what they said last. */
export async function brakedEndpoints(
  db: Db,
  endpointIds: readonly string[],
  planDigest: string,
  now: Instant,
): Promise<Map<string, Braked>> {
  const rows = brakesRows.parse(
    rowsOf(
      await db.execute(sql`
        select id, brakes, (extract(epoch from brakes_at) * 1000)::bigint::text as said_at from endpoint
        where brakes is not null and id in (select unnest(${sql.param([...endpointIds])}::text[]))`),
    ),
  );
  return new Map(
    rows.flatMap(({ id, brakes, said_at }) => {
      const braked = brakedBy(brakes, said_at as Instant, id, planDigest, now);
      return braked ? [[id, braked] as const] : [];
    }),
  );
}

const brakesRows = z.array(
  z.object({
    id: z.string(),
    brakes: z.preprocess((v) => (typeof v === "string" ? JSON.parse(v) : v), brakesSchema),
    said_at: z.coerce.number(),
  }),
);

async function keysOf(tx: Db): Promise<OperatorKey[]> {
  const rows = await tx.select().from(approvalKey).where(isNull(approvalKey.revokedAt));
  return rows.map(({ keyId, publicKey, owner, passkey }) => ({ keyId, publicKey, owner, ...(passkey ? { passkey } : {}) }));
}

const event = (at: Instant, type: string, actor: string, digest: string, data: Record<string, unknown>): DomainEvent => ({
  ...{ at, type, actor, data },
  subject: `halt:${digest}`,
});

function newsOf(before: Brakes | undefined, said: Brakes, endpointId: string, at: Instant): DomainEvent[] {
  const subject = `endpoint:${endpointId}`;
  const tell = (type: string, data: Record<string, unknown>): DomainEvent => ({ at, type, actor: subject, subject, data });
  const [then, now] = [before ? standingOf(before, at) : [], standingOf(said, at)];
  const has = (list: typeof now, digest: string) => list.some((h) => h.digest === digest);
  const known = new Set(before?.refused.map((r) => `${r.at} ${r.code} ${r.message}`));
  const blown = (b: Brakes | undefined) => (b?.fuse?.opensInSeconds ?? 0) > 0;
  return [
    ...now
      .filter((h) => !has(then, h.digest))
      .map((h) => tell("endpoint.halted", { digest: h.digest, via: h.via, scope: h.statement.scope, reason: h.statement.reason })),
    ...then.filter((h) => !has(now, h.digest)).map((h) => tell("endpoint.halt-ended", { digest: h.digest })),
    ...said.refused.filter((r) => !known.has(`${r.at} ${r.code} ${r.message}`)).map((r) => tell("endpoint.halt-refused", { ...r })),
    ...(blown(said) && !blown(before) ? [tell("endpoint.fuse-blown", { ...said.fuse })] : []),
    ...(said.problem !== "" && said.problem !== before?.problem ? [tell("endpoint.brakes-damaged", { problem: said.problem })] : []),
  ];
}
