import type { Instant } from "@breakwater/shared/core";
import { describe, expect, it } from "vitest";
import { judge } from "./judge.ts";
import { PATCHED_AT, type SampleFleet, sampleFleet, seeded } from "./sample-fleet.ts";
import type { JudgeInput } from "./types.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const day: SampleFleet = { treated: 5, control: 8, historyMs: 24 * HOUR, bakeMs: HOUR, noise: 0.05 };
const minute = (at: number) => (at - PATCHED_AT) / MINUTE;
const cutAt = (input: JudgeInput, end: number): JudgeInput => ({
  ...input,
  series: input.series.map((s) => {
    const kept = s.at.filter((at) => at <= end).length;
    return { ...s, at: s.at.slice(0, kept), value: s.value.slice(0, kept) };
  }),
});

describe("judge", () => {
  it("finds a latency that rose by 30 % within minutes", () => {
    const verdict = judge(sampleFleet(seeded(1), { ...day, effect: () => 1.3 }));
    expect(verdict.verdict).toBe("harmful");
    expect(minute(verdict.decidedAt)).toBeLessThanOrEqual(10);
    // After so few minutes a single estimate is rough, and its bounds say so; over several fleets it is right.
    const effects = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => {
      const found = judge(sampleFleet(seeded(seed), { ...day, effect: () => 1.3 }));
      return found.metrics[0]?.effect ?? Number.NaN;
    });
    expect(effects.reduce((a, b) => a + b, 0) / effects.length).toBeCloseTo(0.3, 1);
    const [least, most] = verdict.metrics[0]?.evidence.interval ?? [Number.NaN, Number.NaN];
    expect(least).toBeGreaterThan(0.1);
    expect(least).toBeLessThan(0.3);
    expect(most).toBeGreaterThan(0.3);
    expect(verdict.metrics[0]?.evidence.chance).toBeLessThan(0.01);
  });

  it("calls a patch that changes nothing healthy at the end of the bake", () => {
    const verdict = judge(sampleFleet(seeded(2), { ...day, treated: 10, control: 20 }));
    expect(verdict.verdict).toBe("healthy");
    expect(minute(verdict.decidedAt)).toBe(60);
  });

  it("accepts an effect below the tolerance, however certain", () => {
    const verdict = judge(sampleFleet(seeded(3), { ...day, treated: 20, control: 40, noise: 0.02, effect: () => 1.05 }));
    expect(verdict.verdict).not.toBe("harmful");
  });

  it("ignores the restart in the first three minutes", () => {
    expect(judge(sampleFleet(seeded(4), { ...day, effect: (m) => (m < 3 ? 4 : 1) })).verdict).not.toBe("harmful");
  });

  it("lets a shock that hits everybody cancel", () => {
    expect(judge(sampleFleet(seeded(5), { ...day, shock: (m) => (m > 10 ? 1.6 : 1) })).verdict).not.toBe("harmful");
  });

  it("finds harm that begins late, not before it began", () => {
    const verdict = judge(sampleFleet(seeded(6), { ...day, bakeMs: 2 * HOUR, effect: (m) => (m >= 20 ? 1.4 : 1) }));
    expect(verdict.verdict).toBe("harmful");
    expect(minute(verdict.decidedAt)).toBeGreaterThan(20);
    expect(minute(verdict.decidedAt)).toBeLessThanOrEqual(40);
  });

  it("finds a slow leak before the bake ends", () => {
    const verdict = judge(sampleFleet(seeded(7), { ...day, effect: (m) => 1 + (0.5 * m) / 60, noise: 0.02 }));
    expect(verdict.verdict).toBe("harmful");
    expect(minute(verdict.decidedAt)).toBeLessThan(60);
  });

  it("does not blame the patch for one endpoint's own incident", () => {
    expect(judge(sampleFleet(seeded(8), { ...day, effect: (_, endpoint) => (endpoint === 0 ? 2 : 1) })).verdict).not.toBe("harmful");
  });

  it("judges by the own past, and says so, where no endpoint is unpatched", () => {
    const verdict = judge(sampleFleet(seeded(9), { ...day, control: 0, effect: () => 1.8 }));
    expect(verdict.verdict).toBe("harmful");
    expect(verdict.metrics[0]?.evidence).toMatchObject({ kind: "own-past", sentence: expect.stringContaining("no unpatched endpoint") });
  });

  it("copes with missing samples", () => {
    expect(judge(sampleFleet(seeded(10), { ...day, missing: 0.3, effect: () => 1.4 })).verdict).toBe("harmful");
    expect(judge(sampleFleet(seeded(11), { ...day, missing: 0.3 })).verdict).not.toBe("harmful");
  });

  it("gives the same verdict when the file ends at decidedAt, and none before", () => {
    const input = sampleFleet(seeded(12), { ...day, effect: () => 1.25 });
    const verdict = judge(input);
    expect(verdict.verdict).toBe("harmful");
    expect(judge(cutAt(input, verdict.decidedAt))).toEqual(verdict);
    expect(judge(cutAt(input, verdict.decidedAt - MINUTE)).verdict).toBe("undecided");
  });

  it("is undecided, not healthy, without samples or before the bake is over", () => {
    const input = sampleFleet(seeded(13), day);
    expect(judge({ ...input, series: [] }).verdict).toBe("undecided");
    expect(judge(cutAt(input, PATCHED_AT + 20 * MINUTE)).verdict).toBe("undecided");
    expect(judge(cutAt(input, PATCHED_AT - MINUTE)).verdict).toBe("undecided");
  });

  it("finds a crash loop by counting, and forgives a single restart", () => {
    const restarts = (loop: (m: number) => number): JudgeInput => ({
      ...sampleFleet(seeded(14), day),
      metrics: { restarts: { harmfulWhen: "up", tolerance: 0 } },
      series: sampleFleet(seeded(14), day).series.map((s) => ({
        ...s,
        metric: "restarts",
        value: s.at.map((at) => (s.endpoint.startsWith("t") && at >= PATCHED_AT ? loop(minute(at)) : 0)),
      })),
    });
    expect(judge(restarts((m) => (m === 0 || m === 30 ? 1 : 0))).verdict).toBe("healthy");
    const loop = judge(restarts((m) => (m % 2 === 0 ? 1 : 0)));
    expect(loop.verdict).toBe("harmful");
    expect(minute(loop.decidedAt)).toBeLessThanOrEqual(6);
  });

  it("knows work that stopped by the hard rule", () => {
    const input = sampleFleet(seeded(15), {
      ...day,
      effect: (m, e) => (e < 3 && m >= 3 ? 0 : 1),
      metric: { harmfulWhen: "down", tolerance: 0.3 },
    });
    const verdict = judge(input);
    expect(verdict.verdict).toBe("harmful");
    expect(verdict.metrics[0]?.evidence.kind).toBe("hard-rule");
    expect(minute(verdict.decidedAt)).toBeLessThanOrEqual(6);
  });

  it("alarms falsely in no more bakes than alpha, even exactly at the tolerance", () => {
    let alarms = 0;
    const runs = 60;
    for (let seed = 100; seed < 100 + runs; seed++)
      if (
        judge(
          sampleFleet(seeded(seed), {
            ...day,
            historyMs: 6 * HOUR,
            bakeMs: HOUR / 2,
            treated: 1 + (seed % 5),
            control: 3 + (seed % 4),
            effect: () => 1.1,
          }),
        ).verdict === "harmful"
      )
        alarms++;
    // Binomial: more than 4 of 60 at a chance of 0.01 happens once in three thousand.
    expect(alarms).toBeLessThanOrEqual(4);
  });

  it("compares with those alike where the rest of the control lives by other hours", () => {
    const input = sampleFleet(seeded(17), { ...day, treated: 1, control: 9, noise: 0.02 });
    // c1 to c3 share the canary's hours; the others are half a day ahead and swing widely.
    const swing = (at: number, ahead: number) => 1 + 0.5 * Math.sin((2 * Math.PI * (at + ahead)) / (24 * HOUR));
    const isAlike = (endpoint: string) => ["t0", "c1", "c2", "c3"].includes(endpoint);
    const series = input.series.map((s) => ({
      ...s,
      value: s.value.map((v, i) => v * swing(s.at[i] as number, isAlike(s.endpoint) ? 0 : 12 * HOUR)),
    }));
    const alike = Object.fromEntries(series.map((s) => [s.endpoint, isAlike(s.endpoint) ? "here" : "there"]));
    expect(judge({ ...input, series }).verdict).toBe("undecided");
    expect(judge({ ...input, series, alike }).verdict).toBe("healthy");
  });

  it("takes a wave whose endpoints were patched one after another", () => {
    const input = sampleFleet(seeded(16), { ...day, bakeMs: 2 * HOUR, effect: (m, e) => (m >= e * 10 ? 1.4 : 1) });
    const treated = input.treated.map((t, i) => ({ ...t, patchedAt: (PATCHED_AT + i * 10 * MINUTE) as Instant }));
    expect(judge({ ...input, treated, bakeMs: HOUR }).verdict).toBe("harmful");
  });
});
