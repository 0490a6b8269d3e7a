import { setTimeout as wait } from "node:timers/promises";
import type { Check } from "@breakwater/shared/command";
import type { Report } from "../executor/protocol.ts";
import type { Run } from "../packages/run.ts";
import { probeDirectly } from "../telemetry/checks.ts";
import { showUnits } from "./units.ts";

type CheckResult = Report["checks"][number];
/** Between two rounds while checks are given time to pass. */
const RETRY_MS = 1_000;

/** Runs one probe. Whatever goes wrong is a check that did not pass, with the reason. */
export async function runCheck(run: Run, check: Check): Promise<CheckResult> {
  const began = performance.now();
  const outcome = await probe(run, check).catch((error: Error) => error.message);
  return {
    name: check.name,
    passed: outcome === undefined,
    detail: (outcome ?? "").slice(0, 500),
    latencyMs: Math.round((performance.now() - began) * 10) / 10,
  };
}

/** @returns undefined when it passed, else why not. */
async function probe(run: Run, check: Check): Promise<string | undefined> {
  // As the agent watches it from day to day: what passes there must not fail here for another way of asking.
  if (check.kind !== "unit") return probeDirectly(check);
  const [state] = await showUnits(run, [check.unit]);
  return state?.active === "active" ? undefined : `${check.unit} is ${state?.active ?? "unknown"} (${state?.sub ?? "-"})`;
}

/** Repeats the checks that failed until all pass or the time is over. */
export async function runChecks(run: Run, checks: readonly Check[], graceMs: number, now: () => number): Promise<CheckResult[]> {
  const until = now() + graceMs;
  let results = await Promise.all(checks.map((c) => runCheck(run, c)));
  while (results.some((r) => !r.passed) && now() < until) {
    await wait(RETRY_MS);
    results = await Promise.all(checks.map(async (c, i) => (results[i]?.passed ? results[i] : runCheck(run, c)) as CheckResult));
  }
  return results;
}
