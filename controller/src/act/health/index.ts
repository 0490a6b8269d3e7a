export { createHealth, type Health, type HealthCounters, type HealthPoint, type HealthSeries, type SeriesQuery } from "./health.ts";
export * from "./judge/index.ts";
export type { FleetSample, WatchFilter, WatchSink } from "./telemetry/subscriptions.ts";
export type * from "./wave/types.ts";
export { createWaveJudge } from "./wave/wave-judge.ts";
