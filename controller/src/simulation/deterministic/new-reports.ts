import type { RolloutCommand, RolloutState } from "../../act/rollout/core/index.ts";
import type { SimulatedStore } from "./store.ts";

/**
 * What endpoints said that the core is to be told: deliveries, and the reports of an execution that it has not seen.
 * @param steps whether old reports are left out, which is a rule of the core's
 */
export function newReports(
  store: SimulatedStore,
  state: RolloutState,
  arrived: ReturnType<SimulatedStore["arrived"]>,
  steps: boolean,
): RolloutCommand[] {
  const commands: RolloutCommand[] = [];
  for (const row of store.outbox.values())
    if (row.command === "apply" && row.delivered && !row.done && state.executions.get(row.endpointId)?.state === "queued")
      commands.push({ type: "delivered", endpointId: row.endpointId });
  for (const [key, told] of arrived) {
    const endpointId = key.slice(key.indexOf(" ") + 1);
    const of = key.startsWith("apply") ? "apply" : "rollback";
    const execution = state.executions.get(endpointId);
    if (!execution) continue;
    const seen = of === "apply" ? execution.lastStep : execution.lastRollbackStep;
    for (const step of [...told].sort((a, b) => a - b)) {
      const report = store.reports.get(key)?.get(step);
      if (report && (step > seen || !steps)) commands.push({ type: "report", endpointId, of, ...report, message: "" });
    }
  }
  return commands;
}
