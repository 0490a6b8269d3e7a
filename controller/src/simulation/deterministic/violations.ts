import { check } from "./check.ts";
import type { Fleet } from "./fleet-file.ts";
import type { SimulatedPlan } from "./policies.ts";
import { type Run, type RunOptions, runSeed } from "./run.ts";

/** A run with all that was violated in it. `run` is missing when it broke with an error, which is a violation too. */
export interface Verified {
  readonly run?: Run;
  readonly violations: readonly string[];
}

/** Runs a seed and checks what happened. */
export function verify(fleet: Fleet, plan: SimulatedPlan, options: RunOptions): Verified {
  let run: Run;
  try {
    run = runSeed(fleet, plan, options);
  } catch (cause) {
    return { violations: [`the run broke: ${cause instanceof Error ? cause.message : String(cause)}`] };
  }
  const oneWay = { endpointIds: new Set(options.adversity?.oneWay), atOnce: plan.rollout.unrestorableAtOnce ?? 1 };
  return { run, violations: [...check(fleet, plan.rollout, oneWay, run.trace), ...run.disagreements] };
}
