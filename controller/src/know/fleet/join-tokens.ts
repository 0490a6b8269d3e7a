import { createHash, randomBytes } from "node:crypto";
import {
  addMs,
  type Clock,
  fail,
  formatInstant,
  type Instant,
  instant,
  newId,
  ok,
  type Problem,
  type Result,
} from "@breakwater/shared/core";
import { and, desc, eq, gt, isNull, sql } from "drizzle-orm";
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { z } from "zod";
import { type Db, recordEvents, type Store, schema } from "../../store/index.ts";
import { nameSchema, tagsSchema } from "./endpoint.ts";
import { checkPlacement, DEFAULT_SITE } from "./groups.ts";
import { fleetProblem } from "./problems.ts";

const { joinToken } = schema;

/** Failures per source address and minute after which it has to wait: 256-bit secrets need no more than this against guessing. */
const FAILURES_PER_MINUTE = 10;
const DAY_MS = 86_400_000;

export const joinTokenInputSchema = z.strictObject({
  uses: z.number().int().min(1).max(10_000).default(1),
  expiresInMs: z
    .number()
    .int()
    .min(60_000)
    .max(90 * DAY_MS)
    .default(DAY_MS),
  tags: tagsSchema.default([]),
  site: nameSchema.default(DEFAULT_SITE),
});
export type JoinTokenInput = z.input<typeof joinTokenInputSchema>;

/** A token as it is kept: its secret is known only to whom it was given. */
export interface JoinToken {
  readonly id: string;
  readonly createdBy: string;
  readonly createdAt: Instant;
  readonly expiresAt: Instant;
  readonly usesLeft: number;
  readonly tags: readonly string[];
  readonly site: string;
  readonly revokedAt?: Instant;
}

export function joinTokenOperations(store: Store, clock: Clock) {
  const { db } = store;
  const failures = new RateLimiterMemory({ points: FAILURES_PER_MINUTE, duration: 60 });

  /** Runs one attempt to join; failures for want of a valid token count against its source. */
  async function throttled<T>(source: string, attempt: () => Promise<Result<T>>): Promise<Result<T>> {
    const before = await failures.get(source);
    if (before && before.consumedPoints >= FAILURES_PER_MINUTE) return fail(fleetProblem.tokenThrottled(before.msBeforeNext));
    const result = await attempt();
    if (!result.ok && result.problem.code.startsWith("token-")) await failures.consume(source).catch(onlyLimits);
    return result;
  }

  return {
    throttled,
    tokens: {
      /** @returns the secret, this once; only its hash is stored. */
      async createJoinToken(input: JoinTokenInput & { readonly actor: string }): Promise<Result<{ secret: string; token: JoinToken }>> {
        const { actor, ...rest } = input;
        const parsed = joinTokenInputSchema.safeParse(rest);
        if (!parsed.success) return fail(fleetProblem.invalid("The join token cannot be created", parsed.error));
        const { uses, expiresInMs, tags, site } = parsed.data;
        const secret = `bwjoin_${randomBytes(32).toString("base64url")}`;
        return db.transaction(async (tx): Promise<Result<{ secret: string; token: JoinToken }>> => {
          const placed = await checkPlacement(tx as Db, site, undefined);
          if (!placed.ok) return placed;
          const at = clock.now();
          const token: JoinToken = {
            id: newId<string>("jt"),
            createdBy: actor,
            createdAt: at,
            expiresAt: addMs(at, expiresInMs),
            usesLeft: uses,
            tags,
            site,
          };
          await tx.insert(joinToken).values({
            id: token.id,
            secretHash: hashOf(secret),
            createdBy: actor,
            createdAt: formatInstant(at),
            expiresAt: formatInstant(token.expiresAt),
            usesLeft: uses,
            tags,
            site,
          });
          await recordEvents(tx as Db, [
            {
              at,
              type: "join-token.created",
              actor,
              subject: `join-token:${token.id}`,
              data: { uses, expiresAt: formatInstant(token.expiresAt), tags, site },
            },
          ]);
          return ok({ secret, token });
        });
      },

      async listJoinTokens(): Promise<JoinToken[]> {
        return (await db.select().from(joinToken).orderBy(desc(joinToken.createdAt))).map(toToken);
      },

      async revokeJoinToken(id: string, actor: string): Promise<Result<null>> {
        return db.transaction(async (tx): Promise<Result<null>> => {
          const at = clock.now();
          const rows = await tx
            .update(joinToken)
            .set({ revokedAt: sql`coalesce(${joinToken.revokedAt}, ${formatInstant(at)}::timestamptz)` })
            .where(eq(joinToken.id, id))
            .returning();
          if (rows.length === 0) return fail(fleetProblem.tokenUnknown());
          await recordEvents(tx as Db, [{ at, type: "join-token.revoked", actor, subject: `join-token:${id}`, data: {} }]);
          return ok(null);
        });
      },

      /** Spends one use. `source` is the peer's address: failures are counted by it. */
      redeemJoinToken: (secret: string, source = "local"): Promise<Result<JoinToken>> =>
        throttled(source, () => db.transaction((tx) => spendToken(tx as Db, clock.now(), secret))),
    },
  };
}

/** One statement decides, so that two machines can never share a last use. */
export async function spendToken(tx: Db, at: Instant, secret: string): Promise<Result<JoinToken>> {
  const bySecret = eq(joinToken.secretHash, hashOf(secret));
  const [spent] = await tx
    .update(joinToken)
    .set({ usesLeft: sql`${joinToken.usesLeft} - 1` })
    .where(and(bySecret, gt(joinToken.usesLeft, 0), isNull(joinToken.revokedAt), gt(joinToken.expiresAt, formatInstant(at))))
    .returning();
  if (spent) return ok(toToken(spent));
  const [row] = await tx.select().from(joinToken).where(bySecret);
  return fail(whyNot(row, at));
}

function whyNot(row: typeof joinToken.$inferSelect | undefined, at: Instant): Problem {
  if (!row) return fleetProblem.tokenUnknown();
  if (row.revokedAt !== null) return fleetProblem.tokenRevoked();
  const expires = Date.parse(row.expiresAt);
  return expires <= at ? fleetProblem.tokenExpired(formatInstant(instant(expires))) : fleetProblem.tokenUsed();
}

function toToken(row: typeof joinToken.$inferSelect): JoinToken {
  return {
    id: row.id,
    createdBy: row.createdBy,
    createdAt: instant(Date.parse(row.createdAt)),
    expiresAt: instant(Date.parse(row.expiresAt)),
    usesLeft: row.usesLeft,
    tags: row.tags,
    site: row.site,
    ...(row.revokedAt === null ? {} : { revokedAt: instant(Date.parse(row.revokedAt)) }),
  };
}

const hashOf = (secret: string): string => createHash("sha256").update(secret).digest("hex");

/** The limiter rejects with its own result once the limit is reached; anything else is a fault. */
function onlyLimits(cause: unknown): void {
  if (!(cause instanceof RateLimiterRes)) throw cause;
}
