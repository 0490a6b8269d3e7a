import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { METRICS, type MetricName } from "../health/index.ts";
import { type HealthMoment, healthAssembly, healthSteps } from "./health-delta.ts";

type Whole = Parameters<ReturnType<typeof healthAssembly>["whole"]>[0];
type Changed = Parameters<ReturnType<typeof healthAssembly>["changed"]>[0];

const moment = fc.record({
  at: fc.date({ min: new Date("2020-01-01"), max: new Date("2090-01-01"), noInvalidDate: true }).map((d) => d.toISOString()),
  samples: fc.uniqueArray(
    fc.record({
      metric: fc.constantFrom("cpu_percent", "unit_active", "load1", "check_latency_ms", "of_another_version"),
      subject: fc.constantFrom("", "a"),
      value: fc.oneof(fc.constantFrom(0, -0, 1, 0.5, 1e12, 1e17, 2 ** 53), fc.double({ min: 0, max: 1e9, noNaN: true })),
    }),
    { selector: (s) => `${s.metric} ${s.subject}`, minLength: 1, maxLength: 5 },
  ),
});
const decimalsOf = (metric: string): number => METRICS[metric as MetricName]?.decimals ?? 3;

describe("health by the steps that figures moved", () => {
  it("arrives as it was sent to within half a step, whatever came, went or stayed, and however long it goes on", () => {
    fc.assert(
      fc.property(fc.array(moment, { maxLength: 30 }), (moments) => {
        const [sender, receiver] = [healthSteps(), healthAssembly()];
        for (const sent of moments as HealthMoment[]) {
          const message = sender.next(sent as never);
          const got =
            "health" in message ? receiver.whole(message.health as unknown as Whole) : receiver.changed(message.healthDelta as Changed);
          expect(got?.at).toBe(sent.at);
          expect(got?.samples.map(({ metric, subject }) => ({ metric, subject }))).toEqual(
            sent.samples.map(({ metric, subject }) => ({ metric, subject })),
          );
          for (const [i, { metric, value }] of sent.samples.entries())
            expect(Math.abs((got?.samples[i]?.value ?? Number.NaN) - value)).toBeLessThanOrEqual(
              0.5001 * 10 ** -decimalsOf(metric) + Math.abs(value) * 1e-15,
            );
        }
      }),
    );
  });

  it("says nothing of what stayed or moved less than a step, and all when a figure came or went", () => {
    const { next } = healthSteps();
    const of = (at: string, ...values: number[]) => ({
      at,
      samples: values.map((value, i) => ({ metric: "load1", subject: `${i}`, value })),
    });
    expect(next(of("2026-01-01T00:00:00.000Z", 1, 2.004, 3))).toEqual({
      health: {
        at: "2026-01-01T00:00:00.000Z",
        samples: [1, 2, 3].map((value, i) => ({ metric: "load1", subject: `${i}`, value, decimals: 2 })),
      },
    });
    const second = { atUnixMs: Date.parse("2026-01-01T00:00:15Z"), places: [1], steps: [-150] };
    expect(next(of("2026-01-01T00:00:15.000Z", 1.001, 0.5, 2.999))).toEqual({ healthDelta: second });
    expect(next(of("2026-01-01T00:00:30.000Z", 1, 5))).toHaveProperty("health");
  });

  it("that fits nothing is refused: no figures before it, a place beyond them, steps that are missing or lead nowhere, no moment", () => {
    const receiver = healthAssembly();
    const delta = { atUnixMs: 1, places: [0], steps: [1] };
    expect(receiver.changed(delta)).toBeUndefined();
    const whole = (decimals: number, value = 1) => ({
      at: "2026-01-01T00:00:00.000Z",
      samples: [{ metric: "load1", subject: "", value, decimals }],
    });
    receiver.whole(whole(2));
    const wrong: Partial<Changed>[] = [{ places: [1] }, { steps: [] }, { steps: [2 ** 53] }, { atUnixMs: 0 }, { atUnixMs: 9e15 }];
    for (const part of wrong) expect(receiver.changed({ ...delta, ...part })).toBeUndefined();
    // What was refused left nothing behind.
    expect(receiver.changed(delta)).toMatchObject({ samples: [{ value: 1.01 }] });
    for (const [decimals, value] of [
      [10, 0],
      [4_000_000_000, 1],
      [0, 0.5e308],
    ] as const) {
      receiver.whole(whole(decimals, value));
      expect(receiver.changed(delta)).toBeUndefined();
    }
  });

  it("rounds far below what the judge would call a change", () => {
    for (const [name, metric] of Object.entries(METRICS)) {
      if (!("judge" in metric) || metric.judge.tolerance === 0) continue;
      // Of a figure as small as one: a percent, a millisecond.
      expect(10 ** -metric.decimals, name).toBeLessThanOrEqual(metric.judge.tolerance * 0.1);
    }
  });
});
