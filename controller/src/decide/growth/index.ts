export * from "./growth.ts";
export { GROWTH_BOUNDS, growthWords, sizeNextWave, type WaveSize } from "./next-wave.ts";
export { recut } from "./recut.ts";
