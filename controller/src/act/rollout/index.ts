export type {
  Decision,
  DeploymentPhase,
  Execution,
  ExecutionState,
  Facts,
  OperatorCommand,
  Patience,
  RolloutCommand,
  RolloutEvent,
  RolloutState,
  Verdict,
  Wait,
  WavePhase,
  WindowClock,
} from "./core/index.ts";
export {
  ALL_RULES,
  begin,
  decide,
  evolve,
  executionIdFor,
  explain,
  next,
  PATIENCE,
  rollbackExecutionId,
  sentences,
  TRANSITIONS,
} from "./core/index.ts";
export { type CommandGiven, createRollout, type Explanation, type Rollout, type RolloutParts } from "./engine/engine.ts";
export type { Freeze } from "./engine/freeze.ts";
export type { JudgeInput, Judgement, WaveJudge } from "./engine/judge.ts";
export { planWindows } from "./engine/plan-windows.ts";
export type { DeploymentView } from "./engine/view.ts";
export * from "./outbox-command.ts";
