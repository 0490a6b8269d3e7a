import type { WaveDocument } from "./document.ts";
import type { Trigger } from "./rollout-plan.ts";

export type OnHarmful = "pause" | "rollback-wave" | "rollback-deployment";

const MINUTE = 60_000;

/**
 * What undoes a wave. Hard facts act at once; shares are changes against endpoints that are not patched yet, so that a
 * busy hour is not mistaken for harm. No trigger waits for longer than half of the bake, or it could never fire in it.
 */
export function triggersOf(bakeMs: number, onHarmful: OnHarmful): Trigger[] {
  const within = (ms: number) => Math.max(0, Math.min(ms, Math.floor(bakeMs / 2)));
  const soft = onHarmful === "rollback-deployment" ? "rollback-deployment" : onHarmful;
  return [
    { metric: "units_failed", kind: "count", threshold: 1, forMs: within(2 * MINUTE), action: soft },
    { metric: "check_up", kind: "count", threshold: 1, forMs: within(2 * MINUTE), action: soft },
    { metric: "oom_kills_total", kind: "count", threshold: 1, forMs: 0, action: soft },
    { metric: "check_latency_ms", kind: "change-permille", threshold: 250, forMs: within(10 * MINUTE), action: soft },
    { metric: "memory_used_percent", kind: "change-permille", threshold: 250, forMs: within(30 * MINUTE), action: "pause" },
    { metric: "cpu_percent", kind: "change-permille", threshold: 300, forMs: within(15 * MINUTE), action: "pause" },
  ];
}

const NAMES: Readonly<Record<string, string>> = {
  units_failed: "newly failed systemd units on one endpoint",
  check_up: "failing checks on one endpoint",
  oom_kills_total: "out-of-memory kills on one endpoint",
  check_latency_ms: "check latency against unpatched endpoints",
  memory_used_percent: "memory in use against unpatched endpoints",
  cpu_percent: "CPU in use against unpatched endpoints",
};

const ACTIONS: Readonly<Record<Trigger["action"], string>> = {
  pause: "pause, and ask a person",
  "rollback-wave": "pause, and roll the wave back",
  "rollback-deployment": "halt, and roll the whole deployment back",
};

/** Share of a wave's executions that must succeed: every canary, 95 % of the larger waves. */
export const successPermille = (kind: string): number => (kind === "canary" || kind === "only" ? 1_000 : 950);
const failuresThatClose = (wave: { count: number; kind: string }): number =>
  Math.floor((wave.count * (1_000 - successPermille(wave.kind))) / 1_000) + 1;

type Branch = WaveDocument["rollback"]["tree"][number];
const branch = (condition: string, then: string, otherwise: string): Branch => ({ if: condition, then, else: otherwise });

/** The triggers and the decision tree in words. The numbers are those that the engine acts on. */
export function rollbackDocument(
  triggers: readonly Trigger[],
  wave: { count: number; kind: string; bakeMs: number },
  errorBudget: number,
  further: WaveDocument["rollback"]["triggers"],
  reversible: boolean,
): WaveDocument["rollback"] {
  const documented = triggers.map((t) => ({
    metric: NAMES[t.metric] ?? t.metric,
    threshold: t.kind === "count" ? t.threshold : t.threshold / 10,
    unit: t.kind === "count" ? "count" : "% increase",
    forMinutes: t.forMs / MINUTE,
    action: ACTIONS[t.action],
  }));
  const failed = {
    metric: "failed executions",
    threshold: errorBudget,
    unit: "endpoints of the deployment",
    forMinutes: 0,
    action: "start nothing further, and ask a person",
  };
  const restore = reversible
    ? "restore the kept old version on it, verify versions, units and checks"
    : "stop it from serving and call the owner: the old version cannot be restored automatically";
  const failedHere = {
    metric: "failed executions of this wave",
    threshold: failuresThatClose(wave),
    unit: `of ${wave.count} endpoints`,
    forMinutes: 0,
    action: "the gate stays shut: the next wave does not start, and a person is asked",
  };
  return {
    triggers: [...documented, failedHere, failed, ...further],
    tree: [
      branch(
        "an execution fails before anything was changed (precheck, lock, download)",
        "leave the endpoint as it is, count the failure, go on with the others",
        "look at what was changed",
      ),
      branch("an execution fails after the change, or its own checks fail", restore, "the endpoint bakes with its wave"),
      branch(
        `${errorBudget} ${errorBudget === 1 ? "execution has" : "executions have"} failed in this deployment`,
        "start nothing further; a person reads the failures by class and decides between repair, exclusion and rollback",
        "keep going",
      ),
      branch(
        "a trigger above holds for its time, or the judge says harmful",
        reversible
          ? `roll back the ${wave.count} ${wave.count === 1 ? "endpoint" : "endpoints"} of this wave, keep the waves before it under watch, and stop`
          : "stop, take the wave's endpoints out of service where there is redundancy, and call the owner",
        "the judge says healthy, or undecided",
      ),
      branch(
        "the judge is undecided at the end of the bake",
        "watch on, at most three times the bake; then a person decides with the evidence in hand",
        "the gate opens and the next wave may start in its window",
      ),
      branch(
        "a rollback fails or is partial",
        "page the on-call engineer with the endpoint, the step and the output; nothing else starts",
        "the wave is rolled back and reported with its evidence",
      ),
    ],
    reversible,
  };
}
