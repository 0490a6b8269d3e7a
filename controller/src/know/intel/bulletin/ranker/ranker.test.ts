import { afterEach, describe, expect, it } from "vitest";
import { namesIn } from "../index.ts";
import { featuresOf } from "./features.ts";
import { chancesOfNames, chosen, replaceRanker, SHIPPED } from "./index.ts";
import { type Choice, chancesOf, fitRanker, scoreOf } from "./training.ts";

const choice = (source: string, right: readonly boolean[], features: readonly (readonly string[])[]): Choice => ({
  source,
  right,
  points: right.map(() => 1),
  features: features.map((of) => of.map((f) => [f, 1] as const)),
});

describe("which of its names a text is about", () => {
  afterEach(() => replaceRanker(SHIPPED));

  it("is learned from what several sources say alike, and not from one source's manner", () => {
    const choices = ["a", "b", "c", "d"].flatMap((source) =>
      Array.from({ length: 8 }, () => choice(source, [true, false], [["in the title", `only in ${source}`], ["in passing"]])),
    );
    const weights = fitRanker(choices);
    expect(Object.keys(weights).toSorted()).toEqual(["in passing", "in the title"]);
    const [named, passed] = chancesOf([scoreOf(weights, [["in the title", 1]], 1), scoreOf(weights, [["in passing", 1]], 1)]);
    expect(named).toBeGreaterThan(0.8);
    expect(passed).toBeLessThan(0.2);
    expect(fitRanker(choices)).toEqual(weights);
  });

  it("is told by the rules where they are agreed, whatever the weights say", () => {
    const features = [[["odd", 1]], [["dear", 1]]] as const;
    const weights = { odd: -9, dear: 9 };
    expect(chosen(weights, features, [3, 1])).toBe(0);
    expect(chosen(weights, features, [1.1, 1, 1].slice(0, 2))).toBe(0);
    expect(chosen(weights, [...features, []], [1.1, 1, 1])).toBe(1);
    expect(chosen(undefined, [...features, []], [1.1, 1, 1])).toBe(0);
  });

  it("gives chances that add up to one, also by the rules alone", () => {
    const { read, candidates } = namesIn(
      "Denial of service in Parcelhub\n\nParcelhub is a server for mail. The Quillet module of Parcelhub can be crashed. Prior to 2.1, the Decode option helps.",
    );
    expect(candidates.length).toBeGreaterThan(1);
    for (const weights of [SHIPPED, undefined]) {
      replaceRanker(weights);
      const chances = chancesOfNames(candidates, read);
      expect(chances.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 6);
      expect(candidates[chances.indexOf(Math.max(...chances))]?.name.text).toBe("Parcelhub");
    }
    expect(chancesOfNames([], read)).toEqual([]);
  });

  it("sees what stands beside each name", () => {
    const { read, candidates } = namesIn("Crash in lumenfs\n\nA flaw in lumenfs before 1.4.2 lets a user crash the `write_all` function.");
    const at = candidates.findIndex((c) => c.name.text === "lumenfs");
    const flags = featuresOf(candidates, read)[at]?.map(([f]) => f) ?? [];
    expect(flags).toEqual(
      expect.arrayContaining(["beside ahead in", "beside behind bound", "beside closing in title", "a strange word", "at title"]),
    );
  });
});
