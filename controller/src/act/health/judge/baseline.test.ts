import { describe, expect, it } from "vitest";
import { baselinesOf } from "./baseline.ts";
import { type Comparison, changeAt } from "./change.ts";
import { gridOf, type Row } from "./grid.ts";
import { normal, seeded } from "./sample-fleet.ts";
import type { JudgedSeries } from "./types.ts";

const MINUTE = 60_000;
const DAY = 1_440;
const METRIC = { harmfulWhen: "up", tolerance: 0.1 } as const;

/** Endpoints whose level wanders back to its mean within `memory` minutes; with a memory without end it never comes back. */
function comparison(seed: number, memory: number): { c: Comparison; now: number; after: number } {
  const random = seeded(seed);
  const series = Array.from({ length: 10 }, (_, n): JudgedSeries => {
    const keep = Math.exp(-1 / memory);
    let at = 0.1 * normal(random);
    const value = Array.from({ length: DAY + 60 }, () => {
      at = keep * at + 0.1 * Math.sqrt(1 - keep * keep) * normal(random);
      return 50 * Math.exp(at + 0.02 * normal(random));
    });
    return { endpoint: `e${n}`, metric: "latency_ms", at: value.map((_, i) => i * MINUTE), value };
  });
  const grid = gridOf(series, METRIC, MINUTE, DAY * MINUTE);
  const rows = series.map((s) => grid.rows.get(s.endpoint) as Row);
  const control = rows.slice(4);
  const treated = rows.slice(0, 4).map((row, i) => ({ endpoint: `e${i}`, row, patched: DAY, against: control }));
  return { c: { grid, treated, control, sign: 1, grace: 3 }, now: DAY + 59, after: 57 };
}

describe("the level before the patch", () => {
  it("is blended with weights that add up to 1, and from the blend changes stray less than from any single window", () => {
    const squared = new Map<string, number>();
    for (let seed = 1; seed <= 60; seed++) {
      const { c, now, after } = comparison(seed, 45);
      for (const { before } of baselinesOf(c, now, after, [15, 60, 240, 720])) {
        expect(before.reduce((sum, b) => sum + b.weight, 0)).toBeCloseTo(1, 9);
        const name = before.length > 1 ? "blend" : String(before[0]?.length);
        squared.set(name, (squared.get(name) ?? 0) + (changeAt(c, { now, after, before })?.effect ?? Number.NaN) ** 2);
      }
    }
    const blend = squared.get("blend") as number;
    for (const single of ["15", "60", "240", "720"]) expect(blend).toBeLessThan(0.9 * (squared.get(single) as number));
  });

  it("leans on the last minutes the more the longer the level remembers", () => {
    const shortest = (memory: number) => {
      const { c, now, after } = comparison(7, memory);
      return baselinesOf(c, now, after, [15, 60, 240, 720])[0]?.before[0]?.weight as number;
    };
    expect(shortest(300)).toBeGreaterThan(shortest(10) + 0.2);
  });

  it("is told by single windows without placebos where the past is too short to pretend patches in it", () => {
    const { c, now, after } = comparison(3, 45);
    const short = { ...c, treated: c.treated.map((t) => ({ ...t, patched: 90 })) };
    expect(baselinesOf(short, now - DAY + 90, after, [15, 60])).toEqual([
      { before: [{ length: 15, weight: 1 }] },
      { before: [{ length: 60, weight: 1 }] },
    ]);
  });
});
