export * from "./decide.ts";
export * from "./load-policy.ts";
export { decideMode, decideRehearsalMode } from "./mode.ts";
export * from "./operator-keys.ts";
export { readOwnersWord } from "./owners-word.ts";
export * from "./policy.ts";
export { systemTimezone } from "./system-timezone.ts";

/** What is judged by windows, taken in on use: the calendar is a megabyte of a process that is asked far oftener what is to be seen than what it may do. */
export const decisionsInTime = () => import("./times.ts");
