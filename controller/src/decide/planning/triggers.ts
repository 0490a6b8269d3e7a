import { branchWords, metricName } from "../rollback/index.ts";
import type { WaveDocument } from "./document.ts";
import { gateWords } from "./gate.ts";
import type { Branch, PlannedWave, Trigger } from "./rollout-plan.ts";

export type OnHarmful = "pause" | "rollback-wave" | "rollback-deployment";

const MINUTE = 60_000;

/** What the judge measures, by the kind of trigger that can rest on it. */
export const MEASURED: Readonly<Record<Trigger["kind"], readonly string[]>> = {
  count: ["units_failed", "unit_restarts_total", "check_up", "oom_kills_total"],
  "change-permille": ["check_latency_ms", "memory_used_percent", "cpu_percent"],
};

/**
 * What undoes a wave. Hard facts act at once; shares are changes against endpoints that are not patched yet, so that a
 * busy hour is not mistaken for harm. No trigger waits for longer than half of the bake, or it could never fire in it.
 */
export function triggersOf(bakeMs: number, onHarmful: OnHarmful): Trigger[] {
  const within = (ms: number) => Math.max(0, Math.min(ms, Math.floor(bakeMs / 2)));
  return [
    { metric: "units_failed", kind: "count", threshold: 1, forMs: within(2 * MINUTE), action: onHarmful },
    { metric: "check_up", kind: "count", threshold: 1, forMs: within(2 * MINUTE), action: onHarmful },
    { metric: "oom_kills_total", kind: "count", threshold: 1, forMs: 0, action: onHarmful },
    { metric: "check_latency_ms", kind: "change-permille", threshold: 250, forMs: within(10 * MINUTE), action: onHarmful },
    { metric: "memory_used_percent", kind: "change-permille", threshold: 250, forMs: within(30 * MINUTE), action: "pause" },
    { metric: "cpu_percent", kind: "change-permille", threshold: 300, forMs: within(15 * MINUTE), action: "pause" },
  ];
}

const ACTIONS: Readonly<Record<Trigger["action"], string>> = {
  pause: "pause, and ask a person",
  "rollback-wave": "pause, and roll the wave back",
  "rollback-deployment": "halt, and roll the whole deployment back",
  halt: "start nothing further and end the deployment; what is patched stays",
};

type Told = WaveDocument["rollback"]["tree"][number];
const told = (condition: string, then: string, otherwise: string): Told => ({ if: condition, then, else: otherwise });

const OTHERWISE: Readonly<Record<Branch["when"]["kind"], string>> = {
  trigger: "the wave is watched on",
  harmful: "the judge says healthy, or has not decided",
  undecided: "the gate opens as soon as it has what it asks for, and the next wave may start in its window",
  "too-few-succeeded": "the gate looks at the verdict",
  "budget-used-up": "keep going",
  "not-restored": "the rollback is reported with its evidence",
};

/** The triggers and the decision tree in words: those that the engine acts on, after what the endpoint does by itself. */
export function rollbackDocument(
  plan: { readonly errorBudget: number; readonly reversible: boolean },
  wave: PlannedWave,
  endpoints: number,
  further: WaveDocument["rollback"]["triggers"],
): WaveDocument["rollback"] {
  const { triggers, tree = [], gate } = wave;
  const restore = plan.reversible
    ? "restore the kept old version on it, verify versions, units and checks"
    : "stop it from serving and call the owner: the old version cannot be restored automatically";
  const irreversible =
    "; the old versions cannot be restored automatically: take the endpoints out of service where there is redundancy and call the owner";
  return {
    triggers: [
      ...triggers.map((t) => ({
        metric: metricName(t.metric),
        threshold: t.kind === "count" ? t.threshold : t.threshold / 10,
        unit: t.kind === "count" ? "count" : "% increase",
        forMinutes: t.forMs / MINUTE,
        action: ACTIONS[t.action],
      })),
      {
        metric: "failed executions of this wave",
        threshold: Math.floor((endpoints * (1_000 - gate.successPermille)) / 1_000) + 1,
        unit: `of ${endpoints} endpoints`,
        forMinutes: 0,
        action: "the gate stays shut: the next wave does not start, and a person is asked",
      },
      {
        metric: "failed executions",
        threshold: plan.errorBudget,
        unit: "endpoints of the deployment",
        forMinutes: 0,
        action: "start nothing further, and ask a person",
      },
      ...further,
    ],
    tree: [
      told(
        "an execution fails before anything was changed (precheck, lock, download)",
        "leave the endpoint as it is, count the failure, go on with the others",
        "look at what was changed",
      ),
      told("an execution fails after the change, or its own checks fail", restore, "the endpoint bakes with its wave"),
      ...tree.map((branch) => {
        const words = branchWords(plan, { ...wave, size: endpoints }, branch);
        const takesBack = branch.action === "rollback-wave" || branch.action === "rollback-deployment";
        return told(
          words.when,
          `${words.action}${takesBack && !plan.reversible ? irreversible : ""}; ${words.ask}`,
          OTHERWISE[branch.when.kind],
        );
      }),
      told(
        "the watch is over and nothing above came true",
        `the gate opens when ${gateWords(gate)}`,
        "it is watched on, and at the limit a person decides",
      ),
    ],
    reversible: plan.reversible,
  };
}
