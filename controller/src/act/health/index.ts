export { createHealth, type Health } from "./health.ts";
export * from "./judge/index.ts";

export type * from "./wave/types.ts";
export { createWaveJudge } from "./wave/wave-judge.ts";
