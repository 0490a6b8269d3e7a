import {
  formatOrder,
  type HaltStatement,
  haltConcerns,
  haltDigest,
  haltIsOver,
  type OperatorKey,
  orderSchema,
  parseOrder,
  type SignedOrder,
  verifyOrder,
} from "@breakwater/shared/command";
import { type Clock, fail, formatInstant, ok, type Result } from "@breakwater/shared/core";
import * as z from "zod";
import { readDurable, writeDurably } from "./root-file.ts";

export const HALTS_FILE = "halts.json";
/** Each of them was signed by a pinned key, so this many is a mistake or a stolen key. */
const MAX_HALTS = 1_000;

export const VIAS = ["controller", "hand", "file"] as const;
export type Via = (typeof VIAS)[number];

const stateSchema = z.strictObject({
  version: z.literal(1),
  halts: z.array(z.strictObject({ digest: z.string(), order: orderSchema, via: z.enum(VIAS), receivedAt: z.string() })),
  /** For ever: a halt that was lifted must never stand again, whoever brings it. */
  lifted: z.array(z.strictObject({ digest: z.string(), order: orderSchema, via: z.enum(VIAS), receivedAt: z.string() })),
});
type State = z.infer<typeof stateSchema>;

/** A halt that this endpoint heeds. */
export interface StandingHalt {
  readonly digest: string;
  readonly statement: HaltStatement;
  readonly order: SignedOrder;
  readonly via: Via;
  readonly receivedAt: string;
}

export interface TakenOrder {
  readonly kind: "halt" | "lift";
  /** Of the halt that it makes or ends. */
  readonly digest: string;
  /** False when it was known already. */
  readonly news: boolean;
}

/**
 * The halts of this endpoint, on disk before they are acknowledged. A file that cannot be read holds everything back: it may
 * have held a halt.
 */
export function createHalts(path: string, clock: Clock) {
  const read = readDurable(path, stateSchema);
  const damaged = read === "damaged";
  let state: State = read === undefined || read === "damaged" ? { version: 1, halts: [], lifted: [] } : read;

  const keep = (next: State): void => {
    writeDurably(path, next);
    state = next;
  };
  const isLifted = (digest: string) => state.lifted.some((l) => l.digest === digest);
  const standing = (): StandingHalt[] =>
    state.halts.flatMap((h) => {
      const { statement } = h.order;
      return statement.kind === "halt" && !isLifted(h.digest) && !haltIsOver(statement, clock.now()) ? [{ ...h, statement }] : [];
    });

  function take(order: SignedOrder, via: Via, endpointId: string): Result<TakenOrder> {
    const { statement } = order;
    const entry = (digest: string) => ({ digest, order, via, receivedAt: formatInstant(clock.now()) });
    if (statement.kind === "lift") {
      const digest = statement.halt;
      if (isLifted(digest)) return ok({ kind: "lift", digest, news: false });
      // Also of a halt that has not come so far: it must find its end here when it does.
      keep({ ...state, halts: state.halts.filter((h) => h.digest !== digest), lifted: [...state.lifted, entry(digest)] });
      return ok({ kind: "lift", digest, news: true });
    }
    const digest = haltDigest(statement);
    if (isLifted(digest)) return fail({ code: "halt-replayed", message: `The halt ${digest.slice(0, 12)} was lifted here already.` });
    if (haltIsOver(statement, clock.now()))
      return fail({ code: "halt-over", message: `The halt ${digest.slice(0, 12)} was over at ${statement.expiresAt}.` });
    if (statement.scope.startsWith("endpoint:") && !haltConcerns(statement, endpointId, undefined))
      return fail({
        code: "halt-elsewhere",
        message: `The halt is for ${statement.scope}, this is endpoint ${endpointId || "(not enrolled)"}.`,
      });
    if (state.halts.some((h) => h.digest === digest)) return ok({ kind: "halt", digest, news: false });
    const { halts } = state;
    // What is over is left out for room alone: a clock that is wrong today may be right tomorrow.
    const rest =
      halts.length < MAX_HALTS
        ? halts
        : halts.filter((h) => h.order.statement.kind === "halt" && !haltIsOver(h.order.statement, clock.now()));
    if (rest.length >= MAX_HALTS) return fail({ code: "halt-limit", message: `${MAX_HALTS} halts stand here already.` });
    keep({ ...state, halts: [...rest, entry(digest)] });
    return ok({ kind: "halt", digest, news: true });
  }

  return {
    /** Takes a signed order, durably. Refusals: halt-malformed, -untrusted, -forged, -replayed, -over, -elsewhere, -limit. */
    take(text: string, keys: readonly OperatorKey[], via: Via, endpointId: string): Result<TakenOrder> {
      const order = parseOrder(text);
      if (!order.ok) return order;
      const trusted = verifyOrder(order.value, keys);
      if (!trusted.ok) return trusted;
      if (damaged) return fail({ code: "halt-damaged", message: PROBLEM });
      return take(order.value, via, endpointId);
    },
    standing,
    lifted: (): readonly string[] => state.lifted.map((l) => l.digest),
    get problem(): string {
      return damaged ? PROBLEM : "";
    },
    /** The first halt that a command under this plan meets. */
    onPlan: (planDigest: string): StandingHalt | undefined =>
      standing().find((h) => !h.statement.scope.startsWith("plan:") || haltConcerns(h.statement, "", planDigest)),
  };
}

const PROBLEM = "What is kept of halts cannot be read, and may have held one; root looks at halts.json in the executor's directory.";

/** A standing halt in one sentence. */
export const describeHalt = ({ digest, statement, order }: StandingHalt): string =>
  `Halted by a signed order (${digest.slice(0, 12)}, key ${order.keyId}, ${statement.scope}, since ${statement.issuedAt}${
    statement.expiresAt ? ` until ${statement.expiresAt}` : ""
  })${statement.reason ? `: ${statement.reason}` : "."}`;

export const orderText = ({ order }: StandingHalt): string => formatOrder(order);
