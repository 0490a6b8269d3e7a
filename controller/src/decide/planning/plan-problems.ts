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
  return [
    ...membership(plan),
    ...times(plan, expiresAt),
    ...groups(plan),
    ...windows(plan, notBefore, expiresAt),
    ...trees(plan),
    ...growth(plan),
  ];
}

const problem = (code: string, message: string, next: string): Problem => ({ code, message, next });
/** With the path in the request that made it, for a form that shows it there. */
const placed = (at: string, p: Problem): (Problem & { details: { at: string; message: string }[] })[] => [
  { ...p, details: [{ at, message: p.message }] },
];

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
    ...wave.triggers.flatMap((t, i) =>
      MEASURED[t.kind].includes(t.metric)
        ? []
        : placed(
            `triggers.${i}.metric`,
            problem(
              "trigger-unmeasured",
              `Wave "${wave.name}" has a trigger on ${t.metric} as a ${t.kind === "count" ? "count" : "change"}, which nobody measures: it could never fire.`,
              `Choose one of ${MEASURED[t.kind].join(", ")}.`,
            ),
          ),
    ),
    ...wave.triggers.flatMap((t, i) =>
      t.forMs <= Math.max(wave.gate.bakeMs, wave.gate.bakeLimitMs)
        ? []
        : placed(
            `triggers.${i}.forMinutes`,
            problem(
              "trigger-too-slow",
              `Wave "${wave.name}" is watched for ${minutes(Math.max(wave.gate.bakeMs, wave.gate.bakeLimitMs))} at most, and its trigger on ${t.metric} would have to hold for ${minutes(t.forMs)}: it could never fire.`,
              "Let the trigger hold for less, or watch for longer.",
            ),
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

function growth(plan: RolloutPlan): Problem[] {
  if (!plan.growth || plan.growth.smallest <= plan.growth.ceiling) return [];
  const { smallest, ceiling } = plan.growth;
  return [
    problem(
      "growth-rails",
      `Waves are to be no smaller than ${smallest} and no larger than ${ceiling}.`,
      "Raise the largest wave, or lower the smallest.",
    ),
  ];
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
  const stretches = plan.waves.filter((w, i) => i > 0 && w.stretch !== undefined).length;
  if (plan.growth && stretches === 0)
    odd.push({
      statement: "Waves are to grow by belief, and no wave follows a first one whose size could be decided.",
      values: [plan.waves.length],
      assumed: "The waves stay as they are.",
    });
  if (
    plan.growth &&
    plan.growth.ceiling < Math.max(...plan.waves.filter((w) => w.stretch === undefined).map((w) => w.endpointIds.length), 0)
  )
    odd.push({
      statement: `No wave that grows is larger than ${plan.growth.ceiling}, and a wave that stays as signed is.`,
      values: [plan.growth.ceiling],
      assumed: "The rails hold for waves after the canary of production; canaries and development stay as they are signed.",
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
