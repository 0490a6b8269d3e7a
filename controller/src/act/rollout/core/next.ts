import type { Instant } from "@breakwater/shared/core";
import type { Facts } from "./facts.ts";
import { isBeforeChange, isFinal, isInFlight } from "./phases.ts";
import { type Execution, type RolloutState, waveExecutions } from "./state.ts";

/**
 * What the world must look like because of the state. Every effect may be carried out any number of times: a send writes
 * its outbox row if it is not there, a withdrawal closes it if it is open.
 */
export type Effect =
  | { readonly kind: "send"; readonly command: "apply" | "rollback" | "cancel"; readonly execution: Execution }
  /** The apply must not be delivered (again): its execution went on, ended, or was given up. */
  | { readonly kind: "withdraw"; readonly command: "apply" | "rollback" | "cancel"; readonly execution: Execution }
  | {
      readonly kind: "judge";
      readonly wave: number;
      readonly treated: readonly { endpointId: string; patchedAt: Instant }[];
      readonly control: readonly string[];
    };

/** Effects of one execution's state, from nothing but that state: this is what a restart re-derives. */
export function executionEffects(execution: Execution): Effect[] {
  const { state, rollback } = execution;
  if (execution.startedAt === undefined) return [];
  const cancelling = execution.cancelRequestedAt !== undefined;
  const applyOpen = (state === "queued" || state === "delivered") && !cancelling;
  const effects: Effect[] = [{ kind: applyOpen ? "send" : "withdraw", command: "apply", execution }];
  // An endpoint that was given up hears the cancel when it comes back, so that it does not begin then.
  const cancelOpen = isBeforeChange(state) || state === "unreachable";
  if (cancelling) effects.push({ kind: cancelOpen ? "send" : "withdraw", command: "cancel", execution });
  // A rollback stays open for an endpoint that was given up: it is still the current truth.
  const rollbackOpen = state === "rolling-back" || state === "unreachable";
  if (rollback) effects.push({ kind: rollbackOpen ? "send" : "withdraw", command: "rollback", execution });
  return effects;
}

/** All effects that the state calls for. `touched` limits them to those executions; without it, all are re-derived. */
export function next(state: RolloutState, facts: Facts, now: Instant, touched?: ReadonlySet<string>): Effect[] {
  const effects: Effect[] = [];
  for (const execution of state.executions.values())
    if (!touched || touched.has(execution.endpointId)) effects.push(...executionEffects(execution));
  return [...effects, ...judgements(state, facts, now)];
}

/** Waves that run or bake are watched as soon as one of their endpoints has the new versions. */
export function judgements(state: RolloutState, facts: Facts, now: Instant): Effect[] {
  if (isFinal(state.phase) || state.rollback) return [];
  const effects: Effect[] = [];
  for (const [wave, { phase }] of state.waves.entries()) {
    if (phase.kind !== "running" && phase.kind !== "baking") continue;
    const treated = waveExecutions(state, wave).flatMap((e) =>
      e.patchedAt !== undefined && e.patchedAt <= now && e.state !== "rolled-back"
        ? [{ endpointId: e.endpointId, patchedAt: e.patchedAt }]
        : [],
    );
    if (treated.length > 0) effects.push({ kind: "judge", wave, treated, control: controls(state, facts) });
  }
  return effects;
}

/** Endpoints of the plan that are connected and have not been touched. None: the judge compares with the own past. */
function controls(state: RolloutState, facts: Facts): string[] {
  return Object.keys(state.plan.endpoints).filter((id) => {
    const execution = state.executions.get(id);
    const untouched = !execution || (!isInFlight(execution.state) && !execution.touched);
    return untouched && facts.endpoints.get(id)?.connected === true && !facts.busyElsewhere.has(id);
  });
}
