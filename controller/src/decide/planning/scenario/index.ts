import { fail, type Instant, type Result } from "@breakwater/shared/core";
import type { PlanDocument } from "../document.ts";
import { planRollout } from "../plan-rollout.ts";
import { MINUTE_MS, type PlanningPolicy, RECOMMENDED } from "../policy.ts";
import { readText } from "./read-text.ts";
import { looksLikeYaml, readYaml } from "./read-yaml.ts";
import { fleetOfScenario } from "./scenario-fleet.ts";

/** Longest text that is read: a scenario is a page, not a book. */
const MAX_SCENARIO_CHARACTERS = 100_000;

/** A plan from a scenario in free text or YAML, by the planner of the live fleet. Pure: `now` comes in. */
export function planFromScenario(text: string, now: Instant): Result<PlanDocument> {
  if (text.length > MAX_SCENARIO_CHARACTERS)
    return fail({
      code: "scenario-too-long",
      message: `The scenario has ${text.length} characters; ${MAX_SCENARIO_CHARACTERS} are read at most.`,
      next: "Shorten it to the vulnerability, the environment and the business times.",
    });
  const read = looksLikeYaml(text) ? readYaml(text) : { ok: true as const, value: readText(text, now) };
  if (!read.ok) return read;
  const scenario = read.value;
  if (scenario.groups.length === 0)
    return fail({
      code: "scenario-without-servers",
      message: "The scenario names no number of servers, so there is nothing to plan for.",
      next: 'Say how many there are, for example "40 production servers, 12 development servers".',
    });
  const policy: PlanningPolicy = {
    ...RECOMMENDED,
    eventMarginMs: 30 * MINUTE_MS,
    bakeMs: scenario.bakeMinutes === undefined ? undefined : scenario.bakeMinutes * MINUTE_MS,
  };
  const first = scenario.vulnerabilities[0];
  const planned = planRollout(
    fleetOfScenario(scenario, policy, now),
    {
      title: scenario.title ?? `Close ${first?.id ?? "the vulnerability"} in ${first?.product ?? "the affected software"}`,
      policy,
      notBefore: now,
      onHarmful: "rollback-wave",
      reversible: true,
    },
    now,
  );
  return planned.ok ? { ok: true, value: planned.value.document } : planned;
}
