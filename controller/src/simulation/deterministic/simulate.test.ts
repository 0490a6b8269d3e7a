import { describe, expect, it } from "vitest";
import { isRule, type RuleName, without } from "../../act/rollout/core/index.ts";
import type { BrokenPart } from "./run.ts";
import { type Scenario, scenarioOf, unlucky } from "./scenario.ts";
import { shrink } from "./shrink.ts";
import { traceText } from "./trace.ts";
import { verify } from "./violations.ts";

/** `SIMULATED_SEEDS=10000 npx vitest run controller/src/simulation/deterministic` is the long run of a night. */
const SEEDS = Number(process.env.SIMULATED_SEEDS ?? 40);

/** Fails with the invariant, the seed that replays it, and the shortest list of faults that is needed. */
function mustHold(seed: number, as: (scenario: Scenario) => Scenario = (made) => made): void {
  const made = scenarioOf(seed);
  if (!made) return;
  const scenario = as(made);
  const { fleet, plan, options } = scenario;
  const { violations, run } = verify(fleet, plan, options);
  if (violations.length === 0) return;
  const faults = shrink(fleet, plan, options, { violation: violations[0] ?? "", struck: run?.struck ?? [] });
  expect.fail(`seed ${seed}: ${violations.slice(0, 3).join("; ")}; with these faults: ${faults.join(", ") || "none at all"}`);
}

describe("a rollout in a made-up world", () => {
  it(`keeps I1 to I10 and comes to an end, in each of ${SEEDS} worlds`, { timeout: 30_000 + SEEDS * 2_000 }, () => {
    for (let seed = 1; seed <= SEEDS; seed += 1) mustHold(seed);
  });

  it.each([
    [3_860, "what is decided is not yet written: a command may be repeated in between"],
    [4_596, "what an endpoint has restored by itself needs no restoring"],
    [5_462, "an endpoint that is down has not come to rest"],
    [5_543, "one that comes back and says that all is well serves its group again"],
    [5_880, "one that refused serves its group as before"],
  ])("knows, as seed %i shows, that %s", (seed) => {
    mustHold(seed);
  });

  it.each([26, 53, 183, 1_600])("keeps I9 where most fail and reports overtake each other (seed %i)", (seed) => {
    mustHold(seed, unlucky);
  });

  it("happens in exactly the same way when it is run again", () => {
    const scenario = scenarioOf(9);
    if (!scenario) return expect.fail("seed 9 makes up a world");
    const told = () => traceText(9, verify(scenario.fleet, scenario.plan, scenario.options).run?.trace ?? []);
    const first = told();
    expect(first.length).toBeGreaterThan(1_000);
    expect(told()).toBe(first);
  });
});

/** The seeds are those at which `npm run evaluate -- mutants` saw the missing rule first. */
describe("a rollout without one of its rules", () => {
  it.each<[RuleName | BrokenPart, string, number]>([
    ["window", "I1", 3],
    ["wave-concurrency", "I2", 9],
    ["site-concurrency", "I2", 18],
    ["deployment-concurrency", "I2", 20],
    ["redundancy", "I2", 53],
    ["wave-order", "I3", 2],
    ["standstill", "I3", 59],
    ["once", "I4", 1],
    ["steps", "I5", 81],
    ["budget", "I6", 9],
    ["digest", "I7", 4],
    ["current", "I8", 60],
    ["danger", "I9", 26],
    ["elsewhere", "I10", 30],
    ["growth", "I7", 22],
    ["consent", "I3", 9],
    ["advisories", "I8", 60],
    ["withdrawal", "I8", 1],
    ["fencing", "the run broke", 8],
  ])("%s is seen to violate %s", (rule, invariant, seed) => {
    const made = scenarioOf(seed);
    if (!made) return expect.fail(`seed ${seed} makes up a world`);
    const scenario = rule === "steps" ? unlucky(made) : made;
    const mutated = isRule(rule) ? { rules: without(rule) } : { broken: rule };
    const { violations } = verify(scenario.fleet, scenario.plan, { ...scenario.options, ...mutated });
    expect(violations.filter((v) => v.startsWith(invariant))).not.toEqual([]);
  });

  it("leads to few faults, once it is shrunk", () => {
    const scenario = scenarioOf(8);
    if (!scenario) return expect.fail("seed 8 makes up a world");
    const { fleet, plan } = scenario;
    const options = { ...scenario.options, broken: "fencing" as const };
    const { violations, run } = verify(fleet, plan, options);
    const struck = run?.struck ?? [];
    const few = shrink(fleet, plan, options, { violation: violations[0] ?? "", struck });
    expect(violations.length).toBeGreaterThan(0);
    expect(few.length).toBeLessThanOrEqual(struck.length);
  });
});
