import type { Fleet } from "./fleet-file.ts";
import type { SimulatedPlan } from "./policies.ts";
import type { RunOptions } from "./run.ts";
import { verify } from "./violations.ts";

/** Runs spent on one failing seed. */
const MOST_RUNS = 200;

/**
 * The shortest list of faults that still violates the same invariant: first none at all, then delta debugging (Zeller and
 * Hildebrandt 2002): halves, quarters, and so on are left out as long as it still fails.
 * @param struck the faults that struck in the failing run
 */
export function shrink(
  fleet: Fleet,
  plan: SimulatedPlan,
  options: RunOptions,
  failed: { readonly violation: string; readonly struck: readonly string[] },
): readonly string[] {
  const invariant = failed.violation.slice(0, 3);
  let runs = 0;
  const fails = (only: readonly string[]): boolean => {
    runs += 1;
    return verify(fleet, plan, { ...options, only: new Set(only) }).violations.some((v) => v.startsWith(invariant));
  };
  if (fails([])) return [];
  let left = [...failed.struck];
  for (let parts = 2; left.length > 1 && runs < MOST_RUNS; ) {
    const size = Math.ceil(left.length / parts);
    let smaller: string[] | undefined;
    for (let from = 0; from < left.length && runs < MOST_RUNS; from += size) {
      const rest = [...left.slice(0, from), ...left.slice(from + size)];
      if (!fails(rest)) continue;
      smaller = rest;
      break;
    }
    if (smaller) {
      left = smaller;
      parts = Math.max(2, parts - 1);
    } else if (parts >= left.length) break;
    else parts = Math.min(left.length, parts * 2);
  }
  return left;
}
