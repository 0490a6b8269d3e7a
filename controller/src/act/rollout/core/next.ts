import type { Instant } from "@breakwater/shared/core";
import { disturbedAt, undisturbed } from "./elsewhere.ts";
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
      readonly treated: readonly Treated[];
      readonly control: readonly string[];
    };

/** A patched endpoint that is watched. */
export interface Treated {
  readonly endpointId: string;
  readonly patchedAt: Instant;
  /** From then on another deployment changed it too: what it shows no longer speaks of this patch. */
  readonly until?: Instant;
}

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
    const treated = waveExecutions(state, wave).flatMap((e): Treated[] => {
      const { endpointId, patchedAt } = e;
      if (patchedAt === undefined || patchedAt > now || e.state === "rolled-back") return [];
      const until = disturbedAt(facts, endpointId, patchedAt);
      return [{ endpointId, patchedAt, ...(until === undefined ? {} : { until }) }];
    });
    if (treated.length > 0) effects.push({ kind: "judge", wave, treated, control: controls(state, facts, treated) });
  }
  return effects;
}

/**
 * Endpoints of the plan that are connected and that nobody has touched: not this deployment, and no other one as far back as
 * is compared, whose harm would else hide ours or its repair look like ours. None: the judge compares with the own past.
 */
function controls(state: RolloutState, facts: Facts, treated: readonly Treated[]): string[] {
  const first = Math.min(...treated.map((t) => t.patchedAt)) as Instant;
  return Object.keys(state.plan.endpoints).filter((id) => {
    const execution = state.executions.get(id);
    const untouched = !execution || (!isInFlight(execution.state) && !execution.touched);
    return untouched && facts.endpoints.get(id)?.connected === true && undisturbed(facts, id, first);
  });
}
