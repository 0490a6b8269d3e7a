import { formatInstant, ok, type Result } from "@breakwater/shared/core";
import type { Faults } from "./faults.ts";
import type { Fleet } from "./fleet-file.ts";
import { type PolicyName, planOf, type SimulatedPlan } from "./policies.ts";
import type { RunOptions } from "./run.ts";
import { shrink } from "./shrink.ts";
import { traceText } from "./trace.ts";
import { type Verified, verify } from "./violations.ts";

/** The outcome of one seed, as `breakwater simulate` prints it. */
export interface SeedResult {
  readonly seed: number;
  /** what of I1 to I10 was violated, in words; empty is what everybody wants. */
  readonly violations: readonly string[];
  /** Endpoints on which the patch did harm before it was taken back, if it was. */
  readonly harmed: number;
  /** Days without the patch, summed over all endpoints of the file, from the start to the end of the rollout. */
  readonly exposedEndpointDays: number;
  /** When the rollout was over, with nothing in flight. Null: it came to a standstill. */
  readonly finishedAt: string | null;
  readonly state: string;
  readonly decisionsAsked: number;
  readonly failed: number;
  readonly patched: number;
  /** With violations: the shortest list of faults that still leads to the first of them. */
  readonly faults?: readonly string[];
}

export interface Simulation {
  readonly waves: readonly { readonly name: string; readonly endpoints: number }[];
  readonly excluded: readonly { readonly what: string; readonly why: string }[];
  readonly seeds: readonly SeedResult[];
}

export interface SimulationRequest {
  readonly fleet: Fleet;
  readonly faults: Faults;
  readonly policy: PolicyName;
  readonly from: number;
  readonly to: number;
  /** Takes each seed's trace, as text. */
  readonly trace?: (text: string) => void;
}

/** Plans once, runs each seed to its end, and checks what happened. */
export function simulate(request: SimulationRequest): Result<Simulation> {
  const { fleet, faults, policy, from, to } = request;
  const planned = planOf(fleet, policy);
  if (!planned.ok) return planned;
  const plan = planned.value;
  const seeds: SeedResult[] = [];
  for (let seed = from; seed <= to; seed += 1) {
    const options = { seed, faults };
    const verified = verify(fleet, plan, options);
    request.trace?.(traceText(seed, verified.run?.trace ?? []));
    seeds.push(resultOf(fleet, plan, options, verified));
  }
  return ok({
    waves: plan.rollout.waves.map((w) => ({ name: w.name, endpoints: w.endpointIds.length })),
    excluded: plan.excluded.map(({ what, why }) => ({ what, why })),
    seeds,
  });
}

function resultOf(fleet: Fleet, plan: SimulatedPlan, options: RunOptions, { run, violations }: Verified): SeedResult {
  const failed = { violation: violations[0] ?? "", struck: run?.struck ?? [] };
  return {
    seed: options.seed,
    violations,
    harmed: run?.harmed ?? 0,
    exposedEndpointDays: Math.round((run?.exposedEndpointDays ?? 0) * 1_000) / 1_000,
    finishedAt: run?.finishedAt === undefined ? null : formatInstant(run.finishedAt),
    state: run?.state.phase.kind ?? "broken",
    decisionsAsked: run?.decisionsAsked ?? 0,
    failed: run?.failed ?? 0,
    patched: run?.patched ?? 0,
    ...(violations.length === 0 ? {} : { faults: shrink(fleet, plan, options, failed) }),
  };
}
