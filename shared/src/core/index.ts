export * from "./ids.ts";
export * from "./random.ts";
export * from "./result.ts";
export * from "./time.ts";
