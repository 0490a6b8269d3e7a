export type {
  RolloutEvent,
  RolloutState,
} from "./core/index.ts";
export {
  begin,
  countsAsFailure,
  currentWave,
  evolve,
  forecastWords,
  isBeforeChange,
  isFinal,
  isInFlight,
  remainsChanged,
  rollbackExecutionId,
  waveExecutions,
} from "./core/index.ts";
export { type CommandGiven, createRollout, type Rollout } from "./engine/engine.ts";
export { siblingBytes } from "./engine/outbox.ts";
export { readAction } from "./engine/outcomes.ts";
export { planWindows } from "./engine/plan-windows.ts";
export { rehearsalStanding, rehearsalsOf } from "./engine/rehearsal-gate.ts";

export * from "./outbox-command.ts";
