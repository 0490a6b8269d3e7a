import { ApiProblem } from "./api.ts";

/** What may be done when something goes wrong, in the words of the form. */
export const reactions = {
  pause: "start nothing further, ask a person",
  "rollback-wave": "roll the wave back and end",
  "rollback-deployment": "roll everything back and end",
  halt: "end; what is patched stays",
} as const;
type Reaction = keyof typeof reactions;

/** What the judge measures: a share is a change against endpoints that are not patched yet, a count is on one endpoint. */
export const metrics = [
  { id: "units_failed", kind: "count", label: "newly failed systemd units" },
  { id: "check_up", kind: "count", label: "failing checks" },
  { id: "oom_kills_total", kind: "count", label: "out-of-memory kills" },
  { id: "unit_restarts_total", kind: "count", label: "restarts of one unit" },
  { id: "check_latency_ms", kind: "percent", label: "check latency" },
  { id: "memory_used_percent", kind: "percent", label: "memory in use" },
  { id: "cpu_percent", kind: "percent", label: "CPU in use" },
] as const;
export const kindOf = (metric: string): "count" | "percent" => metrics.find((m) => m.id === metric)?.kind ?? "count";

export const conditions = {
  harmful: "the judge has proven harm",
  "not-restored": "an endpoint could not be restored",
  "budget-used-up": "the error budget is used up",
  "too-few-succeeded": "too few of the wave succeeded",
  undecided: "the watch is over, the verdict open",
} as const;
export const orders = { "harmed-first": "harmed endpoints first", "newest-first": "last patched first" } as const;
export const asked = { operator: "an operator", approver: "an approver", "on-call": "the on-call engineer" } as const;

/** Numbers are null while their field is empty. */
export interface TriggerDraft {
  metric: string;
  size: number | null;
  forMinutes: number | null;
  action: Reaction;
}
/** `when` is a condition, or "trigger:N" with the trigger's place from 1. */
export interface BranchDraft {
  when: string;
  action: Reaction;
  order: keyof typeof orders;
  ask: keyof typeof asked;
}
/** null: the planner's own. */
export interface RulesDraft {
  triggers: TriggerDraft[] | null;
  tree: BranchDraft[] | null;
}

/** The planner's own triggers for a watch of an hour or more, to begin from. */
export const usualTriggers = (): TriggerDraft[] => [
  { metric: "units_failed", size: 1, forMinutes: 2, action: "rollback-wave" },
  { metric: "check_up", size: 1, forMinutes: 2, action: "rollback-wave" },
  { metric: "oom_kills_total", size: 1, forMinutes: 0, action: "rollback-wave" },
  { metric: "check_latency_ms", size: 25, forMinutes: 10, action: "rollback-wave" },
  { metric: "memory_used_percent", size: 25, forMinutes: 30, action: "pause" },
  { metric: "cpu_percent", size: 30, forMinutes: 15, action: "pause" },
];

const branch = (when: string, action: Reaction, ask: BranchDraft["ask"] = "operator"): BranchDraft => ({
  ...{ when, action, ask },
  order: "harmed-first",
});
/** The planner's own tree around these triggers: what takes back before what only asks. */
export function usualTree(triggers: readonly TriggerDraft[]): BranchDraft[] {
  const own = triggers.map((t, i) => branch(`trigger:${i + 1}`, t.action));
  return [
    ...own.filter((b) => b.action !== "pause"),
    branch("harmful", "rollback-wave"),
    ...own.filter((b) => b.action === "pause"),
    branch("not-restored", "pause", "on-call"),
    branch("budget-used-up", "halt"),
    branch("too-few-succeeded", "pause", "approver"),
    branch("undecided", "pause", "approver"),
  ];
}

/** Without this trigger and the branches that wait for it; the others keep theirs. */
export function withoutTrigger(draft: RulesDraft, index: number): RulesDraft {
  const place = index + 1;
  const moved = (b: BranchDraft): BranchDraft => {
    const n = Number(/^trigger:(\d+)$/.exec(b.when)?.[1] ?? 0);
    return n > place ? { ...b, when: `trigger:${n - 1}` } : b;
  };
  return {
    triggers: draft.triggers?.filter((_, i) => i !== index) ?? null,
    tree: draft.tree?.filter((b) => b.when !== `trigger:${place}`).map(moved) ?? null,
  };
}

/** The wish as the API takes it. With a tree its branches say what a trigger leads to. */
export function wishOf({ triggers, tree }: RulesDraft): Record<string, unknown> {
  return {
    ...(triggers && {
      triggers: triggers.map((t) => ({
        metric: t.metric,
        [kindOf(t.metric)]: t.size,
        forMinutes: t.forMinutes ?? 0,
        ...(tree ? {} : { action: t.action }),
      })),
    }),
    ...(tree && {
      tree: tree.map(({ when, ...rest }) => ({
        when: when.startsWith("trigger:") ? { trigger: Number(when.slice("trigger:".length)) } : when,
        ...rest,
      })),
    }),
  };
}

/** What is wrong, by its path in the request ("triggers.0.percent"). */
export type Faults = Readonly<Record<string, string>>;

/** Empty numbers, which need no controller to be found. */
export function emptyFields({ triggers }: RulesDraft): Faults {
  return Object.fromEntries(
    (triggers ?? []).flatMap((t, i) => (t.size === null ? [[`triggers.${i}.${kindOf(t.metric)}`, "Say how much."]] : [])),
  );
}

/**
 * A refusal of these rules in the words of the form. The controller's own are for a file, where a branch has a `when`; what it
 * says of anything else is left as it is.
 */
export function inFormWords(problem: ApiProblem, { triggers, tree }: RulesDraft): ApiProblem {
  const [found] = Array.isArray(problem.details) ? (problem.details as { at?: unknown; fault?: unknown }[]) : [];
  const place = Number(/^(?:triggers|tree)\.(\d+)/.exec(String(found?.at))?.[1] ?? 0);
  const named = `Trigger ${place + 1} (${metrics.find((m) => m.id === triggers?.[place]?.metric)?.label ?? "unnamed"})`;
  const when = tree?.[place]?.when ?? "";
  const awaited = /^trigger:(\d+)$/.exec(when)?.[1];
  const condition = awaited === undefined ? (conditions[when as keyof typeof conditions] ?? when) : `trigger ${awaited} holds`;
  const words: Record<string, [message: string, next: string]> = {
    "trigger-silent": [`${named} does not say what is done.`, "Choose it at the end of its line."],
    "branch-twice": [
      `Two branches begin with “If ${condition}”; the second could never be taken.`,
      `Remove branch ${place + 1}, or choose another condition in it.`,
    ],
    "harm-unanswered": [`No branch says what is done if ${conditions.harmful}.`, `Press “Add a branch”: it begins with that.`],
    "trigger-missing": [
      `Branch ${place + 1} waits for a trigger that is not in the list.`,
      "Choose another condition in it, or remove it.",
    ],
    "trigger-idle": [
      `${named} leads to nothing: no branch waits for it.`,
      `Press “Add a branch” and choose “trigger ${place + 1} holds”, or remove the trigger.`,
    ],
    "actions-differ": [`${named} and its branch do not do the same.`, "Make them agree."],
  };
  const said = words[String(found?.fault)];
  if (said === undefined) return problem;
  const [message, next] = said;
  return new ApiProblem(problem.status, { code: problem.code, message, next, details: [{ at: found?.at, message }] });
}

/** Faults that the controller found in these rules; none where the problem lies elsewhere. */
export function faultsOf(problem: ApiProblem): Faults {
  const found = Array.isArray(problem.details) ? (problem.details as { at?: unknown; message?: unknown }[]) : [];
  return Object.fromEntries(
    found.flatMap(({ at, message }) =>
      typeof at === "string" && typeof message === "string" && /^(triggers|tree)\b/.test(at) ? [[at, message]] : [],
    ),
  );
}
