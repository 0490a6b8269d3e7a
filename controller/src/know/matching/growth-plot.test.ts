import { describe, expect, it } from "vitest";
import { exponentOf, svgOf, textOf } from "./growth-plot.testing.ts";

const growth = (points: [number, number][]) => ({ name: "full match", over: "endpoints", unit: "s", points });

describe("a plot of growth", () => {
  it("fits the exponent of a power, whatever its factor", () => {
    for (const k of [0, 0.5, 1, 2])
      expect(exponentOf(growth([1, 2, 4, 8].map((n) => [n * 1_000, 3 * (n * 1_000) ** k])))).toBeCloseTo(k, 10);
    // 1, 2, 4 over 1, 2, 8: by hand, (ln 2 x 0 + ...) the slope is 9/14.
    expect(
      exponentOf(
        growth([
          [1, 1],
          [2, 2],
          [8, 4],
        ]),
      ),
    ).toBeCloseTo(9 / 14, 10);
  });

  it("is drawn with each point's size and value, and as bars", () => {
    const some = growth([
      [12_500, 0.5],
      [25_000, 1],
      [50_000, 2],
    ]);
    const svg = svgOf("<growth>", [some, some]);
    expect(svg.match(/<circle/g)).toHaveLength(6);
    expect(svg).toContain("exponent 1.00");
    expect(svg).toContain("12,500");
    expect(svg).toContain("&lt;growth&gt;");
    const [, first = "", , last = ""] = textOf(some);
    expect([first.match(/#/g)?.length, last.match(/#/g)?.length]).toEqual([13, 50]);
  });
});
