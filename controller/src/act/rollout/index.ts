export type {
  RolloutEvent,
  RolloutState,
} from "./core/index.ts";
export {
  begin,
  countsAsFailure,
  currentWave,
  evolve,
  isBeforeChange,
  isFinal,
  isInFlight,
  remainsChanged,
  rollbackExecutionId,
  waveExecutions,
} from "./core/index.ts";
export { type CommandGiven, createRollout, type Rollout } from "./engine/engine.ts";
export { planWindows } from "./engine/plan-windows.ts";

export * from "./outbox-command.ts";
