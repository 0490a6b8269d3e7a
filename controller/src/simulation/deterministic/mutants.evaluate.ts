import { isRule, type RuleName, without } from "../../act/rollout/core/index.ts";
import type { BrokenPart } from "./run.ts";
import { scenarioOf, unlucky } from "./scenario.ts";
import { verify } from "./violations.ts";

/**
 * Takes one rule after another away and says which seed notices: `npm run evaluate -- mutants [SEEDS]`. A rule that can
 * be taken away unnoticed is not tested.
 */
const MUTANTS: readonly [RuleName | BrokenPart, string, string][] = [
  ["window", "I1", "the core starts outside windows"],
  ["wave-concurrency", "I2", "the core ignores the wave's places"],
  ["site-concurrency", "I2", "the core ignores the site's places"],
  ["deployment-concurrency", "I2", "the core ignores the deployment's places"],
  ["redundancy", "I2", "the core ignores redundancy groups"],
  ["wave-order", "I3", "the core starts the wave after the current one"],
  ["standstill", "I3", "the core starts while paused"],
  ["once", "I4", "the core starts what it started already"],
  ["steps", "I5", "old and repeated reports are read again"],
  ["budget", "I6", "the core ignores the error budget"],
  ["digest", "I7", "the core starts on a plan that was changed"],
  ["current", "I8", "the core starts what is out of date"],
  ["danger", "I9", "the core ignores how many endpoints without a way back are in danger, and who could not be restored"],
  ["elsewhere", "I10", "the core starts where another deployment is at work, or watches what it did"],
  ["growth", "I7", "the core lets waves grow beyond the signed rails"],
  ["consent", "I3", "the core takes it for consent that a judge who saw nothing has not decided"],
  ["advisories", "I8", "nobody reads what is said of the planned version itself"],
  ["withdrawal", "I8", "commands of what ended stay in the outbox"],
  ["fencing", "any", "two controllers may write at once"],
];

const seeds = Number(process.argv[2] ?? 400);
process.stdout.write(`${"rule taken away".padEnd(24)}${"invariant".padEnd(11)}noticed\n`);
let missed = 0;
for (const [rule, invariant, what] of MUTANTS) {
  let caught = "";
  for (let seed = 1; seed <= seeds && caught === ""; seed += 1) {
    const made = scenarioOf(seed);
    if (!made) continue;
    // Only where an endpoint's last word is overtaken by an earlier one does reading it again change anything.
    const scenario = rule === "steps" ? unlucky(made) : made;
    const mutated = isRule(rule) ? { rules: without(rule) } : { broken: rule };
    const { violations } = verify(scenario.fleet, scenario.plan, { ...scenario.options, ...mutated });
    const found = violations.find((v) => invariant === "any" || v.startsWith(invariant));
    if (found !== undefined) caught = `by seed ${seed}: ${found}`;
  }
  if (caught === "") missed += 1;
  process.stdout.write(`${rule.padEnd(24)}${invariant.padEnd(11)}${caught || `NOT by ${seeds} seeds (${what})`}\n`);
}
process.exitCode = missed === 0 ? 0 : 1;
