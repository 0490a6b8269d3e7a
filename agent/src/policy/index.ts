export * from "./decide.ts";
export * from "./load-policy.ts";
export { decideMode, decideRehearsalMode } from "./mode.ts";
export * from "./operator-keys.ts";
export * from "./policy.ts";
export { systemTimezone } from "./system-timezone.ts";
