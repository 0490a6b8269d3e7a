import type { Clock, Instant, Random } from "@breakwater/shared/core";
import { createLogger } from "@breakwater/shared/log";
import type { AgentMessage, WireInventory } from "@breakwater/shared/wire";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createInventorySync } from "../inventory/index.ts";
import { reconnectDelay } from "./backoff.ts";
import type { EnrolledIdentity } from "./enrolled-identity.ts";
import { createSession } from "./session.ts";
import type { Stream, StreamEnd, StreamHandlers } from "./stream.ts";
import { WELCOME } from "./testing.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const WEEK = 7 * 24 * HOUR;
const log = createLogger("test", "silent");

/** Chance with a seed (mulberry32): one seed gives one agent's life. */
function seeded(seed: number): Random {
  let state = Math.imul(seed, 0x9e3779b1);
  return {
    next() {
      state = (state + 0x6d2b79f5) | 0;
      let t = Math.imul(state ^ (state >>> 15), 1 | state);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    },
  };
}

/** A controller in virtual time, which is away, takes what it gets, or sends agents away. */
function network() {
  const attempts: number[] = [];
  const received: AgentMessage[] = [];
  let behave: "away" | "serves" | { readonly retryAfterMs: number } = "away";
  /** Messages that the line takes before it wants a pause. */
  let room = Number.POSITIVE_INFINITY;
  let most = 0;
  let close = () => {};
  const open = (_: EnrolledIdentity, __: unknown, handlers: StreamHandlers, clock: Clock): Stream => {
    attempts.push(clock.now());
    let inFlight = 0;
    let end: (end: StreamEnd) => void = () => {};
    const ended = new Promise<StreamEnd>((resolve) => {
      end = resolve;
    });
    const stopped = (kind: StreamEnd["kind"], retryAfterMs = 0) => end({ kind, reason: "", retryAfterMs, welcomedAt: undefined });
    close = () => stopped("unreachable");
    if (behave === "away") setTimeout(() => stopped("unreachable"), 10);
    else if (behave === "serves") setTimeout(() => handlers.welcome(WELCOME.welcome as never), 10);
    else setTimeout(stopped, 10, "asked-to-leave", behave.retryAfterMs);
    return {
      write(message) {
        received.push(message);
        most = Math.max(most, ++inFlight);
        setTimeout(() => {
          inFlight--;
          if (message.sequence) handlers.message({ ack: { sequence: message.sequence } } as never);
          handlers.writable();
        }, 50);
        return inFlight < room;
      },
      close: () => stopped("closed"),
      ended,
    };
  };
  return {
    attempts,
    received,
    open,
    behave: (next: typeof behave) => {
      behave = next;
    },
    narrow: (messages: number) => {
      room = messages;
    },
    cut: () => close(),
    get most() {
      return most;
    },
  };
}

function agent(net: ReturnType<typeof network>, seed = 1) {
  const clock: Clock = { now: () => Date.now() as Instant };
  const session = createSession({
    ...{ clock, log, random: seeded(seed), open: net.open },
    identity: () => ({}) as EnrolledIdentity,
    hello: async () => ({}),
    welcome: () => {},
    message: () => {},
    contact: () => {},
    stateChanged: () => {},
  });
  return session;
}

beforeEach(() => void vi.useFakeTimers({ now: Date.parse("2026-01-01T00:00:00Z") }));
afterEach(() => void vi.useRealTimers());

describe("a week without the controller", () => {
  const packages = (version: number): WireInventory => ({
    packages: Array.from({ length: 300 }, (_, i) => ({
      ...{ ecosystem: "deb", name: `p${i}`, architecture: "amd64" },
      version: i === version % 300 ? `2.${version}` : "1.0",
    })),
  });

  it("is caught up with by one delta, the newest hour of health and each report once, however much happened", async () => {
    const net = network();
    const session = agent(net);
    const sync = createInventorySync({ send: session.send, discard: session.discard, saveBase: async () => {}, base: undefined });
    net.behave("serves");
    session.start();
    sync.collected(packages(0));
    await vi.advanceTimersByTimeAsync(MINUTE);
    net.behave("away");
    net.cut();
    await vi.advanceTimersByTimeAsync(SECOND);
    net.received.length = 0;
    net.attempts.length = 0;
    for (let at = 0, look = 1; at < WEEK; at += 15 * MINUTE, look++) {
      sync.collected(packages(look));
      // 60 health samples a quarter of an hour; an execution reports now and then, and repeats itself.
      for (let i = 0; i < 60; i++) session.offerHealth({ at: `${look}:${i}`, samples: [] });
      for (const _ of ["said", "again"]) session.send(`report:ex_${Math.floor(look / 100)}:1`, { executionReport: { step: look } });
      await vi.advanceTimersByTimeAsync(15 * MINUTE);
    }
    // At the cap of a minute, on average every half: some 20,000 knocks of a TLS handshake in a week, not one a second.
    expect(net.attempts.length).toBeLessThan(WEEK / (25 * SECOND));
    expect([net.received.length, session.waiting]).toEqual([0, 8]);

    net.behave("serves");
    net.narrow(10);
    await vi.advanceTimersByTimeAsync(5 * MINUTE);
    const of = (kind: keyof AgentMessage) => net.received.filter((m) => m[kind]);
    expect(of("inventoryDelta")).toHaveLength(1);
    expect(of("inventorySnapshot")).toHaveLength(0);
    expect(of("inventoryDelta")[0]?.inventoryDelta?.added).toHaveLength(2);
    expect(of("executionReport")).toHaveLength(7);
    expect(of("health")).toHaveLength(240);
    expect(of("health").at(-1)?.health?.at).toBe(`${WEEK / (15 * MINUTE)}:59`);
    expect(session.droppedHealth).toBe((WEEK / (15 * MINUTE)) * 60 - 240);
    expect(net.received).toHaveLength(1 + 7 + 240);
    // No faster than the line takes it.
    expect(net.most).toBeLessThanOrEqual(10);
    expect(session.waiting).toBe(0);
    await session.stop();
  }, 600_000);
});

describe("coming back", () => {
  it("is never sooner than the controller asked for, and an hour and the jitter later at most", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1_000_000 }), fc.integer({ min: 0, max: 3 * HOUR }), async (seed, retryAfterMs) => {
        const net = network();
        net.behave({ retryAfterMs });
        const session = agent(net, seed);
        session.start();
        await vi.advanceTimersByTimeAsync(5 * HOUR);
        await session.stop();
        expect(net.attempts.length).toBeGreaterThan(2);
        const gaps = net.attempts.slice(1).map((at, i) => at - (net.attempts[i] ?? 0));
        for (const gap of gaps) {
          expect(gap).toBeGreaterThanOrEqual(Math.min(retryAfterMs, HOUR));
          expect(gap).toBeLessThanOrEqual(HOUR + MINUTE + SECOND);
        }
      }),
      { numRuns: 15 },
    );
  }, 600_000);

  it("is no sooner because a controller ends the stream in the words in which we end it ourselves", async () => {
    let attempts = 0;
    const session = createSession({
      ...{ clock: { now: () => Date.now() as Instant }, log, random: seeded(1), identity: () => ({}) as EnrolledIdentity },
      ...{ hello: async () => ({}), welcome: () => {}, message: () => {}, contact: () => {}, stateChanged: () => {} },
      open: () => {
        const reason = ++attempts < 1_000 ? "reconnecting: at once" : "enough";
        return {
          ...{ write: () => true, close: () => {} },
          ended: Promise.resolve({ kind: "closed", reason, retryAfterMs: 0, welcomedAt: undefined }),
        };
      },
    });
    session.start();
    await vi.advanceTimersByTimeAsync(HOUR);
    expect(attempts).toBeLessThan(HOUR / (20 * SECOND));
    await session.stop();
  });

  it("is spread evenly over the whole delay (full jitter), for every attempt and whatever was asked for", () => {
    const AGENTS = 10_000;
    for (const attempt of [0, 1, 3, 6, 20])
      for (const asked of [0, 30 * SECOND]) {
        const ceiling = Math.min(MINUTE, SECOND * 2 ** attempt);
        const buckets = new Array<number>(20).fill(0);
        for (let seed = 1; seed <= AGENTS; seed++) {
          const share = (reconnectDelay(attempt, asked, seeded(seed)) - asked) / ceiling;
          const bucket = Math.min(19, Math.floor(share * 20));
          buckets[bucket] = (buckets[bucket] ?? 0) + 1;
        }
        // Chi-square with 19 degrees of freedom: beyond 43.8 once in a thousand fleets, and these seeds are always the same.
        const chiSquare = buckets.reduce((sum, n) => sum + (n - AGENTS / 20) ** 2 / (AGENTS / 20), 0);
        expect(chiSquare).toBeLessThan(43.8);
      }
  });

  it("of ten thousand agents at once keeps what a controller sees in a second bounded, from the first second on", () => {
    const AGENTS = 10_000;
    const perSecond = new Map<number, number>();
    for (let seed = 1; seed <= AGENTS; seed++) {
      const random = seeded(seed);
      // It goes away at 0 and is back after ten minutes; each attempt until then fails at once.
      let at = 0;
      for (let attempt = 0; at < 10 * MINUTE; attempt++) at += reconnectDelay(attempt, 0, random);
      const second = Math.floor(at / SECOND);
      perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
    }
    // The age of a delay that spans a moment: at its thickest 2 x 10,000 / 60 a second.
    expect(Math.max(...perSecond.values())).toBeLessThan(1.3 * ((2 * AGENTS) / 60));
    expect(Math.max(...perSecond.keys())).toBeLessThanOrEqual(660);
  });
});
