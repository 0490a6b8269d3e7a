import { setTimeout as wait } from "node:timers/promises";
import type { Check, RehearsalReport } from "@breakwater/shared/command";
import { runCheck } from "../execution/index.ts";
import type { Run } from "../packages/index.ts";

interface Samples {
  readonly latenciesMs: number[];
  failures: number;
  detail: string;
}
export type SampledChecks = ReadonlyMap<string, Samples>;

/** Asking systemd costs more than a request to a service; once in this many rounds is enough. */
const UNIT_EVERY = 4;

/** Repeats checks while `going` says so, a round each `everyMs`. */
export async function sampleChecks(run: Run, checks: readonly Check[], everyMs: number, going: () => boolean): Promise<SampledChecks> {
  const samples = new Map<string, Samples>(checks.map((c) => [c.name, { latenciesMs: [], failures: 0, detail: "" }]));
  for (let round = 0; going(); round++) {
    const due = checks.filter((c) => c.kind !== "unit" || round % UNIT_EVERY === 0);
    for (const result of await Promise.all(due.map((c) => runCheck(run, c)))) {
      const s = samples.get(result.name);
      if (!s) continue;
      if (result.passed) s.latenciesMs.push(result.latencyMs);
      else {
        s.failures++;
        s.detail = result.detail;
      }
    }
    await wait(everyMs);
  }
  return samples;
}

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  return middle === undefined ? -1 : Math.round(middle * 10) / 10;
};

/** Below this a median is no median. */
const ENOUGH = 10;
/** Half as slow again, and more than a scheduler's whim. */
const SLOWER_FACTOR = 1.5;
const SLOWER_MS = 5;

export interface ComparedChecks {
  readonly checks: RehearsalReport["checks"];
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** Pure: each check before the change against the same check after it, on the same clone. */
export function compareChecks(before: SampledChecks, after: SampledChecks): ComparedChecks {
  const problems: string[] = [];
  const warnings: string[] = [];
  const checks = [...after].map(([name, now]) => {
    const then = before.get(name) ?? { latenciesMs: [], failures: 0, detail: "" };
    const [slow, fast] = [median(now.latenciesMs), median(then.latenciesMs)];
    const rounds = now.latenciesMs.length + now.failures;
    if (then.latenciesMs.length === 0)
      warnings.push(
        `${name} did not pass on the copy before the change either, so it says nothing here${then.detail ? ` (${then.detail})` : ""}.`,
      );
    else if (now.failures > 1) problems.push(`${name} failed ${now.failures} of ${rounds} times after the change: ${now.detail}.`);
    else if (now.failures === 1) warnings.push(`${name} failed once in ${rounds} times after the change: ${now.detail}.`);
    if (Math.min(then.latenciesMs.length, now.latenciesMs.length) >= ENOUGH && slow > fast * SLOWER_FACTOR && slow - fast > SLOWER_MS)
      warnings.push(
        `${name} takes ${slow} ms after the change, ${fast} ms before (medians of ${now.latenciesMs.length} and ${then.latenciesMs.length}).`,
      );
    return {
      name,
      samplesBefore: then.latenciesMs.length + then.failures,
      failuresBefore: then.failures,
      medianMsBefore: fast,
      samplesAfter: rounds,
      failuresAfter: now.failures,
      medianMsAfter: slow,
      detail: now.detail || then.detail,
    };
  });
  return { checks, problems, warnings };
}
