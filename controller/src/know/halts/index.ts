export { brakesSchema, standingOf } from "./brakes.ts";
export { brakedEndpoints, createHalts, type Halts } from "./halts.ts";
