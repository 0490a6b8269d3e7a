export * from "./count.ts";
export * from "./ids.ts";
export * from "./printable.ts";
export * from "./random.ts";
export * from "./result.ts";
export * from "./system-reason.ts";
export * from "./time.ts";
