import { instant } from "@breakwater/shared/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planWindows } from "../../act/rollout/index.ts";
import type { RolloutPlan } from "../../decide/planning/index.ts";
import { oracleOpen } from "./oracle.ts";
import { ZONES } from "./scenario.ts";

const MINUTE = 60_000;
const HOURS = 52;
const time = fc.nat(1_439).map((n) => `${String(Math.floor(n / 60)).padStart(2, "0")}:${String(n % 60).padStart(2, "0")}`);
const night = fc.nat(239).map((n) => `${String(Math.floor(n / 60)).padStart(2, "0")}:${String(n % 60).padStart(2, "0")}`);
const anyWindow = fc.record({
  days: fc.uniqueArray(
    fc.constantFrom("mon" as const, "tue" as const, "wed" as const, "thu" as const, "fri" as const, "sat" as const, "sun" as const),
    { minLength: 1 },
  ),
  from: fc.oneof(time, night),
  to: fc.oneof(time, night),
});
/** Days on which clocks change somewhere: 52 hours from here on are looked at, minute by minute. */
const anyStart = fc
  .constantFrom(
    "2026-03-07",
    "2026-03-28",
    "2026-04-04",
    "2026-04-24",
    "2026-09-05",
    "2026-09-26",
    "2026-10-03",
    "2026-10-24",
    "2026-10-31",
    "2026-02-14",
    "2026-03-21",
  )
  .map((day) => Date.parse(`${day}T00:00:00Z`));

const planOf = (window: unknown, timezone: string, blackouts: unknown[]): RolloutPlan =>
  ({ endpoints: { e: { hostname: "e", timezone, site: "s", criticality: 3, window, blackouts } } }) as unknown as RolloutPlan;

describe("the windows that the engine keeps", () => {
  it.each(ZONES)("are those of a wall clock in %s, minute by minute, also when it changes", (zone) => {
    fc.assert(
      fc.property(anyWindow, anyStart, fc.option(fc.tuple(fc.nat(HOURS), fc.integer({ min: 1, max: 20 }))), (window, start, dark) => {
        const blackout = dark && { from: start + dark[0] * 60 * MINUTE, to: start + (dark[0] + dark[1]) * 60 * MINUTE };
        const iso = (at: number) => new Date(at).toISOString();
        const windows = planWindows(planOf(window, zone, blackout ? [{ from: iso(blackout.from), to: iso(blackout.to) }] : []));
        const isOpen = (at: number) => oracleOpen(window, zone, at) && !(blackout && blackout.from <= at && at < blackout.to);
        let opens: number | undefined;
        for (let at = start + HOURS * 60 * MINUTE; at >= start; at -= MINUTE) {
          const open = isOpen(at);
          if (open) opens = at;
          if (windows.isOpen("e", instant(at)) !== open)
            expect.fail(`${iso(at)} in ${zone}: ${JSON.stringify(window)} is ${open ? "open" : "closed"}`);
          if (opens !== undefined && at % (45 * MINUTE) === 0) expect(windows.nextOpening("e", instant(at))).toBe(opens);
        }
        const first = windows.isOpen("e", instant(start)) ? start : windows.nextOpening("e", instant(start));
        const closes = first === undefined ? undefined : windows.closesAt("e", instant(first));
        if (first !== undefined && closes !== undefined) {
          expect(isOpen(closes)).toBe(false);
          expect(isOpen(closes - MINUTE)).toBe(true);
        }
      }),
      { numRuns: 3 },
    );
  });
});
