import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type HealthMoment, healthAssembly, healthDeltas } from "./health-delta.ts";

const moment = fc.record({
  at: fc.date({ min: new Date("2020-01-01"), max: new Date("2090-01-01"), noInvalidDate: true }).map((d) => d.toISOString()),
  samples: fc.uniqueArray(
    fc.record({
      metric: fc.constantFrom("cpu_percent", "unit_active"),
      subject: fc.constantFrom("", "a", "b"),
      value: fc.constantFrom(0, -0, 1, 0.5, 1e12),
    }),
    { selector: (s) => `${s.metric} ${s.subject}`, minLength: 1, maxLength: 4 },
  ),
});

describe("health by what changed", () => {
  it("arrives as it was sent, whatever came, went or stayed", () => {
    fc.assert(
      fc.property(fc.array(moment, { maxLength: 20 }), (moments) => {
        const [sender, receiver] = [healthDeltas(), healthAssembly()];
        for (const sent of moments as HealthMoment[]) {
          const message = sender.next(sent as never);
          const got =
            "health" in message
              ? receiver.whole(message.health as unknown as HealthMoment)
              : receiver.changed(message.healthDelta as Parameters<typeof receiver.changed>[0]);
          expect(got).toEqual(sent);
        }
      }),
    );
  });

  it("says nothing of what stayed, and all when a figure came or went", () => {
    const { next } = healthDeltas();
    const of = (at: string, ...values: number[]) => ({
      at,
      samples: values.map((value, i) => ({ metric: "load1", subject: `${i}`, value })),
    });
    expect(next(of("2026-01-01T00:00:00.000Z", 1, 2, 3))).toHaveProperty("health");
    const second = { atUnixMs: Date.parse("2026-01-01T00:00:15Z"), places: [1], values: [5] };
    expect(next(of("2026-01-01T00:00:15.000Z", 1, 5, 3))).toEqual({ healthDelta: second });
    expect(next(of("2026-01-01T00:00:30.000Z", 1, 5))).toHaveProperty("health");
  });

  it("that fits nothing is refused: no figures before it, a place beyond them, values that are missing, no moment", () => {
    const receiver = healthAssembly();
    const delta = { atUnixMs: 1, places: [0], values: [1] };
    expect(receiver.changed(delta)).toBeUndefined();
    receiver.whole({ at: "2026-01-01T00:00:00.000Z", samples: [{ metric: "load1", subject: "", value: 1 }] });
    for (const wrong of [{ places: [1] }, { values: [] }, { atUnixMs: 0 }, { atUnixMs: 9e15 }])
      expect(receiver.changed({ ...delta, ...wrong })).toBeUndefined();
    expect(receiver.changed(delta)).toMatchObject({ samples: [{ value: 1 }] });
  });
});
