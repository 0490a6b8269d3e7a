import { describe, expect, it } from "vitest";
import { judge } from "./judge.ts";
import { PATCHED_AT, type SampleFleet, sampleFleet, seeded } from "./sample-fleet.ts";

const MINUTE = 60_000;
/** One canary, four to compare with, a sample in 15 s, and an agent that came eight minutes ago. */
const smallFleet: SampleFleet = {
  treated: 1,
  control: 4,
  stepMs: 15_000,
  historyMs: 8 * MINUTE,
  bakeMs: 15 * MINUTE,
  level: 21,
  metric: { harmfulWhen: "up", tolerance: 0.1, toleranceAbsolute: 2 },
};

describe("judge with minutes of past", () => {
  it("finds a doubled latency on one canary, mostly at the second look", () => {
    const delays: number[] = [];
    for (let seed = 1; seed <= 10; seed++) {
      const verdict = judge(sampleFleet(seeded(seed), { ...smallFleet, effect: () => 2 }));
      expect([seed, verdict.verdict]).toEqual([seed, "harmful"]);
      delays.push((verdict.decidedAt - PATCHED_AT) / MINUTE);
      expect(verdict.metrics[0]?.evidence.sentence).toContain("short past");
    }
    expect(delays.sort((a, b) => a - b)[5]).toBeLessThanOrEqual(5);
  });

  it("takes no rhythm for harm that is longer than its past, where nobody is left unpatched", () => {
    const alone: SampleFleet = {
      ...smallFleet,
      treated: 4,
      control: 0,
      stepMs: 10 * MINUTE,
      historyMs: 4 * 60 * MINUTE,
      bakeMs: 24 * 60 * MINUTE,
    };
    const verdicts = (effect: number) =>
      Array.from({ length: 60 }, (_, seed) => judge(sampleFleet(seeded(3000 + seed), { ...alone, effect: () => effect })).verdict);
    expect(verdicts(1).filter((v) => v === "harmful").length).toBeLessThanOrEqual(3);
    expect(verdicts(1.8).filter((v) => v === "harmful").length).toBeGreaterThanOrEqual(57);
  });

  it("stays quiet on patches that change nothing", () => {
    let alarms = 0;
    const runs = 200;
    for (let seed = 1; seed <= runs; seed++) if (judge(sampleFleet(seeded(1000 + seed), smallFleet)).verdict === "harmful") alarms++;
    // Binomial: more than 7 of 200 at a chance of 0.01 happens once in a thousand.
    expect(alarms).toBeLessThanOrEqual(7);
  });
});
