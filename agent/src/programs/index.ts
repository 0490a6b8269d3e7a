export * from "./run-program.ts";
