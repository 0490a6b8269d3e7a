import { haltConcerns, parseOrder } from "@breakwater/shared/command";
import type { Instant } from "@breakwater/shared/core";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { brakesSchema, type Halts, standingOf } from "../../../know/halts/index.ts";
import type { Db } from "../../../store/index.ts";
import { iso, isoOrNull } from "../moments.ts";
import type { endpointBrakesSchema, haltSchema } from "../schemas/index.ts";
import { json, momentOrNull, select } from "./select.ts";

/** Endpoints that are named for a halt; beyond that they are counted. */
const MAX_NAMED = 50;

const endpointRow = z.object({
  id: z.string(),
  hostname: z.string(),
  connected: z.boolean(),
  capabilities: json(z.array(z.string())),
  brakes: json(z.unknown()),
});

/** Every halt with where it stands and where not, by what endpoints said of themselves. Simulated endpoints have none. */
export async function listHalts(db: Db, halts: Halts, now: Instant): Promise<z.infer<typeof haltSchema>[]> {
  const known = await halts.list();
  // Most of the time there is none, and every page asks.
  if (known.length === 0) return [];
  const endpoints = (
    await select(
      db,
      endpointRow,
      sql`select id, hostname, connected, capabilities, brakes from endpoint where revoked_at is null and not simulated order by hostname, id`,
    )
  ).map((e) => ({ ...e, digests: digestsOf(e.brakes, now) }));
  return known.map((row) => {
    const read = parseOrder(row.order);
    const statement = read.ok && read.value.statement.kind === "halt" ? read.value.statement : undefined;
    const over = row.expiresAt !== null && Date.parse(row.expiresAt) <= now;
    const state = row.liftedAt !== null ? "lifted" : over ? "over" : "standing";
    const concerned = endpoints.filter((e) => statement && (row.scope.startsWith("plan:") || haltConcerns(statement, e.id, undefined)));
    const missing = state === "standing" ? concerned.filter((e) => !e.digests.has(row.digest)) : [];
    return {
      ...{ digest: row.digest, scope: row.scope, reason: row.reason, keyId: row.keyId, order: row.order, takenBy: row.takenBy, state },
      ...{ issuedAt: iso(row.issuedAt), expiresAt: isoOrNull(row.expiresAt), takenAt: iso(row.takenAt), liftedAt: isoOrNull(row.liftedAt) },
      standingOn: concerned.filter((e) => e.digests.has(row.digest)).length,
      missing: missing.length,
      missingOn: missing.slice(0, MAX_NAMED).map((e) => ({ endpointId: e.id, hostname: e.hostname, why: whyMissing(e) })),
    };
  });
}

function whyMissing(e: { connected: boolean; capabilities: readonly string[]; brakes: unknown }): string {
  if (!e.capabilities.includes("halt")) return "Its agent is too old to know of halts: upgrade it, or stop the plan.";
  if (!e.connected) return "It is not connected. Bring the order by hand: breakwater-agent halt FILE";
  return "It has not said that it stands there: the signing key may not be pinned.";
}

function digestsOf(brakes: unknown, now: Instant): Set<string> {
  const read = brakesSchema.safeParse(brakes);
  return new Set(read.success ? standingOf(read.data, now).map((h) => h.digest) : []);
}

const brakesRow = z.object({ brakes: json(z.unknown()), saidAt: momentOrNull });

/** What one endpoint said of its brakes. @returns null when it never did */
export async function readBrakes(db: Db, endpointId: string, now: Instant): Promise<z.infer<typeof endpointBrakesSchema> | null> {
  const [row] = await select(db, brakesRow, sql`select brakes, brakes_at as "saidAt" from endpoint where id = ${endpointId}`);
  const read = brakesSchema.safeParse(row?.brakes);
  if (!read.success || !row?.saidAt) return null;
  const { refused, problem, fuse } = read.data;
  const halts = standingOf(read.data, now).map(({ digest, via, receivedAt, keyId, statement }) => ({
    ...{ digest, via, receivedAt, keyId },
    scope: statement.scope,
    reason: statement.reason,
    issuedAt: statement.issuedAt,
    expiresAt: statement.expiresAt ?? null,
  }));
  return { saidAt: row.saidAt, halts, refused, problem, fuse };
}
