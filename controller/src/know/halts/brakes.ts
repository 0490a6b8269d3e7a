import { haltConcerns, haltIsOver, parseOrder } from "@breakwater/shared/command";
import { addMs, formatInstant, type Instant } from "@breakwater/shared/core";
import { z } from "zod";

const line = (max: number) => z.string().max(max);
const count = z.number().int().min(0);

/** What holds an endpoint's executor back, as it said last; stored in `endpoint.brakes`. */
export const brakesSchema = z.object({
  halts: z.array(z.object({ digest: line(64), order: line(8_192), via: line(20), receivedAt: line(40) })).max(1_000),
  lifted: z.array(line(64)).max(200),
  refused: z.array(z.object({ at: line(40), code: line(64), message: line(2_000), via: line(20) })).max(20),
  problem: line(2_000),
  fuse: z
    .object({
      perHour: count,
      perDay: count,
      appliesHour: count,
      appliesDay: count,
      rollbacksHour: count,
      rollbacksDay: count,
      opensInSeconds: count,
    })
    .nullable(),
});
export type Brakes = z.infer<typeof brakesSchema>;

/** The halts that stand, read: an endpoint's own words are believed of itself and of nobody else. */
export const standingOf = (brakes: Brakes, now: Instant) =>
  brakes.halts.flatMap(({ digest, order, via, receivedAt }) => {
    const read = parseOrder(order);
    if (!read.ok || read.value.statement.kind !== "halt" || haltIsOver(read.value.statement, now)) return [];
    return [{ digest, via, receivedAt, keyId: read.value.keyId, statement: read.value.statement }];
  });

export interface Braked {
  readonly why: string;
  /** When it ends by itself. */
  readonly until: Instant | undefined;
}

/** Why an endpoint would refuse a change under this plan now; undefined when nothing of its own holds it. */
export function brakedBy(
  brakes: Brakes,
  saidAt: Instant,
  endpointId: string,
  planDigest: string | undefined,
  now: Instant,
): Braked | undefined {
  if (brakes.problem !== "") return { why: `they begin nothing: ${brakes.problem}`, until: undefined };
  const halt = standingOf(brakes, now).find((h) => haltConcerns(h.statement, endpointId, planDigest));
  if (halt) {
    const { scope, reason, expiresAt } = halt.statement;
    return {
      why: `a halt that an operator signed stands on them (${halt.digest.slice(0, 12)}, ${scope}${reason ? `: ${reason}` : ""}).`,
      until: expiresAt === undefined ? undefined : (Date.parse(expiresAt) as Instant),
    };
  }
  const opensAt = addMs(saidAt, (brakes.fuse?.opensInSeconds ?? 0) * 1_000);
  // Running time and time are the same on a machine that stays on; one that was off says so when it comes back.
  if (brakes.fuse && opensAt > now)
    return {
      why: `they have made as many changes as their owner allows (${brakes.fuse.perHour} an hour, ${brakes.fuse.perDay} a day); the next at ${formatInstant(opensAt)}.`,
      until: opensAt,
    };
  return undefined;
}
