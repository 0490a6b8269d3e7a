import type { Branch, PlannedWave, Reaction, RolloutPlan, Trigger } from "../planning/index.ts";

/** Hard facts and what takes back come before what only asks, so that of two at once the graver is taken. */
export function treeOf(triggers: readonly Trigger[], onHarmful: PlannedWave["onHarmful"]): Branch[] {
  const branches = triggers.map((t, trigger): Branch => branch({ kind: "trigger", trigger }, t.action));
  return [
    ...branches.filter((b) => b.action !== "pause"),
    branch({ kind: "harmful" }, onHarmful),
    ...branches.filter((b) => b.action === "pause"),
    branch({ kind: "not-restored" }, "pause", "on-call"),
    branch({ kind: "budget-used-up" }, "halt"),
    branch({ kind: "too-few-succeeded" }, "pause", "approver"),
    branch({ kind: "undecided" }, "pause", "approver"),
  ];
}

const branch = (when: Branch["when"], action: Reaction, ask: Branch["ask"] = "operator"): Branch => ({
  when,
  action,
  order: "harmed-first",
  ask,
});

/** The tree that is signed, or for a plan from before there were trees the one that its other fields mean. */
export const treeOfWave = (wave: PlannedWave): readonly Branch[] => wave.tree ?? treeOf(wave.triggers, wave.onHarmful);

const NAMES: Readonly<Record<string, string>> = {
  units_failed: "newly failed systemd units on one endpoint",
  unit_restarts_total: "restarts of one unit since the patch",
  check_up: "failing checks on one endpoint",
  oom_kills_total: "out-of-memory kills on one endpoint",
  check_latency_ms: "check latency against unpatched endpoints",
  memory_used_percent: "memory in use against unpatched endpoints",
  cpu_percent: "CPU in use against unpatched endpoints",
};
export const metricName = (metric: string): string => NAMES[metric] ?? metric;

/** "check latency against unpatched endpoints: 25 % more for 10 min" */
export function triggerSentence(t: Trigger): string {
  const size = t.kind === "count" ? `${t.threshold} or more` : `${t.threshold / 10} % more`;
  return `${metricName(t.metric)}: ${size}${t.forMs === 0 ? "" : ` for ${lasting(t.forMs)}`}`;
}

const lasting = (ms: number): string => (ms < 60_000 ? `${Math.round(ms / 100) / 10} s` : `${Math.round((ms / 60_000) * 10) / 10} min`);

/** What a branch says, in words: the same on the plan, on the page and in the audit chain. */
export function branchWords(plan: Pick<RolloutPlan, "errorBudget">, wave: Told, { when, action, order, ask }: Branch) {
  return {
    when: whenWords(plan, wave, when),
    action: actionWords(wave.size ?? wave.endpointIds.length, action, order),
    ask: `${ask === "on-call" ? "the on-call engineer" : `an ${ask}`} is asked`,
  };
}

/** `size`: how many endpoints the wave has, where it does not name them. */
type Told = PlannedWave & { readonly size?: number };

function whenWords(plan: Pick<RolloutPlan, "errorBudget">, wave: Told, when: Branch["when"]): string {
  switch (when.kind) {
    case "trigger": {
      const trigger = wave.triggers[when.trigger];
      return trigger ? triggerSentence(trigger) : `trigger ${when.trigger + 1}, which the plan does not hold`;
    }
    case "harmful":
      return "the judge has proven harm";
    case "undecided":
      return `the watch has lasted ${lasting(Math.max(wave.gate.bakeMs, wave.gate.bakeLimitMs))} and the verdict is still open`;
    case "too-few-succeeded":
      return `fewer than ${wave.gate.successPermille / 10} % of the wave's ${wave.size ?? wave.endpointIds.length} endpoints succeeded`;
    case "budget-used-up":
      return `${plan.errorBudget} ${plan.errorBudget === 1 ? "execution has" : "executions have"} failed in the deployment`;
    case "not-restored":
      return "an endpoint could not be restored, or only in part";
  }
}

function actionWords(n: number, action: Reaction, order: Branch["order"]): string {
  const first = order === "harmed-first" ? "those on which harm was seen first" : "those that were patched last first";
  switch (action) {
    case "pause":
      return "start nothing further and wait for a person";
    case "halt":
      return "start nothing further and end the deployment; what is patched stays";
    case "rollback-wave":
      return `roll the ${n} ${n === 1 ? "endpoint" : "endpoints"} of this wave back, ${first}, and end the deployment`;
    case "rollback-deployment":
      return `roll every endpoint of the deployment back, ${first}, and end it`;
  }
}
