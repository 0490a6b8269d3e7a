import { formatInstant, type Instant, type Problem, parseInstant } from "@breakwater/shared/core";
import { nextAllowed } from "@breakwater/shared/window";
import { treeOfWave } from "../rollback/index.ts";
import type { RolloutPlan } from "./rollout-plan.ts";
import { MEASURED } from "./triggers.ts";

/** Names in one sentence; the rest as a number. */
const NAMED = 3;

/**
 * What in a plan contradicts itself, so that it would stand still or never begin: each in a plain sentence with the way out.
 * Pure. An empty list does not mean that the plan is wise, only that it can be driven to an end.
 */
export function planProblems(plan: RolloutPlan, notBefore: Instant, expiresAt: Instant): Problem[] {
  return [...membership(plan), ...times(plan, expiresAt), ...groups(plan), ...windows(plan, notBefore, expiresAt), ...trees(plan)];
}

const problem = (code: string, message: string, next: string): Problem => ({ code, message, next });

function membership(plan: RolloutPlan): Problem[] {
  const seen = new Map<string, string>();
  const found: Problem[] = [];
  for (const wave of plan.waves)
    for (const id of wave.endpointIds) {
      const other = seen.get(id);
      if (other !== undefined)
        found.push(
          problem("endpoint-twice", `${name(plan, id)} is in wave "${other}" and in wave "${wave.name}".`, "Leave it in one of them."),
        );
      if (!plan.endpoints[id])
        found.push(
          problem("endpoint-unknown", `Wave "${wave.name}" names ${id}, of which the plan says nothing else.`, "Propose the plan again."),
        );
      seen.set(id, wave.name);
    }
  return found;
}

function times(plan: RolloutPlan, expiresAt: Instant): Problem[] {
  const found: Problem[] = [];
  let earliest = Number.NEGATIVE_INFINITY;
  for (const wave of plan.waves) {
    const from = parseInstant(wave.notBefore) as Instant;
    const until = parseInstant(wave.notAfter) as Instant;
    if (until < from)
      found.push(
        problem(
          "wave-never",
          `Wave "${wave.name}" may begin from ${wave.notBefore}, and not after ${wave.notAfter}.`,
          "Correct one of them.",
        ),
      );
    if (wave.gate.bakeLimitMs < wave.gate.bakeMs)
      found.push(
        problem(
          "bake-limit",
          `Wave "${wave.name}" is to be watched for ${minutes(wave.gate.bakeMs)}, but no longer than ${minutes(wave.gate.bakeLimitMs)}.`,
          "Raise the limit of the watch, or shorten the watch.",
        ),
      );
    earliest = Math.max(earliest, from);
    if (earliest >= expiresAt)
      found.push(
        problem(
          "wave-after-expiry",
          `Wave "${wave.name}" cannot begin before ${formatInstant(earliest as Instant)}, and the plan expires at ${formatInstant(expiresAt)}.`,
          "Let the plan live longer, or shorten the watches before this wave.",
        ),
      );
    earliest += wave.gate.bakeMs;
  }
  return found;
}

function groups(plan: RolloutPlan): Problem[] {
  return Object.entries(plan.redundancyGroups).flatMap(([id, { minHealthy, members }]) => {
    const planned = Object.values(plan.endpoints).filter((e) => e.redundancyGroup === id);
    if (planned.length === 0 || members.length > minHealthy) return [];
    return [
      problem(
        "group-cannot-spare",
        `Redundancy group ${id} has ${members.length} members and needs ${minHealthy} healthy: none of ${some(planned.map((e) => e.hostname))} can ever be taken out.`,
        "Add a member, lower the number it needs, or leave these endpoints out of the plan.",
      ),
    ];
  });
}

function windows(plan: RolloutPlan, notBefore: Instant, expiresAt: Instant): Problem[] {
  const opens = new Map<string, Instant | undefined>();
  const never = plan.waves.flatMap((wave) =>
    wave.endpointIds.filter((id) => {
      const e = plan.endpoints[id];
      if (!e) return false;
      const from = Math.max(notBefore, parseInstant(wave.notBefore) as Instant) as Instant;
      const key = JSON.stringify([e.window, e.blackouts, e.timezone, from]);
      if (!opens.has(key)) opens.set(key, nextAllowed({ window: e.window, blackouts: e.blackouts, zone: e.timezone }, from, 1));
      const opening = opens.get(key);
      return opening === undefined || opening >= expiresAt;
    }),
  );
  if (never.length === 0) return [];
  return [
    problem(
      "window-never-opens",
      `The window of ${some(never.map((id) => name(plan, id)))} does not open before the plan expires at ${formatInstant(expiresAt)}.`,
      "Let the plan live longer, widen the window, move the blackout, or leave these endpoints out.",
    ),
  ];
}

function trees(plan: RolloutPlan): Problem[] {
  return plan.waves.flatMap((wave) => [
    ...wave.triggers
      .filter((t) => !MEASURED[t.kind].includes(t.metric))
      .map((t) =>
        problem(
          "trigger-unmeasured",
          `Wave "${wave.name}" has a trigger on ${t.metric} as a ${t.kind === "count" ? "count" : "change"}, which nobody measures: it could never fire.`,
          `Choose one of ${MEASURED[t.kind].join(", ")}.`,
        ),
      ),
    ...treeOfWave(wave).flatMap((b) =>
      b.when.kind === "trigger" && !wave.triggers[b.when.trigger]
        ? [
            problem(
              "tree-without-trigger",
              `The rollback tree of wave "${wave.name}" waits for trigger ${b.when.trigger + 1}; the wave has ${wave.triggers.length}.`,
              "Add the trigger, or take the branch out.",
            ),
          ]
        : [],
    ),
  ]);
}

/** What fits together, but not as its author may think. For people to read before they sign. */
export function planOddities(plan: RolloutPlan): { statement: string; values: (string | number)[]; assumed: string }[] {
  const total = Object.keys(plan.endpoints).length;
  const odd: { statement: string; values: (string | number)[]; assumed: string }[] = [];
  if (plan.errorBudget > total)
    odd.push({
      statement: `The error budget of ${plan.errorBudget} is larger than the fleet of ${total}: it can never be used up.`,
      values: [plan.errorBudget, total],
      assumed: "The budget stops nothing; gates, triggers and the judge still do.",
    });
  for (const wave of plan.waves)
    if (wave.maxConcurrent > plan.maxConcurrent)
      odd.push({
        statement: `Wave "${wave.name}" allows ${wave.maxConcurrent} at once, the deployment ${plan.maxConcurrent}.`,
        values: [wave.maxConcurrent, plan.maxConcurrent],
        assumed: "The smaller number holds.",
      });
  if (total === 1)
    odd.push({
      statement: "The fleet is one endpoint: nobody goes first and nobody is left to compare with.",
      values: [1],
      assumed: "It is judged against its own past, and rolled back alone.",
    });
  return odd;
}

const name = (plan: RolloutPlan, id: string): string => plan.endpoints[id]?.hostname ?? id;
const some = (names: readonly string[]): string =>
  names.slice(0, NAMED).join(", ") + (names.length > NAMED ? ` and ${names.length - NAMED} more` : "");
const minutes = (ms: number): string => `${Math.round(ms / 6_000) / 10} min`;
