import { describe, expect, it } from "vitest";
import { mask } from "../mask.ts";
import { outline } from "../outline.ts";
import { tokenize } from "../tokens.ts";
import { candidatesOf } from "./features.ts";
import { likelyRepairs } from "./index.ts";
import { chanceOf, fitRoles, type Sample } from "./training.ts";

const read = (text: string) => outline(tokenize(mask(text)));

describe("the role of a version by the words around it", () => {
  it("is learned from what several sources say alike, and not from one source's manner", () => {
    const samples: Sample[] = ["a", "b", "c", "d"].flatMap((source) =>
      Array.from({ length: 10 }, (_, i): Sample[] => [
        { source, text: `${source}${i}`, features: ["before mended", `only in ${source}`], repaired: true },
        { source, text: `${source}${i}`, features: ["before broken"], repaired: false },
      ]).flat(),
    );
    const weights = fitRoles(samples);
    expect(Object.keys(weights.of).toSorted()).toEqual(["before broken", "before mended"]);
    expect(chanceOf(weights, ["before mended"])).toBeGreaterThan(0.8);
    expect(chanceOf(weights, ["before broken"])).toBeLessThan(0.2);
    expect(fitRoles(samples)).toEqual(weights);
  });

  it("is told with its place, and less sure than what the grammar reads", () => {
    const text = "An attacker can crash it.\n\n### Patches\nThe repair is in 2.4.1.\n\n### References\nSee 9.9.9";
    const claims = likelyRepairs(read(text));
    expect(claims.map((c) => [c.kind, c.version, text.slice(c.start, c.end)])).toEqual([["fix", "2.4.1", "2.4.1"]]);
    expect(claims[0]?.confidence).toBeLessThanOrEqual(0.7);
  });

  it("looks at a bounded number of versions", () =>
    expect(candidatesOf(read("1.2.3, ".repeat(5_000)).sentences).length).toBeLessThanOrEqual(60));
});
