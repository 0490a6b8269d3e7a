import { recut, sizeNextWave } from "../../../decide/growth/index.ts";
import type { RolloutEvent } from "./events.ts";
import type { Story } from "./evolve.ts";
import { isInFlight } from "./phases.ts";
import { countsAsFailure, leftOut, type RolloutState, type WaveProgress } from "./state.ts";

/** Where the plan grows by belief: how many come next is decided when the gate before them has opened, and written down with its numbers. */
export function growInto(story: Story, wave: number, rules: { readonly growth: boolean }): void {
  const { plan, deploymentId, executions } = story.state;
  if (!plan.growth || wave === 0 || plan.waves[wave]?.stretch === undefined) return;
  const growth = rules.growth ? plan.growth : { ...plan.growth, smallest: 1_000_000, largestFactor: 1_000_000, ceiling: 1_000_000 };
  const known = { deploymentId, ...seen(story.state), begun: (id: string) => executions.has(id) };
  story.tell({ type: "wave-sized", wave, ...sizeNextWave(plan, growth, wave, known) });
}

/** Of so many endpoints whose run has shown something, so many failed, or were named in harm that a person let pass. */
function seen(state: RolloutState): { happened: number; of: number } {
  const named = new Set(state.waves.flatMap((w) => w.branches.flatMap((b) => b.endpointIds)));
  let happened = 0;
  let of = 0;
  for (const execution of state.executions.values()) {
    const failed = countsAsFailure(execution) || named.has(execution.endpointId);
    const told = failed || execution.state === "succeeded";
    if (!told || leftOut(execution) || isInFlight(execution.state)) continue;
    of += 1;
    if (failed) happened += 1;
  }
  return { happened, of };
}

/** Plan, waves and executions once the waves from this one on are cut anew. Those behind it have not begun; only who was left out of them has to be found again. */
export function afterCut(
  state: RolloutState,
  event: Extract<RolloutEvent, { type: "wave-sized" }>,
): Pick<RolloutState, "plan" | "waves" | "executions"> {
  const { type: _type, at: _at, wave: index, endpointIds, ...sized } = event;
  const plan = recut(state.plan, index, endpointIds);
  const pending: WaveProgress = { phase: { kind: "pending" }, overrides: [], holding: [], branches: [] };
  const waves = plan.waves.map((_, i) => (i <= index ? (state.waves[i] ?? pending) : pending));
  const executions = new Map(state.executions);
  for (const [wave, { endpointIds: ids }] of plan.waves.entries())
    for (const id of wave > index ? ids : []) {
      const execution = executions.get(id);
      if (execution) executions.set(id, { ...execution, wave });
    }
  return { plan, waves: waves.map((w, i) => (i === index ? { ...w, sized } : w)), executions };
}
