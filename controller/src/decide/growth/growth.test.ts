import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ArmRecord, chooseArm, GROWTH_ARMS, learn, NO_RECORD, nextWaveSize, observe, withinRails } from "./growth.ts";

/** A small seeded source: a linear congruential generator. */
function randomOf(seed: number) {
  let state = seed >>> 0;
  return {
    next: () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    },
  };
}

describe("the size of the next wave", () => {
  const wave = { before: 10, left: 500, waitDays: 1, harmCost: 100 };
  it("grows with what went well, and shrinks with what failed", () => {
    const prior = { happened: 1, not: 19 };
    const well = observe(prior, 0, 200);
    const badly = observe(prior, 40, 200);
    expect(nextWaveSize(well, wave)).toBeGreaterThan(nextWaveSize(badly, wave));
  });
  it("stays within the rails, and never stands still", () => {
    fc.assert(
      fc.property(fc.nat(1_000), fc.nat(1_000), fc.integer({ min: 1, max: 500 }), (failed, well, before) => {
        const size = nextWaveSize({ happened: 0.1 + failed, not: 1 + well }, { ...wave, before });
        expect(size).toBeGreaterThanOrEqual(1);
        expect(size).toBeLessThanOrEqual(Math.min(500, before * 10));
      }),
    );
  });
});

describe("the choice among ways to grow", () => {
  it("comes to prefer the one that brings most, and goes on trying while it does not know", () => {
    const random = randomOf(7);
    const records = new Map<string, ArmRecord>();
    const taken = new Map<string, number>();
    for (let i = 0; i < 400; i += 1) {
      const { name } = chooseArm(records, random);
      taken.set(name, (taken.get(name) ?? 0) + 1);
      const reward = (name === "brisk" ? -2 : -3) + random.next();
      records.set(name, learn(records.get(name) ?? NO_RECORD, reward));
    }
    expect([...taken.keys()].sort()).toEqual(GROWTH_ARMS.map((a) => a.name).sort());
    expect(taken.get("brisk")).toBeGreaterThan(300);
  });
  it("never leaves the rails", () => {
    const wild = withinRails({ name: "wild", set: { canaryShare: 0.5, firstShare: 0.9, growth: 1_000, bakeFactor: 0 } });
    expect(wild.set).toEqual({ canaryShare: 0.05, firstShare: 0.2, growth: 10, bakeFactor: 0.25 });
    for (const arm of GROWTH_ARMS) expect(withinRails(arm)).toEqual(arm);
  });
});
