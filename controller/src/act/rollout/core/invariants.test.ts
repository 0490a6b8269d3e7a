import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ALL_RULES, isFinal, type RuleName, type Rules, without } from "./index.ts";
import { disagreements, violations } from "./invariants.ts";
import { type Happening, happenings, modelWorld, VARIANTS, type Variant } from "./model.ts";

const variants = fc.constantFrom(...VARIANTS);

/** Lets everything happen, checks after every step, then lets it come to rest and compares with the journals. */
function run(rules: Rules, variant: Variant, story: readonly Happening[]): string[] {
  const world = modelWorld(rules, variant);
  for (const what of story) {
    const seen = world.log.length;
    world.happen(what);
    const found = violations(world, seen);
    if (found.length > 0) return found;
  }
  const seen = world.log.length;
  world.settle();
  return [...violations(world, seen), ...disagreements(world)];
}

describe("whatever happens to a deployment", () => {
  it("keeps I1 to I10 after every step", () => {
    fc.assert(
      fc.property(variants, happenings, (variant, story) => {
        expect(run(ALL_RULES, variant, story)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it("comes to an end by itself, or waits for a person who has been asked", () => {
    fc.assert(
      fc.property(variants, happenings, (variant, story) => {
        const world = modelWorld(ALL_RULES, variant);
        for (const what of story) world.happen(what);
        world.settle();
        const { phase, decisions } = world.state;
        const waits = isFinal(phase) || phase.kind === "paused" || decisions.length > 0;
        expect({ waits, phase, waves: world.state.waves }).toMatchObject({ waits: true });
      }),
      { numRuns: 100 },
    );
  });
});

/** Each rule taken away must be missed: this is what proves that the properties look. */
describe("a core without its rule", () => {
  it.each<[RuleName, string]>([
    ["window", "I1"],
    ["wave-concurrency", "I2"],
    ["site-concurrency", "I2"],
    ["deployment-concurrency", "I2"],
    ["redundancy", "I2"],
    ["wave-order", "I3"],
    ["standstill", "I3"],
    ["once", "I4"],
    ["steps", "I5"],
    ["budget", "I6"],
    ["digest", "I7"],
    ["consent", "I3"],
    ["current", "I8"],
    ["danger", "I9"],
    ["growth", "I7"],
    ["elsewhere", "I10"],
  ])("without %s violates %s", (rule, invariant) => {
    const outcome = fc.check(
      fc.property(variants, happenings, (variant, story) => {
        const found = run(without(rule), variant, story);
        return !found.some((text) => text.startsWith(invariant));
      }),
      { numRuns: 3_000, endOnFailure: true },
    );
    expect(outcome.failed).toBe(true);
  });
});
