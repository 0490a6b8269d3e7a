export { createHealth, type Health, type HealthSeries } from "./health.ts";
export * from "./judge/index.ts";

export { judgeSeries } from "./wave/judge-series.ts";
export type * from "./wave/types.ts";
export { createWaveJudge } from "./wave/wave-judge.ts";
