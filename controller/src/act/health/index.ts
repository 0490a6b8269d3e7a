export { createHealth } from "./health.ts";
export * from "./judge/index.ts";
export type { Health, HealthPoint, HealthSeries } from "./types.ts";
export { DEFAULT_GRACE_MS, judgeSeries } from "./wave/judge-series.ts";
export { disturbances, upToDisturbance } from "./wave/samples.ts";
export { blindness } from "./wave/triggers.ts";
export type * from "./wave/types.ts";
export { createWaveJudge } from "./wave/wave-judge.ts";
