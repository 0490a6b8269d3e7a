export { type BootLoader, createGrub, decideFallback, noFallback } from "./boot-loader/index.ts";
export { findHooks, HOOK_PHASES, type HookPhase, PHASE_LIMIT_MS, runHooks } from "./hooks.ts";
export { bootIdentity, createMachine, type Machine, runningKernel } from "./machine.ts";
export { askNeedRestart } from "./need-restart.ts";
export { rebootReasons } from "./needs.ts";
